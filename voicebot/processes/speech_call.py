"""One call in the speech process: frames in, words out; texts in, frames out; the floor decides who may speak."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from wyoming.event import Event

from voicebot.errors import ProtocolError
from voicebot.floor import Action, Floor, Key, PromptEnd, PromptStart, SpeechStart, Tick, Words, step
from voicebot.floor import Event as FloorEvent
from voicebot.ports import Audio, Heard, Recogniser, Voice
from voicebot.processes.ear import Ear, Silence, Speculate, Started, Utterance
from voicebot.wire import VERSION, read_event, write_event

log = logging.getLogger("voicebot.speech")

RATES = (8000, 16000)
CHUNK_SECONDS = 1.0
"""Most sound in one event to telephony, s."""


@dataclass(frozen=True)
class Engines:
    """What all calls of this process share."""

    recogniser: Recogniser
    voices: dict[int, Voice]
    """One voice per line rate, Hz; fixed phrases come from memory."""
    pool: ThreadPoolExecutor

    @classmethod
    def load(cls, phrases: Sequence[str], models: str | None, pool: ThreadPoolExecutor) -> Engines:
        """Load the models and render the fixed phrases. Blocking, seconds. Raises UnavailableError."""
        from voicebot.hearing import load_recogniser
        from voicebot.speaking import load_phrases

        voices = {rate: load_phrases(rate, phrases, models) for rate in RATES}
        return cls(load_recogniser(models), voices, pool)


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
        self._guess: tuple[int, asyncio.Future[Heard]] | None = None
        """The speculative recognition under way: length of the utterance it was given, and its result."""

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
            for task in [*tasks, *([self._prompt] if self._prompt else [])]:
                task.cancel()
            if hasattr(self, "_ear"):
                self._ear.wipe()
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
                    self._apply(Key())
                    self._ear.forget()
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
                case Started():
                    self._guess = None
                    self._apply(SpeechStart())
                    write_event(self._mind, "speech-start")
                case Speculate():
                    self._speculate(event.utterance)
                case Utterance():
                    # Recognition must not hold up the frames: the rest of the turn runs beside them.
                    asyncio.get_running_loop().create_task(self._turn(event, self._guess))
                    self._guess = None
                case Silence():
                    if self._prompt is None:
                        write_event(self._mind, "silence")

    def _speculate(self, utterance: Audio) -> None:
        self._guess = (len(utterance.pcm), self._recognise(utterance))

    def _recognise(self, utterance: Audio) -> asyncio.Future[Heard]:
        loop = asyncio.get_running_loop()
        hotwords = self._hotwords
        return loop.run_in_executor(
            self._engines.pool, lambda: self._engines.recogniser.recognise(utterance, hotwords=hotwords)
        )

    async def _turn(self, utterance: Utterance, guess: tuple[int, asyncio.Future[Heard]] | None) -> None:
        heard = await (guess[1] if guess else self._recognise(utterance.audio))
        actions = self._apply(Words(bool(heard.text) and heard.rejected is None))
        if Action.REPORT in actions:
            data = {
                "text": heard.text,
                "logprob": heard.logprob,
                "rejected": heard.rejected,
                "ms": heard.milliseconds,
                "voiced_ms": utterance.voiced_seconds * 1000,
                "silence_ms": utterance.silence_seconds * 1000,
            }
            write_event(self._mind, "heard", data)

    async def _clock(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            self._apply(Tick())

    # --- the floor ---

    def _apply(self, event: FloorEvent) -> tuple[Action, ...]:
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
                    self._ear.expect_answer()
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
        self._ear.expect(event.data.get("asks"))
        self._mark = mark
        self._apply(PromptStart(bool(event.data.get("interruptible", True))))
        self._prompt = asyncio.create_task(self._speak(pieces, mark))

    async def _speak(self, pieces: list[str], mark: int) -> None:
        begun = monotonic()
        loop = asyncio.get_running_loop()
        sound = self._sound(pieces)
        first = True
        while (audio := await loop.run_in_executor(None, next, sound, None)) is not None:
            for chunk in _chunks(audio):
                write_event(self._line, "audio-chunk", {"rate": chunk.rate}, chunk.pcm)
            if first:
                first = False
                write_event(self._mind, "speaking", {"mark": mark, "ms": (monotonic() - begun) * 1000})
            await self._line.drain()
        write_event(self._line, "mark", {"mark": mark})

    def _sound(self, pieces: list[str]) -> Iterator[Audio]:
        for piece in pieces:
            yield from self._engines.voices[self._rate].synthesise(piece)

    def _played(self, mark: object) -> None:
        if mark != self._mark:
            return
        self._mark = self._prompt = None
        write_event(self._mind, "spoken", {"mark": mark, "complete": True})
        self._apply(PromptEnd())

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
