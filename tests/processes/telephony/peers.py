"""The real telephony process as seen by its parent, and a speech process that is played by the test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import numpy as np
import numpy.typing as npt
from wyoming.event import Event

from voicebot.processes.telephony import Contacts
from voicebot.sockets import bind_unix
from voicebot.wire import read_event, write_event


def tone(hertz: float, seconds: float, rate: int, amplitude: int = 8000) -> bytes:
    """A sine as s16le."""
    time = np.arange(int(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes()


def pitch(pcm: bytes, rate: int) -> float:
    """The strongest frequency, Hz."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def loudness(pcm: bytes) -> float:
    """Root mean square."""
    samples: npt.NDArray[np.float64] = np.frombuffer(pcm, "<i2").astype(float)
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


@dataclass
class SpeechCall:
    """One call as the speech process sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    start: dict[str, object] = field(default_factory=dict)
    frames: list[tuple[float, bytes]] = field(default_factory=list)
    keys: str = ""
    played: list[object] = field(default_factory=list)
    end: str | None = None
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def rate(self) -> int:
        return int(str(self.start["rate"]))

    def sound(self, seconds: float) -> bytes:
        """The last seconds that were heard."""
        return b"".join(pcm for _, pcm in self.frames)[-int(seconds * self.rate) * 2 :]

    def tell(self, kind: str, data: dict[str, object] | None = None, payload: bytes | None = None) -> None:
        write_event(self.writer, kind, data, payload)

    def play(self, pcm: bytes) -> None:
        for begin in range(0, len(pcm), self.rate * 2):
            self.tell("audio-chunk", {"rate": self.rate}, pcm[begin : begin + self.rate * 2])

    async def until(self, condition: Callable[[SpeechCall], object], within: float = 30) -> None:
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: condition(self))

    async def run(self) -> None:
        while (event := await read_event(self.reader)) is not None:
            async with self._changed:
                self._take(event)
                self._changed.notify_all()
        self.closed.set()
        async with self._changed:
            self._changed.notify_all()
        self.writer.close()

    def _take(self, event: Event) -> None:
        match event.type:
            case "audio-chunk":
                assert event.data == {"rate": self.rate}
                self.frames.append((monotonic(), event.payload or b""))
            case "key":
                self.keys += event.data["digit"]
            case "played":
                self.played.append(event.data["mark"])
            case "call-end":
                self.end = event.data["reason"]
            case other:
                raise AssertionError(f"unexpected event {other}")


class Speech:
    """Listens where the telephony process expects the speech process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._calls: asyncio.Queue[SpeechCall] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._take, sock=bind_unix(self.path))

    async def stop(self) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def call(self, within: float = 30) -> SpeechCall:
        """The next call."""
        async with asyncio.timeout(within):
            return await self._calls.get()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            start = await read_event(reader)
            if start is None:
                return
            assert start.type == "call-start"
            call = SpeechCall(reader, writer, start.data)
            self._calls.put_nowait(call)
            await call.run()
        finally:
            writer.close()


class Telephony:
    """The child process and its parent's end of the control connection."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket, sip_port: int) -> None:
        self.process = process
        self.sip_port = sip_port
        self.error = ""
        """Why it could not start."""
        self.registrations: asyncio.Queue[str] = asyncio.Queue()
        self._transfers: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._control = control
        self._answers: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def start(self) -> None:
        reader, self._writer = await asyncio.open_connection(sock=self._control)
        ready = await read_event(reader)
        assert ready is not None
        assert ready.type == "ready"
        self._task = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while (event := await read_event(reader)) is not None:
            if event.type == "answer":
                self._answers.put_nowait(event.data)
            elif event.type == "registration":
                self.registrations.put_nowait(event.data["state"])
            elif event.type == "transfer":
                self._transfers.put_nowait(event.data)

    async def offer(self, sdp: str, join: object = None) -> dict[str, object]:
        """Have an offer answered: what came back. ``join``: the call that the page takes over."""
        write_event(self._writer, "offer", {"id": "offer-1", "sdp": sdp, "join": join})
        async with asyncio.timeout(30):
            return await self._answers.get()

    async def exchange(self, sdp: str) -> str:
        """For ``Caller``."""
        answer = await self.offer(sdp)
        assert "sdp" in answer, answer
        self.call_id = str(answer["call"])
        return str(answer["sdp"])

    def hang_up(self, call: str) -> None:
        write_event(self._writer, "hangup", {"call": call})

    def transfer(self, call: SpeechCall, contact: str = "secretary") -> None:
        write_event(self._writer, "transfer", {"call": call.start["call"], "contact": contact})

    async def transferred(self, within: float = 30) -> tuple[object, object, object]:
        """What came of it: state, reason and SIP status; what happens on the way is passed over."""
        async with asyncio.timeout(within):
            while (told := await self._transfers.get())["state"] in ("ringing", "briefing"):
                pass
        return told["state"], told["reason"], told["code"]

    async def briefed(self, within: float = 30) -> None:
        """Someone answered and waits to be told what the call is."""
        async with asyncio.timeout(within):
            while (await self._transfers.get())["state"] != "briefing":
                pass

    def limit(self, calls: int) -> None:
        write_event(self._writer, "limit", {"calls": calls})

    def contacts(self, contacts: Contacts) -> None:
        write_event(self._writer, "contacts", contacts.to_json())

    def close_control(self) -> None:
        self._writer.close()

    async def stop(self) -> None:
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.terminate()
            try:
                async with asyncio.timeout(5):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
        self._writer.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self.process.stdin is not None:
            self.process.stdin.close()


Start = Callable[..., Awaitable[Telephony]]
"""Starts a telephony process; keyword arguments change its settings."""
