"""One call in the speech process: frames in, words out; texts in, frames out; the floor decides who may speak."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from time import monotonic

from wyoming.event import Event

from voicebot import floor
from voicebot.errors import ProtocolError
from voicebot.floor import Action, Floor, step
from voicebot.hearing import Ear, Nothing, Speculate, SpeechStart, TurnEnd
from voicebot.ports import Asks, Audio, Heard
from voicebot.processes.answered import answers
from voicebot.processes.engines import RATES, Engines
from voicebot.wire import VERSION, read_event, write_event

log = logging.getLogger("voicebot.speech")

CHUNK_SECONDS = 1.0
"""Most sound in one event to telephony, s."""

SLOW_PATIENCE = 1.6
"""How much longer than usual a slow call waits for the end of a turn, and for an answer."""

ANSWERED = 1.0
"""Speech that lasts this long beyond the end of a question answers it, though it began before, s."""


class SpeechCall:
    """The hearing and the speaking of one call."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mind_path: str, engines: Engines
    ) -> None:
        self._telephony = reader
        self._line = writer
        self._mind_path = mind_path
        self._engines = engines
        self._floor = Floor()
        self._prompt: asyncio.Task[None] | None = None
        self._mark: int | None = None
        self._hotwords: str | None = None
        self._turns: set[asyncio.Task[None]] = set()
        self._asks: Asks | None = None
        self._slow = False
        self._guess: tuple[float, asyncio.Future[Heard]] | None = None
        """The speculative recognition under way: the end of the utterance that it was given, and its result."""
        self._listening = 0.0
        """When the last question was over, s of the ear's time."""
        self._answered_by_key = False
        """What is being said was overtaken by a key and will be dropped."""

    async def run(self) -> None:
        """Serve the call until either end closes. Malformed input ends this call only."""
        tasks: list[asyncio.Task[None]] = []
        mind_writer: asyncio.StreamWriter | None = None
        try:
            start = await read_event(self._telephony)
            if start is None:
                return
            self._rate = self._check(start)
            self._ear = Ear(self._rate)
            mind, mind_writer = await asyncio.open_unix_connection(self._mind_path)
            self._mind = mind_writer
            write_event(mind_writer, "call-start", start.data)
            tasks = [
                asyncio.create_task(self._from_telephony()),
                asyncio.create_task(self._from_mind(mind)),
                asyncio.create_task(self._clock()),
            ]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except (ProtocolError, OSError) as error:
            log.error("a call was ended: %s", error)
        finally:
            for task in [*tasks, *self._turns, *([self._prompt] if self._prompt else [])]:
                task.cancel()
            if hasattr(self, "_ear"):
                self._ear.forget()
            for writer in (self._line, mind_writer):
                if writer is not None:
                    with suppress(OSError):
                        writer.close()

    @staticmethod
    def _check(start: Event) -> int:
        rate = start.data.get("rate")
        if start.type != "call-start" or start.data.get("version") != VERSION or rate not in RATES:
            raise ProtocolError("a call began without a call-start of this version")
        return int(rate)

    # --- hearing ---

    async def _from_telephony(self) -> None:
        while (event := await read_event(self._telephony)) is not None:
            match event.type:
                case "audio-chunk":
                    await self._listen(event.payload or b"")
                case "key":
                    self._answered_by_key = self._ear.endpointer.speaking
                    self._apply(floor.Key())
                    write_event(self._mind, "key", {"digit": event.data.get("digit")})
                case "played":
                    self._played(event.data.get("mark"))
                case "call-end":
                    write_event(self._mind, "call-end", {"reason": event.data.get("reason")})
                    return
                case _:
                    raise ProtocolError("telephony sent an event that is not of this wire")
        write_event(self._mind, "call-end", {"reason": "lost"})

    async def _listen(self, pcm: bytes) -> None:
        for event in self._ear.hear(pcm):
            match event:
                case SpeechStart():
                    self._guess, self._answered_by_key = None, False
                    self._apply(floor.SpeechStart())
                    write_event(self._mind, "speech-start")
                case Speculate():
                    self._speculate(event)
                case TurnEnd():
                    if not self._answered_by_key:
                        # Recognition must not hold up the frames: the rest of the turn runs beside them.
                        self._turns.add(task := asyncio.create_task(self._turn(event, self._guessed(event))))
                        task.add_done_callback(self._turns.discard)
                    self._guess, self._answered_by_key = None, False
                case Nothing():
                    if self._mark is None:
                        write_event(self._mind, "silence")

    def _speculate(self, pause: Speculate) -> None:
        if self._guess is not None:
            self._guess[1].cancel()  # superseded: it need not run if it is still queued
        guess = self._recognise(self._ear.utterance(pause))
        self._guess = (pause.end, guess)

        def weigh(done: asyncio.Future[Heard]) -> None:
            if done.cancelled() or done.exception() is not None or done.result().rejected is not None:
                return
            if answers(self._asks, done.result().text, date.today()):
                self._ear.endpointer.complete(pause.end)

        guess.add_done_callback(weigh)

    def _guessed(self, turn: TurnEnd) -> asyncio.Future[Heard]:
        """The speculative recognition of this very turn, or one that starts now."""
        if self._guess is not None and self._guess[0] == turn.end:
            return self._guess[1]
        return self._recognise(self._ear.utterance(turn))

    def _recognise(self, utterance: Audio) -> asyncio.Future[Heard]:
        loop = asyncio.get_running_loop()
        hotwords = self._hotwords
        return loop.run_in_executor(
            self._engines.pool, lambda: self._engines.recogniser.recognise(utterance, hotwords=hotwords)
        )

    async def _turn(self, turn: TurnEnd, recognition: asyncio.Future[Heard]) -> None:
        heard = await recognition
        listening = self._floor.holder is floor.Holder.CALLER
        if listening and heard.text and turn.end - self._listening >= ANSWERED:
            # It may have begun over the question, but goes on so long after it that it holds the answer.
            self._apply(floor.SpeechStart())
        if listening and not (heard.text and self._floor.heard):
            # A cough, a noise, or the tail of what was said before the question: the time for an answer starts again.
            self._ear.endpointer.expect(self._asks, self._ear.time)
            return
        actions = self._apply(floor.Words(bool(heard.text) and heard.rejected is None))
        if Action.REPORT in actions:
            data = {
                "text": heard.text,
                "logprob": heard.logprob,
                "rejected": heard.rejected,
                "ms": heard.milliseconds,
                "voiced_ms": turn.voiced * 1000,
                "silence_ms": (turn.at - turn.end) * 1000,
            }
            write_event(self._mind, "heard", data)

    async def _clock(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            self._apply(floor.Tick())

    # --- the floor ---

    def _apply(self, event: floor.Event) -> tuple[Action, ...]:
        self._floor, actions = step(self._floor, event, monotonic())
        for action in actions:
            match action:
                case Action.PAUSE:
                    write_event(self._line, "pause")
                case Action.RESUME:
                    write_event(self._line, "resume")
                case Action.FLUSH:
                    self._interrupt()
                case Action.LISTEN:
                    self._listening = self._ear.time
                    self._ear.endpointer.expect(self._asks, self._ear.time)
                case Action.REPORT | Action.DISCARD:
                    pass
        return actions

    # --- speaking ---

    async def _from_mind(self, mind: asyncio.StreamReader) -> None:
        while (event := await read_event(mind)) is not None:
            match event.type:
                case "say":
                    self._say(event)
                case "hangup":
                    write_event(self._line, "hangup", {"reason": event.data.get("reason")})
                    await self._line.drain()
                    return
                case _:
                    raise ProtocolError("the mind sent an event that is not of this wire")

    def _say(self, event: Event) -> None:
        if self._prompt is not None or self._mark is not None:
            self._interrupt()
        pieces = [str(piece) for piece in event.data.get("pieces", ())]
        mark = int(event.data.get("mark", 0))
        self._hotwords = event.data.get("hotwords")
        self._asks = event.data.get("asks")
        self._slow = bool(event.data.get("slow"))
        self._ear.endpointer.pace = SLOW_PATIENCE if self._slow else 1.0
        self._ear.endpointer.suspend()
        self._mark = mark
        self._apply(floor.PromptStart(bool(event.data.get("interruptible", True))))
        self._prompt = asyncio.create_task(self._speak(pieces, mark))

    async def _speak(self, pieces: list[str], mark: int) -> None:
        begun: float | None = monotonic()
        loop = asyncio.get_running_loop()
        sound = self._sound(pieces)
        try:
            while (audio := await loop.run_in_executor(None, next, sound, None)) is not None:
                for chunk in _chunks(audio):
                    write_event(self._line, "audio-chunk", {"rate": chunk.rate}, chunk.pcm)
                if begun is not None:
                    write_event(self._mind, "speaking", {"mark": mark, "ms": (monotonic() - begun) * 1000})
                    begun = None
                await self._line.drain()
        except Exception as error:
            # The text of the fault may hold what was to be said.
            log.error("a prompt could not be spoken: %s", type(error).__name__)
        write_event(self._line, "mark", {"mark": mark})

    def _sound(self, pieces: list[str]) -> Iterator[Audio]:
        voices = self._engines.slow if self._slow and self._engines.slow else self._engines.voices
        for piece in pieces:
            yield from voices[self._rate].synthesise(piece)

    def _played(self, mark: object) -> None:
        if mark != self._mark:
            return
        self._mark = self._prompt = None
        write_event(self._mind, "spoken", {"mark": mark, "complete": True})
        self._apply(floor.PromptEnd())

    def _interrupt(self) -> None:
        if self._prompt is not None:
            self._prompt.cancel()
        write_event(self._line, "flush")
        if self._mark is not None:
            write_event(self._mind, "spoken", {"mark": self._mark, "complete": False})
        self._mark = self._prompt = None


def _chunks(audio: Audio) -> Iterator[Audio]:
    size = int(audio.rate * CHUNK_SECONDS) * 2
    for start in range(0, len(audio.pcm), size):
        yield Audio(audio.rate, audio.pcm[start : start + size])
