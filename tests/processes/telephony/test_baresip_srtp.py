"""Encrypted calls (SRTP) by baresip, whose SRTP is not ours, through the real telephony process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes.telephony.baresip import Baresip
from tests.processes.telephony.peers import Speech, SpeechCall, Start, loudness, pitch, tone
from voicebot.processes.telephony import Contacts

pytestmark = pytest.mark.e2e

Find = Callable[[str, str], str]
Phone = Callable[..., Baresip]

CALLER, SECRETARY, ASSISTANT = 440, 620, 1000
"""What each says, Hz."""


@pytest.fixture
def phone(program: Find, tmp_path: Path) -> Phone:
    """Makes telephones."""
    path = program("baresip", "baresip-core")
    return lambda name, **given: Baresip(path, tmp_path / name, **given)


async def hears_the_caller(call: SpeechCall) -> None:
    """The speech process receives the caller's voice, now."""
    begun = len(call.frames)
    await call.until(lambda c: len(c.frames) > begun + 25 and loudness(c.sound(0.3)) > 1000)
    assert abs(pitch(call.sound(0.3), 8000) - CALLER) < 10


@pytest.mark.parametrize("encryption", ["srtp-mand", "srtp"])
async def test_an_encrypted_call_is_heard_hears_presses_keys_and_holds(
    start: Start, speech: Speech, phone: Phone, log: Callable[[], str], encryption: str
) -> None:
    telephony = await start()
    async with phone("caller", encryption=encryption) as caller:
        await caller.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await hears_the_caller(call)
        call.play(tone(ASSISTANT, 5.0, 8000))
        await caller.hears(ASSISTANT)
        await caller.command("sndcode", "7")
        await call.until(lambda c: c.keys == "7")
        await caller.command("hold")
        await call.until(lambda c: loudness(c.sound(0.2)) < 100)
        await caller.command("resume")
        await hears_the_caller(call)
        await caller.command("hangup")
        await call.until(lambda c: c.end == "hung-up")
    assert log().count("SRTP, AES_CM_128_HMAC_SHA1") == 1
    assert "failed SRTP's check" not in log()


@pytest.mark.parametrize(
    ("calls_by", "answers_by", "refused"),
    [
        ("srtp-mand", "srtp-mand", None),
        ("srtp-mand", None, "takes no SRTP (488)"),
        (None, "srtp-mand", "takes no plain RTP (488)"),
    ],
)
async def test_a_call_is_passed_on_as_it_came_and_otherwise_where_the_secretarys_telephone_wants_that(
    start: Start,
    speech: Speech,
    phone: Phone,
    log: Callable[[], str],
    calls_by: str | None,
    answers_by: str | None,
    refused: str | None,
) -> None:
    async with (
        phone("caller", encryption=calls_by) as caller,
        phone("secretary", pitch=SECRETARY, answers="auto", encryption=answers_by) as desk,
    ):
        telephony = await start(contacts=Contacts({"secretary": desk.address}, 20, refer=False))
        await caller.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await hears_the_caller(call)
        telephony.transfer(call)
        assert await telephony.transferred() == ("answered", None, None)
        await desk.hears(CALLER)
        await caller.hears(SECRETARY)
        await caller.command("hangup")
        await desk.event("CALL_CLOSED")
    assert log().count("SRTP, AES") == [calls_by, answers_by].count("srtp-mand")
    assert ("takes no" in log()) == (refused is not None)
    assert refused is None or refused in log()


async def test_where_srtp_is_required_nobody_calls_or_is_rung_without_it(
    start: Start, speech: Speech, phone: Phone, log: Callable[[], str]
) -> None:
    async with phone("caller", encryption="srtp-mand") as caller, phone("plain") as plain:
        contacts = Contacts({"secretary": plain.address}, 20, refer=False)
        telephony = await start(contacts=contacts, srtp_required=True)
        await plain.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        assert "488" in (await plain.event("CALL_CLOSED"))["param"]
        assert "plain RTP is not wanted" in log()
        await caller.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await hears_the_caller(call)
        telephony.transfer(call)
        assert await telephony.transferred() == ("failed", "unreachable", 488)
        await hears_the_caller(call)  # and is back
