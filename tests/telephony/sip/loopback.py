"""A user agent on loopback, and the programs that call it."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from telephony.sip.agent import UserAgent
from tests.ports import free_port
from tests.telephony.sip.peer import Handler


def bound(kind: int, host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    sock.bind((host, port))
    return sock


@asynccontextmanager
async def running(handler: Handler | None = None, **given: object) -> AsyncIterator[tuple[UserAgent, int]]:
    port = free_port()
    udp, tcp = bound(socket.SOCK_DGRAM, port=port), bound(socket.SOCK_STREAM, port=port)
    settings = {"allowed": ["127.0.0.0/8"], "max_calls": 3, "user_agent": "test", **given}
    agent = UserAgent(udp=udp, tcp=tcp, on_call=handler or Handler(), **settings)  # type: ignore[arg-type]
    await agent.start()
    try:
        yield agent, port
    finally:
        await agent.stop(timeout=0.2)


def program(name: str) -> str:
    """The path of a peer's program. It is not skipped: without peers these tests say nothing."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        pytest.fail(f"{name} is absent: run make test, which installs sip-tester, kamailio")
    return path


async def finish(process: asyncio.subprocess.Process, seconds: float) -> tuple[int, str]:
    """Wait for a program of ours; its exit status and output."""
    try:
        out, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(errors="replace")
