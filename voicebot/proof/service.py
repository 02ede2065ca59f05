"""The service under trace: started as a practice starts it, with every debug switch on, and watched as it runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.control import path_of
from voicebot.errors import UnavailableError
from voicebot.proof.rules import Role
from voicebot.sockets import reachable

READY_SECONDS = 180.0
STOP_SECONDS = 20.0

DEBUG = {
    "VOICEBOT_DEBUG": "1",
    "LOG_LEVEL": "DEBUG",
    "DEBUG": "1",
    "PYTHONFAULTHANDLER": "1",
    "CT2_VERBOSE": "1",
}
"""Switches by which programs are made to tell more: none may make this one keep a sound."""

SLOW_DEBUG = {"PYTHONDEVMODE": "1", "PYTHONASYNCIODEBUG": "1"}
"""Python's own, which make everything several times slower."""

_ROLES: dict[str, Role] = {
    "voicebot.processes.speech": "speech",
    "voicebot.processes.telephony": "telephony",
    "assistant.serve": "rasa",
}


@dataclass
class Service:
    """One traced run of ``voicebot serve`` in a folder of its own."""

    folder: Path
    key: bytes
    switches: Mapping[str, str]
    """Environment variables beside those that it needs."""
    roles: dict[int, Role] = field(default_factory=dict)
    ready_at: float = 0.0
    events: list[dict[str, Any]] = field(default_factory=list)
    """What the live stream of the service's socket said."""

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Standard error of every process."""
        return self.folder / "service.log"

    async def start(self, tracer: Sequence[str]) -> None:
        """Start and wait until a call can be taken. Raises UnavailableError."""
        for name in ("home", "tmp", "cwd"):
            (self.folder / name).mkdir()
        key_file = self.folder / "key"
        key_file.write_text(self.key.hex())
        key_file.chmod(0o600)
        # A crash would leave a core dump, were it not forbidden: the limit is not what keeps it away.
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *tracer,
                *(sys.executable, "-m", "voicebot", "serve", "--verbose"),
                *("--sip-port", "0", "--web-port", "0", "--http-port", "0", "--metrics-port", "0"),
                *("--practice", str(SAMPLE_PRACTICE), "--data", str(self.data), "--key-file", str(key_file)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder / "cwd",
                env=self._environment(),
            )
        await self._until_ready()
        self.look()

    def _environment(self) -> Mapping[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV", "PYTHONPATH") if name in os.environ}
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        ours = {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp"), "XDG_CACHE_HOME": cache}
        return {**kept, **self.switches, **ours, "PYTHONDONTWRITEBYTECODE": "1"}

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while "READY" not in (text := self.log.read_text(errors="replace")).splitlines():
            if self._process.returncode is not None or time.monotonic() > deadline:
                raise UnavailableError(f"the service of the proof did not start:\n{text[-2000:]}")
            await asyncio.sleep(0.1)
        self.ready_at = time.time()
        self.sip_port = int(self._told(text, r"SIP: \S+:(\d+)"))
        self.web = self._told(text, r"patient's page: (\S+)")
        self.desk = self._told(text, r"desk: (\S+)")
        self.metrics = self._told(text, r"metrics: (\S+)")

    @staticmethod
    def _told(text: str, pattern: str) -> str:
        match = re.search(pattern, text)
        if match is None:
            raise UnavailableError(f"the service did not tell its doors ({pattern})")
        return match[1]

    def look(self) -> None:
        """Learn which process is which. To be called again after one was restarted."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    children.setdefault(parent, []).append(int(entry.name))
        waiting = [self._process.pid]
        while waiting:
            waiting += children.get(process := waiting.pop(), [])
            with suppress(OSError):
                words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
                for module, role in _ROLES.items():
                    if module in words:
                        self.roles[process] = role
                if "serve" in words and "strace" not in words[0]:
                    self.roles[process] = "voicebot"

    def process(self, role: Role) -> int:
        """Id of the newest process in a role."""
        return max(process for process, its in self.roles.items() if its == role)

    async def follow(self) -> None:
        """Keep the live events, until cancelled or the service stops."""
        with reachable(path_of(self.data)) as name:
            reader, writer = await asyncio.open_unix_connection(name)
        writer.write(b'{"ask": "follow"}\n')
        try:
            async for line in reader:
                if "event" in (event := json.loads(line)):
                    self.events.append(event)
        finally:
            writer.close()

    def crash(self, role: Role) -> None:
        """Make a process die as a fault in native code makes it."""
        os.kill(self.process(role), signal.SIGSEGV)

    async def stop(self) -> None:
        """End the service and its tracer."""
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError, ValueError):
            os.kill(self.process("voicebot"), signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
