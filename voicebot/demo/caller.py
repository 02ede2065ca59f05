"""The synthetic patient as a process: he calls over WebRTC, listens, waits until the assistant is silent, and answers.

``python -m voicebot.demo.caller --seed N --url http://host:port/ --data DIR`` prints one JSON object a line: ``call``
(its id), ``latency_ms`` for each turn, and ``ended``. Events of the call come from the service's own socket; what the
patient says leaves this process as sound only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import numpy as np

from telephony.webrtc.caller import Caller, Played, ReceivedFrame
from voicebot.control import path_of
from voicebot.demo.patient import Patient
from voicebot.errors import UnavailableError
from voicebot.proof.canary import Canary
from voicebot.sockets import reachable
from voicebot.speaking.espeak import Espeak
from voicebot.speaking.resample import Resampler

RATE = 16000
FRAME_SECONDS = 0.02
VOICED = 300
"""Peak of a frame that counts as voice, of 32768: above Opus's comfort noise, below the softest speech."""

QUIET = 0.9
"""Silence after which the patient takes it that the assistant has finished, s: its own pauses are shorter."""

PATIENCE = 12.0
"""He speaks anyway after waiting this long for a question that he did not hear, s."""


@dataclass
class Question:
    """What the assistant asks now."""

    asks: str
    offers: tuple[datetime, ...]
    said: str


class Listener:
    """When the assistant spoke, from the received frames alone."""

    def __init__(self) -> None:
        self.first_voiced: float | None = None
        """Arrival of the first voiced frame since :meth:`rearm`, s."""
        self.last_voiced = 0.0
        self.heard = asyncio.Event()
        """Set when a voice is heard, or the call is over."""

    def rearm(self) -> None:
        """Wait for the next reply."""
        self.first_voiced = None
        self.heard.clear()

    def take(self, frame: ReceivedFrame) -> None:
        """Look at one frame."""
        samples = np.frombuffer(frame.pcm, "<i2")
        if len(samples) and int(np.abs(samples.astype(np.int32)).max()) >= VOICED:
            self.last_voiced = frame.arrived
            if self.first_voiced is None:
                self.first_voiced = frame.arrived
                self.heard.set()

    def quiet(self, now: float) -> bool:
        """Whether a reply was heard and is over."""
        return self.first_voiced is not None and now - self.last_voiced >= QUIET


async def run(seed: int, url: str, data: Path, *, canary: bool = False) -> int:
    """Call once; with ``canary`` two tones lie under every frame, by which a recording would be found."""
    patient = Patient(seed)
    voice = patient.voice
    espeak = Espeak()
    call_id = ""

    async def exchange(sdp: str) -> str:
        nonlocal call_id
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            response = await client.post(url.rstrip("/") + "/offer", json={"sdp": sdp})
        answer = response.json()
        if response.status_code != 200:
            raise UnavailableError(answer.get("error", "the call was refused"))
        call_id = answer["call"]
        return str(answer["sdp"])

    events = await _follow(data)
    questions: asyncio.Queue[Question | None] = asyncio.Queue(20)
    watching = asyncio.create_task(_watch(events, lambda: call_id, patient, questions))
    try:
        async with Caller(exchange, surroundings=Canary(RATE).under if canary else None) as caller:
            _print({"call": call_id})
            listener = Listener()
            listening = asyncio.create_task(_listen(caller, listener))
            try:
                while (question := await _next(questions, caller)) is not None:
                    await _hear_out(listener, caller, questions)
                    if caller.ended.is_set() or not questions.empty():
                        continue
                    utterance = patient.answer(question.asks, question.offers, question.said)
                    samples, rate = espeak.synthesise(
                        utterance.spoken,
                        voice=voice.name,
                        rate=voice.rate,
                        pitch=voice.pitch,
                        pitch_range=voice.pitch_range,
                    )
                    pcm = _to_line(samples, rate)
                    listener.rearm()
                    played = await caller.play(pcm)
                    await _wait_for_reply(listener)
                    if listener.first_voiced is not None:
                        latency = (listener.first_voiced - _end_of_voice(pcm, played)) * 1000
                        _print({"latency_ms": round(latency)})
                await _hear_out(listener, caller, questions)
            finally:
                listening.cancel()
    except UnavailableError as error:
        if not call_id:
            print(f"voicebot: {error}", file=sys.stderr)
            return 1
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    _print({"ended": True})
    return 0


