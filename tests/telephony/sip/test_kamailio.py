"""Registering with a real registrar (Kamailio), and a call that comes through it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from telephony.sip.handler import OutgoingCall
from telephony.sip.registration import Registration
from tests.ports import free_port
from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.kamailio import Secure, States, account, call, kamailio
from tests.telephony.sip.loopback import running
from tests.telephony.sip.peer import ANSWER, OFFER, Handler

pytestmark = pytest.mark.e2e


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


async def test_after_a_crash_the_new_connection_takes_the_place_of_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    port, before, after, handler = free_port(), States(), States(), Handler()
    given = account(port, transport="TCP")
    async with kamailio(port):
        async with running(registration=given, on_registration=before.tell):
            assert await before.next() == "registered"
            monkeypatch.setattr(Registration, "stop", lambda machine: [])  # nothing is withdrawn
        monkeypatch.undo()
        async with running(handler, registration=given, on_registration=after.tell):
            assert await after.next() == "registered"  # though the trunk keeps one binding only
            await call(port)
    assert handler.ends == ["hung-up"]


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


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
async def test_we_call_a_contact_through_the_trunk_that_wants_our_password(transport: str, tmp_path: Path) -> None:
    port, states, secretary = free_port(2), States(), Handler()
    authority = Authority(tmp_path)
    secure = Secure(port + 1, *authority.issue("127.0.0.1"))
    told: asyncio.Queue[str] = asyncio.Queue()
    call = OutgoingCall(lambda ip: OFFER)
    call.on_connected = lambda sdp: told.put_nowait("connected" if sdp == ANSWER else "?")
    call.on_failed = lambda reason, code: told.put_nowait(f"{reason} {code}")
    call.on_end = lambda reason: told.put_nowait(f"end {reason}")
    async with kamailio(port, secure=secure):
        desk = account(port, user="+33465710011")
        ours = account(port, transport=transport)
        if transport == "TLS":
            ours = replace(ours, port=secure.port, ca_file=authority.file)
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
