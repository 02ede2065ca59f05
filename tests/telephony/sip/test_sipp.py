"""Calls from sipp, a test peer that is not ours."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from telephony.sip.handler import Accepted, IncomingCall, Rejected, Ringing
from tests.ports import free_port
from tests.telephony.sip.loopback import finish, program, running
from tests.telephony.sip.peer import ANSWER, Handler
from tests.telephony.sip.scenarios import (
    ack,
    answered,
    ask,
    cancelled,
    expect,
    invite,
    offer,
    pause,
    scenario,
    serve,
)

pytestmark = pytest.mark.e2e

Sipp = Callable[..., Awaitable[str]]

TRANSPORTS = pytest.mark.parametrize("transport", ["u1", "t1"])
"""sipp's names: UDP and TCP, one socket for all calls."""


class Door(Handler):
    """Answers; where told, hangs up a moment after the call was taken."""

    def __init__(self, hang_up_after: float | None = None) -> None:
        super().__init__()
        self._hang_up_after = hang_up_after

    def answer(self, call: IncomingCall) -> Accepted | Rejected | Ringing:
        if self._hang_up_after is not None:
            asyncio.get_running_loop().call_later(self._hang_up_after, call.hang_up)
        return super().answer(call)


@pytest.fixture
def sipp(tmp_path: Path) -> Sipp:
    path = program("sipp")

    async def run(port: int, text: str, *options: str, seconds: float = 40) -> str:
        file = tmp_path / "scenario.xml"
        file.write_text(text, encoding="utf-8")
        errors = tmp_path / "errors.log"
        process = await asyncio.create_subprocess_exec(
            path,
            f"127.0.0.1:{port}",
            *("-sf", str(file), "-i", "127.0.0.1", "-p", str(free_port()), "-nostdin", "-timeout", "35"),
            *("-trace_err", "-error_file", str(errors), *options),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
        )
        status, out = await finish(process, seconds)
        assert status == 0, (errors.read_text(errors="replace") if errors.exists() else "") + out[-3000:]
        return out

    return run


@TRANSPORTS
async def test_calls_that_the_caller_ends(sipp: Sipp, transport: str) -> None:
    door = Door()
    async with running(door, max_calls=20) as (agent, port):
        await sipp(port, scenario(invite(), pause(200), ask("BYE", 2, 200)), "-t", transport, "-m", "10", "-r", "50")
        assert agent.calls == 0
    assert door.ends == ["hung-up"] * 10


@TRANSPORTS
async def test_a_call_that_we_end(sipp: Sipp, transport: str) -> None:
    door = Door(hang_up_after=0.2)
    async with running(door) as (agent, port):
        await sipp(port, scenario(invite(), serve("BYE")), "-t", transport, "-m", "1")
        assert agent.calls == 0
    assert door.ends == ["normal"]


@TRANSPORTS
async def test_a_call_that_is_cancelled_while_it_rings(sipp: Sipp, transport: str) -> None:
    door = Door()
    door.decision = Ringing()
    async with running(door) as (agent, port):
        await sipp(port, scenario(offer(), cancelled()), "-t", transport, "-m", "1")
        assert agent.calls == 0
    assert door.ends == ["cancelled"]


@TRANSPORTS
async def test_hold_keys_and_refer_during_a_call(sipp: Sipp, transport: str) -> None:
    door = Door()
    steps = (
        invite(),
        ask("INFO", 2, 200, body="Signal=5\nDuration=160\n", kind="application/dtmf-relay"),
        invite(3, direction="sendonly"),
        invite(4),
        ask("UPDATE", 5, 200),
        ask("OPTIONS", 6, 200),
        ask("REFER", 7, 603),
        ask("SUBSCRIBE", 8, 405),
        ask("BYE", 9, 200),
    )
    async with running(door) as (_, port):
        await sipp(port, scenario(*steps), "-t", transport, "-m", "1")
    assert door.keys == ["5"]
    assert [b"a=sendonly" in given for given in door.reoffers] == [True, False]
    assert door.ends == ["hung-up"]


async def test_calls_over_a_line_that_loses_a_tenth_of_the_packets(sipp: Sipp) -> None:
    door = Door()
    text = scenario(invite(), pause(200), ask("BYE", 2, 200))
    async with running(door, max_calls=40) as (_, port):
        await sipp(port, text, "-m", "15", "-r", "30", "-lost", "10")
    assert len(door.calls) == 15  # retransmissions are no calls
    assert len(door.ends) == 15
    # A call whose ACK and BYE were all lost before sipp gave it up is still open when the agent is stopped.
    assert set(door.ends) <= {"hung-up", "no-ack", "stopped"}
    assert door.ends.count("hung-up") >= 10


async def test_the_200_is_sent_again_while_the_ack_is_missing(sipp: Sipp) -> None:
    door = Door()
    steps = (offer(), answered(), pause(1800), ack(), pause(2500), ask("BYE", 2, 200))
    async with running(door) as (_, port):
        screen = await sipp(port, scenario(*steps), "-m", "1")
    counted = re.search(r"200 <-+\s+1\s+(\d+)", screen)
    assert counted is not None
    assert counted.group(1) == "2"  # after 0.5 and 1.5 s, none behind the ACK
    assert door.ends == ["hung-up"]


async def test_a_full_house(sipp: Sipp) -> None:
    door = Door()
    async with running(door, max_calls=0) as (_, port):
        await sipp(port, scenario(offer(), expect(486), ack()), "-m", "1")
    assert door.calls == []


async def test_what_is_sent_is_what_the_handler_gave(sipp: Sipp) -> None:
    door = Door()
    check = '<action><ereg regexp="m=audio 30000 RTP/AVP 8" search_in="body" check_it="true" assign_to="1"/></action>'
    taken = answered().replace('<recv response="200" rrs="true"/>', f'<recv response="200" rrs="true">{check}</recv>')
    steps = (offer(), taken, ack(), ask("BYE", 2, 200), '<Reference variables="1"/>\n')
    async with running(door) as (_, port):
        await sipp(port, scenario(*steps), "-m", "1")
    assert b"30000" in ANSWER
