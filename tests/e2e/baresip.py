"""A real SIP telephone, baresip, driven over its control socket; its microphone is a sound file that can be changed."""

from __future__ import annotations

import asyncio
import json
import shutil
import wave
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.ports import free_port

MODULES = Path("/usr/lib/baresip/modules")

CONFIG = """
poll_method epoll
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
call_max_calls 4
audio_player aubridge,{name}
audio_source aufile,{silence}
audio_alert aubridge,{name}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_timeout 60
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{port}
"""

Samples = npt.NDArray[np.int16]


class Baresip:
    """One baresip process."""

    def __init__(self, directory: Path, name: str = "patient", codec: str = "PCMA") -> None:
        if shutil.which("baresip") is None:
            raise AssertionError("baresip is missing: run `make test`, which installs baresip-core")
        self.directory = directory / name
        self.directory.mkdir()
        self._name = name
        self._codec = codec
        self.events: list[dict[str, Any]] = []
        self._sounds = 0

    async def __aenter__(self) -> Baresip:
        port = free_port()
        silence = self._wav(np.zeros(8000 * 600, np.int16))  # the call ends when its sound does
        config = CONFIG.format(name=self._name, silence=silence, modules=MODULES, port=port)
        (self.directory / "config").write_text(config)
        account = f"<sip:{self._name}@127.0.0.1>;regint=0;audio_codecs={self._codec}/8000/1\n"
        (self.directory / "accounts").write_text(account)
        (self.directory / "contacts").write_text("")
        self._process = await asyncio.create_subprocess_exec(
            *("baresip", "-4", "-f", str(self.directory)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(100):
            with suppress(OSError):
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
                break
            await asyncio.sleep(0.05)
        self._reading = asyncio.create_task(self._read())
        self._closed = asyncio.Event()
        self._established = asyncio.Event()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        self._writer.close()
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def dial(self, port: int) -> None:
        """Call the assistant and wait until it answers."""
        self._command("dial", f"sip:cabinet@127.0.0.1:{port}")
        await asyncio.wait_for(self._established.wait(), 30)

    def hang_up(self) -> None:
        """End the call from this side (BYE)."""
        self._command("hangup")

    async def ended(self, within: float) -> None:
        """Wait until the call is over."""
        await asyncio.wait_for(self._closed.wait(), within)

    def press(self, key: str) -> None:
        """Press one key (RFC 4733)."""
        self._command("sndcode", key)

    def speak(self, samples: Samples) -> None:
        """Say something (8 kHz); minutes of silence follow: the call ends when its sound does."""
        sound = np.concatenate([samples, np.zeros(8000 * 300, np.int16)])
        self._command("ausrc", f"aufile,{self._wav(sound)}")

    def _wav(self, samples: Samples) -> Path:
        self._sounds += 1
        path = self.directory / f"{self._sounds}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(samples.astype("<i2").tobytes())
        return path

    def _command(self, command: str, parameters: str = "") -> None:
        body = json.dumps({"command": command, "params": parameters, "token": command}).encode()
        self._writer.write(str(len(body)).encode() + b":" + body + b",")

    async def _read(self) -> None:
        while True:
            try:
                length = int((await self._reader.readuntil(b":"))[:-1])
                body = json.loads((await self._reader.readexactly(length + 1))[:-1])
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            self.events.append(body)
            match body.get("type"):
                case "CALL_ESTABLISHED":
                    self._established.set()
                case "CALL_CLOSED":
                    self._closed.set()
