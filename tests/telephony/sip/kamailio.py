"""Kamailio on loopback as an operator's registrar, and calls through it."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from telephony.sip.digest import Credentials
from telephony.sip.registration import RegistrationSettings
from tests.ports import free_port
from tests.telephony.sip.loopback import finish, program
from tests.telephony.sip.scenarios import ask, invite, pause, scenario, serve

TEMPLATE = Path(__file__).with_name("kamailio.cfg")


@dataclass(frozen=True)
class Secure:
    """The port for TLS, the certificate and its key."""

    port: int
    certificate: str
    key: str


def configuration(
    directory: str, port: int, algorithm: str, nonce_seconds: int, expires: int, secure: Secure | None
) -> str:
    """Write Kamailio's file and return its path."""
    modules = next((str(found.parent) for found in Path("/usr/lib").glob("**/kamailio/modules/registrar.so")), None)
    if modules is None:
        pytest.fail("kamailio has no modules: run make test, which installs sip-tester, kamailio")
    text = TEMPLATE.read_text(encoding="utf-8")
    filled = {"HOST": "127.0.0.1", "PORT": port, "MODULES": modules, "ALGORITHM": algorithm}
    if secure is not None:
        filled |= {"SECURE_AT": secure.port, "CERT_FILE": secure.certificate, "KEY_FILE": secure.key}
    for name, value in {**filled, "NONCE_SECONDS": nonce_seconds, "MAX_EXPIRES": expires}.items():
        text = text.replace(name, str(value))
    return written(directory, "kamailio.cfg", text)


def written(directory: str, name: str, text: str) -> str:
    path = Path(directory, name)
    path.write_text(text, encoding="utf-8")
    return str(path)


@asynccontextmanager
async def kamailio(
    port: int,
    *,
    algorithm: str = "MD5",
    nonce_seconds: int = 300,
    max_expires: int = 3600,
    secure: Secure | None = None,
) -> AsyncIterator[None]:
    """Kamailio on loopback; gone when the block ends."""
    path = program("kamailio")
    with tempfile.TemporaryDirectory(prefix="kam") as directory:
        config = configuration(directory, port, algorithm, nonce_seconds, max_expires, secure)
        process = await asyncio.create_subprocess_exec(
            path,
            *("-f", config, "-DD", "-E", "-m", "64", "-M", "8", "-Y", directory),
            *(("-A", "WITH_TLS") if secure is not None else ()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            await listening(process, port if secure is None else secure.port)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(process.communicate(), 30)
            except TimeoutError:
                os.killpg(process.pid, signal.SIGKILL)
                await process.communicate()


async def listening(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait until the registrar takes connections."""
    for _ in range(300):
        if process.returncode is not None:
            assert process.stderr is not None
            pytest.fail("kamailio did not start: " + (await process.stderr.read()).decode(errors="replace")[-2000:])
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        await writer.wait_closed()
        return
    pytest.fail("kamailio did not listen within 30 s")


def account(
    port: int | None, *, user: str = "bot", transport: str = "UDP", password: str = "secret", expires: int = 60
) -> RegistrationSettings:
    return RegistrationSettings(
        "127.0.0.1",
        user,
        Credentials(user, password),
        port=port,
        transport=transport,
        domain="pbx.test",
        expires=expires,
    )


class States:
    """What the agent tells of its registration."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self.tell: Callable[[str], None] = self._queue.put_nowait

    async def next(self, seconds: float = 30) -> str:
        return await asyncio.wait_for(self._queue.get(), seconds)


async def call(port: int, *, by_us: bool = False) -> None:
    """One call from sipp to ``bot`` at the registrar."""
    last = serve("BYE") if by_us else pause(100) + ask("BYE", 2, 200)
    with tempfile.TemporaryDirectory() as directory:
        text = scenario(invite(), last).replace("sip:bot@[remote_ip]", "sip:bot@pbx.test")
        file = written(directory, "scenario.xml", text)
        process = await asyncio.create_subprocess_exec(
            program("sipp"),
            *(f"127.0.0.1:{port}", "-sf", file, "-i", "127.0.0.1", "-p", str(free_port())),
            *("-m", "1", "-nostdin", "-timeout", "10"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=directory,
        )
        status, out = await finish(process, 15)
        assert status == 0, out[-3000:]
