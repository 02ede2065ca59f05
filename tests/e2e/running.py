"""A real service: `voicebot serve` with every door open, on its own data."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_SECONDS = 240


@dataclass
class RunningService:
    process: subprocess.Popen[bytes]
    data: Path
    key: Path
    sip_port: int
    web: str
    desk: str
    ready_seconds: float
    temporary: Path = Path(tempfile.gettempdir())
    """Where its directory of sockets lies."""

    def appointments(self, *more: str) -> list[dict[str, Any]]:
        """Rows as the command prints them."""
        command = [sys.executable, "-m", "voicebot", "appointments", "--json", *self.options, *more]
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return [json.loads(line) for line in output.splitlines()]

    @property
    def options(self) -> list[str]:
        return ["--data", str(self.data), "--key-file", str(self.key)]


def start(folder: Path, *options: str, key: Path | None = None, temporary: Path | None = None) -> RunningService:
    """Start a service; its sockets lie beneath ``temporary`` where that is given."""
    key = key or folder / "key"
    key.write_text(os.urandom(32).hex())
    key.chmod(0o600)
    begun = time.monotonic()
    path = folder / "service.log"
    with path.open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "voicebot", "serve"),
                *("--sip-port", "0", "--web-port", "0", "--http-port", "0"),
                *("--data", str(folder / "data"), "--key-file", str(key), *options),
            ],
            stderr=log,
            env=os.environ | ({} if temporary is None else {"TMPDIR": str(temporary)}),
        )
    while "READY" not in (text := path.read_text()).splitlines():
        assert process.poll() is None, "the service ended:\n" + text
        assert time.monotonic() - begun < READY_SECONDS, "the service did not become ready:\n" + text
        time.sleep(0.1)  # another process's file: there is no clock to pass

    def find(pattern: str) -> str:
        found = re.search(pattern, text)
        assert found, text
        return found[1]

    return RunningService(
        process,
        folder / "data",
        key,
        int(find(r"SIP: [\d.]+:(\d+)")),
        find(r"patient's page: (\S+)"),
        find(r"desk: (\S+)"),
        time.monotonic() - begun,
        temporary or Path(tempfile.gettempdir()),
    )


def stop(running: RunningService) -> float:
    """Interrupt the service; the seconds that it took to end."""
    begun = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    running.process.wait(30)
    return time.monotonic() - begun