async def _follow(data: Path) -> AsyncIterator[dict[str, Any]]:
    """The live events; following has begun when this returns, so that the call's first question is not missed."""
    with reachable(path_of(data)) as name:
        reader, writer = await asyncio.open_unix_connection(name)
    writer.write(b'{"ask": "follow"}\n')
    await reader.readline()

    async def events() -> AsyncIterator[dict[str, Any]]:
        try:
            async for line in reader:
                yield json.loads(line)
        finally:
            writer.close()

    return events()


async def _ours(events: AsyncIterator[dict[str, Any]], call_id: Callable[[], str]) -> AsyncIterator[dict[str, Any]]:
    """The events of our call; those that come before its id is known wait for it."""
    early: list[dict[str, Any]] = []
    async for event in events:
        early.append(event)
        if call_id():
            for waiting in early:
                if waiting["call"] == call_id():
                    yield waiting
            early.clear()


async def _watch(
    events: AsyncIterator[dict[str, Any]],
    call_id: Callable[[], str],
    patient: Patient,
    questions: asyncio.Queue[Question | None],
) -> None:
    """Turn the events of our call into questions."""
    said = ""
    async for event in _ours(events, call_id):
        match event["event"]:
            case "said":
                said = event["text"]
            case "committed":
                patient.told(committed=True)
            case "asks":
                offers = tuple(datetime.fromisoformat(offer) for offer in event["offers"])
                await questions.put(Question(event["asks"], offers, said))
            case "outcome" | "ended":
                await questions.put(None)


async def _next(questions: asyncio.Queue[Question | None], caller: Caller) -> Question | None:
    """The newest question; None when the call is over."""
    getting = asyncio.create_task(questions.get())
    ended = asyncio.create_task(caller.ended.wait())
    done, _ = await asyncio.wait({getting, ended}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if getting not in done:
        getting.cancel()
        return None
    question = getting.result()
    while question is not None and not questions.empty():
        question = questions.get_nowait()
    return question


async def _listen(caller: Caller, listener: Listener) -> None:
    async for frame in caller.frames():
        listener.take(frame)
    listener.heard.set()


async def _hear_out(listener: Listener, caller: Caller, questions: asyncio.Queue[Question | None]) -> None:
    """Wait until the assistant has finished speaking, or asks something else."""
    deadline = monotonic() + PATIENCE
    while not caller.ended.is_set() and questions.empty():
        now = monotonic()
        if listener.quiet(now) or (listener.first_voiced is None and now > deadline):
            return
        await asyncio.sleep(FRAME_SECONDS)


async def _wait_for_reply(listener: Listener) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await listener.heard.wait()


def _to_line(samples: np.ndarray[Any, np.dtype[np.int16]], rate: int) -> bytes:
    resampler = Resampler(rate, RATE)
    sound = np.concatenate((resampler.push(samples.astype(np.float32) / np.float32(32768)), resampler.finish()))
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def _end_of_voice(pcm: bytes, played: Played) -> float:
    """When the last voiced frame had gone out, s."""
    size = int(RATE * FRAME_SECONDS)
    samples = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
    voiced = [n for n in range(len(played.sent)) if samples[n * size : (n + 1) * size].max(initial=0) >= VOICED]
    return played.sent[voiced[-1] if voiced else -1] + FRAME_SECONDS


def _print(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(description="A synthetic patient who calls once.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--canary", action="store_true", help="lay two tones under the call, to find a recording of it")
    args = parser.parse_args()
    with suppress(KeyboardInterrupt):
        return asyncio.run(run(args.seed, args.url, args.data, canary=args.canary))
    return 130


if __name__ == "__main__":
    sys.exit(main())
