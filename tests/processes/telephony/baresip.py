"""A real telephone: baresip, driven over its TCP control interface."""

from __future__ import annotations

import asyncio
import json
import wave
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.ports import free_port
from tests.processes.telephony.peers import loudness, pitch, tone

WAV_HEADER = 44

CONFIG = """
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
call_max_calls 2
audio_source aufile,{folder}/said.wav
audio_player aubridge,nobody
audio_buffer 20-160
rtp_ports 40000-49998
jitter_buffer_delay 2-10
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module srtp.so
module sndfile.so
snd_path {folder}/heard
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


class Baresip:
    """``async with Baresip(...) as phone``: it says a sine and records what it hears (in the test's folder).

    ``encryption`` is its ``mediaenc``: ``srtp-mand`` (RTP/SAVP, nothing else) or ``srtp`` (``a=crypto`` in RTP/AVP).
    """

    def __init__(
        self,
        program: str,
        folder: Path,
        *,
        codec: str = "PCMA",
        pitch: int = 440,
        answers: str = "manual",
        encryption: str | None = None,
    ) -> None:
        self.sip_port = free_port(2)  # it takes the next one for TLS
        self._answers = answers
        self._encryption = encryption
        self.events: list[dict[str, Any]] = []
        self._program = program
        self._folder = folder
        self._codec = codec
        self._pitch = pitch
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Baresip:
        control = free_port()
        self._folder.mkdir(exist_ok=True)
        config = CONFIG.format(sip=self.sip_port, control=control, folder=self._folder)
        (self._folder / "config").write_text(config)
        (self._folder / "heard").mkdir()
        with wave.open(str(self._folder / "said.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(tone(self._pitch, 30, 8000))
        # DTMF goes as RFC 4733 (dtmfmode=rtpevent is the default).
        account = f"<sip:patient@127.0.0.1>;regint=0;audio_codecs={self._codec};answermode={self._answers}"
        account += f";mediaenc={self._encryption}" if self._encryption else ""
        (self._folder / "accounts").write_text(account + "\n")
        (self._folder / "contacts").write_text("")
        self._log = (self._folder / "baresip.log").open("wb")
        self._process = await asyncio.create_subprocess_exec(
            self._program, "-f", str(self._folder), stdout=self._log, stderr=self._log, stdin=asyncio.subprocess.DEVNULL
        )
        for _ in range(100):
            try:
                reader, self._writer = await asyncio.open_connection("127.0.0.1", control)
                break
            except ConnectionError:
                await asyncio.sleep(0.1)
        else:
            raise AssertionError(f"baresip did not start:\n{self.log()}")
        self._task = asyncio.create_task(self._read(reader))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        self._task.cancel()
        if self._process.returncode is None:
            self._process.terminate()
        await asyncio.wait_for(self._process.wait(), 10)
        self._log.close()

    async def command(self, name: str, parameters: str = "") -> None:
        body = json.dumps({"command": name, "params": parameters, "token": "t"}).encode()
        self._writer.write(f"{len(body)}:".encode() + body + b",")
        await self._writer.drain()

    @property
    def address(self) -> str:
        """Where it can be called."""
        return f"sip:patient@127.0.0.1:{self.sip_port}"

    async def event(self, kind: str, within: float = 30) -> dict[str, Any]:
        """Wait for an event such as ``CALL_ESTABLISHED``."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events if event.get("type") == kind), None)

        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(found)
        event = found()
        assert event is not None
        return event

    async def hears(self, hertz: float, within: float = 30) -> None:
        """Wait until the last half second of what it heard is this tone; the recording grows as it hears."""
        async with asyncio.timeout(within):
            while True:
                for recording in (self._folder / "heard").glob("*-dec.wav"):
                    sound = recording.read_bytes()[WAV_HEADER:]
                    pcm = sound[: len(sound) // 2 * 2][-8000:]  # s16le at 8 kHz
                    if loudness(pcm) > 1000 and abs(pitch(pcm, 8000) - hertz) < 10:
                        return
                await asyncio.sleep(0.05)  # a program of its own: there is no clock to pass

    def log(self) -> str:
        return (self._folder / "baresip.log").read_text(errors="replace")

    def heard(self) -> tuple[bytes, int]:
        """What it heard: s16le and its rate. Complete once it has ended."""
        (recording,) = (self._folder / "heard").glob("*-dec.wav")
        with wave.open(str(recording)) as file:
            return file.readframes(file.getnframes()), file.getframerate()

    def first_heard(self) -> tuple[bytes, int]:
        """What it heard in its first call, complete once that has ended."""
        recording = min((self._folder / "heard").glob("*-dec.wav"), key=lambda file: file.name)
        with wave.open(str(recording)) as file:
            return file.readframes(file.getnframes()), file.getframerate()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            size = (await reader.readuntil(b":"))[:-1]
            message = json.loads((await reader.readexactly(int(size) + 1))[:-1])
            async with self._changed:
                self.events.append(message)
                self._changed.notify_all()
