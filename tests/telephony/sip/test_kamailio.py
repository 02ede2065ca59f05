"""Registering with a real registrar (Kamailio), and a call that comes through it."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from telephony.sip.digest import Credentials
from telephony.sip.handler import OutgoingCall
from telephony.sip.registration import RegistrationSettings
from tests.ports import free_port
from tests.telephony.sip.loopback import finish, program, running
from tests.telephony.sip.peer import ANSWER, OFFER, Handler
from tests.telephony.sip.scenarios import ask, invite, pause, scenario, serve

pytestmark = pytest.mark.e2e

TEMPLATE = Path(__file__).with_name("kamailio.cfg")


def configuration(directory: str, port: int, algorithm: str, nonce_seconds: int, expires: int) -> str:
    """Write Kamailio's file and return its path."""
    modules = next((str(found.parent) for found in Path("/usr/lib").glob("**/kamailio/modules/registrar.so")), None)
    if modules is None:
        pytest.fail("kamailio has no modules: run make test, which installs sip-tester, kamailio")
    text = TEMPLATE.read_text(encoding="utf-8")
    filled = {"HOST": "127.0.0.1", "PORT": port, "MODULES": modules, "ALGORITHM": algorithm}
    for name, value in {**filled, "NONCE_SECONDS": nonce_seconds, "MAX_EXPIRES": expires}.items():
        text = text.replace(name, str(value))
    return written(directory, "kamailio.cfg", text)


def written(directory: str, name: str, text: str) -> str:
    path = Path(directory, name)
    path.write_text(text, encoding="utf-8")
    return str(path)


@asynccontextmanager
async def kamailio(
    port: int, *, algorithm: str = "MD5", nonce_seconds: int = 300, max_expires: int = 3600
) -> AsyncIterator[None]:
    """Kamailio on loopback; gone when the block ends."""
    path = program("kamailio")
    with tempfile.TemporaryDirectory(prefix="kam") as directory:
        config = configuration(directory, port, algorithm, nonce_seconds, max_expires)
        process = await asyncio.create_subprocess_exec(
            path,
            *("-f", config, "-DD", "-E", "-m", "32", "-M", "8", "-Y", directory),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            await listening(process, port)
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
    for _ in range(100):
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
    pytest.fail("kamailio did not listen within 10 s")


def account(
    port: int, *, user: str = "bot", transport: str = "UDP", password: str = "secret", expires: int = 60
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


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_registering_with_digest_and_withdrawing(transport: str, algorithm: str) -> None:
    port, states = free_port(), States()
    async with kamailio(port, algorithm=algorithm):
        given = account(port, transport=transport)
        async with running(registration=given, on_registration=states.tell) as (agent, _):
            assert await states.next() == "registered"
            await agent.stop(timeout=2)
            assert await states.next() == "unregistered"


async def test_a_wrong_password_is_refused() -> None:
    port, states = free_port(), States()
    async with kamailio(port):
        given = account(port, password="wrong")
        async with running(registration=given, on_registration=states.tell):
            assert await states.next() == "refused"


async def test_a_registrar_that_starts_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.sip.registration.RETRY_BASE", 0.5)
    port, states = free_port(), States()
    given = account(port, transport="TCP")
    async with running(registration=given, on_registration=states.tell):
        assert await states.next() == "unreachable"
        async with kamailio(port):
            assert await states.next(10) == "registered"
        assert await states.next() == "unreachable"  # its connection broke
        async with kamailio(port):
            assert await states.next(10) == "registered"


async def test_a_binding_is_refreshed_with_a_nonce_that_went_stale() -> None:
    port, states, handler = free_port(), States(), Handler()
    async with kamailio(port, nonce_seconds=1, max_expires=4):
        given = account(port)
        async with running(handler, registration=given, on_registration=states.tell):
            assert await states.next() == "registered"
            with pytest.raises(TimeoutError):
                await states.next(7)  # nothing new to tell
            await call(port)  # the first binding has ended, so this call comes by a refreshed one
    assert handler.ends == ["hung-up"]


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_a_call_comes_through_the_registrar_and_its_record_route(transport: str) -> None:
    port, states, handler = free_port(), States(), Handler()
    async with kamailio(port):
        # The registrar's own address is trusted without standing in the allow-list.
        given = account(port, transport=transport)
        async with running(handler, registration=given, on_registration=states.tell, allowed=[]):
            assert await states.next() == "registered"
            await call(port)
            assert handler.ends == ["hung-up"]
            answer = handler.answer

            def hang_up_soon(incoming: object) -> object:
                decision = answer(incoming)  # type: ignore[arg-type]
                asyncio.get_running_loop().call_later(0.2, handler.calls[-1].hang_up)
                return decision

            handler.answer = hang_up_soon  # type: ignore[method-assign, assignment]
            await call(port, by_us=True)
    assert handler.ends == ["hung-up", "normal"]


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_we_call_a_contact_through_the_trunk_that_wants_our_password(transport: str) -> None:
    port, states, secretary = free_port(), States(), Handler()
    told: asyncio.Queue[str] = asyncio.Queue()
    call = OutgoingCall(lambda ip: OFFER)
    call.on_connected = lambda sdp: told.put_nowait("connected" if sdp == ANSWER else "?")
    call.on_failed = lambda reason, code: told.put_nowait(f"{reason} {code}")
    call.on_end = lambda reason: told.put_nowait(f"end {reason}")
    async with kamailio(port):
        desk = account(port, user="+33465710011")
        ours = account(port, transport=transport)
        async with (
            running(secretary, registration=desk, on_registration=states.tell),
            running(registration=ours, on_registration=states.tell, allowed=[]) as (agent, _),
        ):
            assert {await states.next(), await states.next()} == {"registered"}
            agent.contacts({"secretary": "+33465710011", "on_call": "+33465710012"})
            agent.dial("secretary", call, ring_seconds=10)
            assert await asyncio.wait_for(told.get(), 30) == "connected"
            [taken] = secretary.calls
            assert taken.caller == "bot"
            taken.hang_up()  # their BYE comes back by the recorded route
            assert await asyncio.wait_for(told.get(), 30) == "end hung-up"
            agent.dial("secretary", call, ring_seconds=10)
            assert await asyncio.wait_for(told.get(), 30) == "connected"
            call.hang_up()
            assert await asyncio.wait_for(told.get(), 30) == "end normal"
            agent.dial("on_call", call, ring_seconds=10)
            assert await asyncio.wait_for(told.get(), 30) == "unreachable 404"
    assert secretary.ends == ["normal", "hung-up"]


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
