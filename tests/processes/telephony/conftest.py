"""The real telephony process as a child of the test."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.processes.telephony.peers import Speech, Start, Telephony
from voicebot.processes.telephony import Settings
from voicebot.sockets import same_port


@pytest.fixture
async def speech(tmp_path: Path) -> AsyncIterator[Speech]:
    peer = Speech(tmp_path / "s.sock")
    await peer.start()
    yield peer
    await peer.stop()


@pytest.fixture
async def start(tmp_path: Path, speech: Speech) -> AsyncIterator[Start]:
    """Starts telephony processes; keyword arguments change their settings."""
    async with AsyncExitStack() as stack:

        async def begin(**changes: object) -> Telephony:
            ours, theirs = socket.socketpair()
            udp, tcp = same_port("127.0.0.1", 0, "--sip-port")
            port = udp.getsockname()[1]
            settings = Settings(
                control_fd=theirs.fileno(),
                speech=str(speech.path),
                sip_udp_fd=udp.fileno(),
                sip_tcp_fd=tcp.fileno(),
                allowed=("127.0.0.0/8",),
            )
            settings = replace(settings, **changes)  # type: ignore[arg-type]
            errors = stack.enter_context((tmp_path / "log").open("ab"))
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-X", "dev", "-W", "error", "-m", "voicebot.processes.telephony"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                pass_fds=(theirs.fileno(), udp.fileno(), tcp.fileno()),
                env={**os.environ, "LC_ALL": "C"},
            )
            for inherited in (theirs, udp, tcp):
                inherited.close()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(settings.to_json()).encode() + b"\n")
            async with asyncio.timeout(30):
                line = await process.stdout.readline()
            assert line, (tmp_path / "log").read_text()
            telephony = Telephony(process, ours, port)
            if json.loads(line) == {"ready": True}:
                await telephony.start()
                stack.push_async_callback(telephony.stop)
            else:
                process.stdin.close()
                ours.close()
                telephony.error = str(json.loads(line)["error"])
            return telephony

        yield begin
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "Warning" not in log


@pytest.fixture
def log(tmp_path: Path) -> Callable[[], str]:
    """What the process wrote to standard error."""
    return lambda: (tmp_path / "log").read_text()


@pytest.fixture
def program() -> Callable[[str, str], str]:
    """The path of a peer's program; a clear failure where its Debian package is absent."""

    def find(name: str, package: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.fail(f"{name} is not installed: run scripts/install-peers, or apt-get install {package}")
        return path

    return find
