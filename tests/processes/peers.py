"""The ends of a speech process: a telephone line on one side, a mind on the other."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from wyoming.event import Event

from voicebot.wire import VERSION, read_event, write_event


class End:
    """One end of a connection with the process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.seen: list[str] = []

    def tell(self, kind: str, payload: bytes | None = None, /, **data: object) -> None:
        write_event(self.writer, kind, data, payload)

    async def next(self, kind: str, within: float = 30) -> Event:
        async with asyncio.timeout(within):
            while True:
                event = await read_event(self.reader)
                assert event is not None, f"the connection ended before {kind}"
                self.seen.append(event.type)
                if event.type == kind:
                    return event


@dataclass
class SpeechProcess:
    process: subprocess.Popen[bytes]
    directory: Path
    ready: dict[str, Any]
    minds: asyncio.Queue[End] = field(default_factory=lambda: asyncio.Queue(10))
    ends: list[End] = field(default_factory=list)
    server: asyncio.Server | None = None

    async def listen(self) -> None:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self.minds.put(End(reader, writer))

        path = self.directory / "mind.sock"
        path.unlink(missing_ok=True)
        self.server = await asyncio.start_unix_server(accept, str(path))

    async def line(self) -> End:
        line = End(*await asyncio.open_unix_connection(str(self.directory / "speech.sock")))
        self.ends.append(line)
        return line

    async def call(self, rate: int = 8000) -> tuple[End, End]:
        """A call under way: the line's end and the mind's end."""
        line = await self.line()
        line.tell("call-start", version=VERSION, call="c1", rate=rate, kind="sip", caller=None)
        mind = await asyncio.wait_for(self.minds.get(), 30)
        self.ends.append(mind)
        await mind.next("call-start")
        return line, mind

    async def close(self) -> None:
        for end in self.ends:
            end.writer.close()
        if self.server is not None:
            self.server.close()


def speak(line: End, samples: npt.NDArray[np.int16], rate: int = 8000) -> None:
    """Send sound as 20 ms frames, faster than real time: the process counts time by the sound."""
    size = rate // 50
    for start in range(0, len(samples), size):
        frame = samples[start : start + size].tobytes().ljust(size * 2, b"\0")
        line.tell("audio-chunk", frame, rate=rate)


def silence(seconds: float, rate: int = 8000) -> npt.NDArray[np.int16]:
    return np.zeros(int(seconds * rate), np.int16)
