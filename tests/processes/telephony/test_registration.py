"""The process registers with a trunk over TLS from inside its sandbox, and takes the call that comes over it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.processes.telephony.peers import Speech, Start
from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.kamailio import Secure, call, kamailio
from voicebot.processes.telephony import Registration


@pytest.mark.e2e
async def test_a_call_of_the_trunk_comes_over_tls(start: Start, speech: Speech, tmp_path: Path) -> None:
    port = free_port(2)
    authority = Authority(tmp_path)
    account = Registration(f"127.0.0.1:{port + 1}", "bot", "secret", transport="tls", ca_file=authority.file)
    async with kamailio(port, secure=Secure(port + 1, *authority.issue("127.0.0.1"))):
        telephony = await start(registration=account, allowed=())
        assert await asyncio.wait_for(telephony.registrations.get(), 30) == "registered"
        calling = asyncio.create_task(call(port))
        taken = await speech.call()
        await calling
        assert taken.start["kind"] == "sip"
        await asyncio.wait_for(taken.closed.wait(), 30)


async def test_an_authority_that_cannot_be_read_is_told_at_the_start(start: Start) -> None:
    account = Registration("127.0.0.1:5061", "bot", "secret", transport="tls", ca_file="/nowhere/ca.pem")
    telephony = await start(registration=account)
    assert "/nowhere/ca.pem cannot be read" in telephony.error
    assert await asyncio.wait_for(telephony.process.wait(), 30) == 2
