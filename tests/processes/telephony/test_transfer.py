"""Calls that are passed to a person: by REFER, by our own second leg, and back where nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from telephony.webrtc.caller import Caller
from tests.processes.telephony import sipp
from tests.processes.telephony.baresip import Baresip
from tests.processes.telephony.peers import Speech, SpeechCall, Start, loudness, pitch, tone
from tests.processes.telephony.sipp import answer, description, pause, receive, say, send, write_tone
from voicebot.processes.telephony import Contacts

pytestmark = pytest.mark.e2e

Find = Callable[[str, str], str]
Phone = Callable[..., Baresip]

CALLER, SECRETARY = 440, 620
"""What each says, Hz."""


@pytest.fixture
def phone(program: Find, tmp_path: Path) -> Phone:
    """Makes telephones."""
    path = program("baresip", "baresip-core")
    return lambda name, **given: Baresip(path, tmp_path / name, **given)


@pytest.fixture
def sipp_program(program: Find) -> str:
    return program("sipp", "sip-tester")


def secretary(address: str, *, ring_seconds: int = 20, refer: bool = False) -> Contacts:
    return Contacts({"secretary": address}, ring_seconds, refer)


def voice_of(phone: Baresip) -> float:
    """The pitch of what a telephone heard last before it hung up."""
    pcm, rate = phone.heard()
    last = pcm[-rate:]
    assert loudness(last) > 1000
    return pitch(last, rate)


async def hears_the_caller(call: SpeechCall) -> None:
    """The speech process receives the caller's voice, now."""
    begun = len(call.frames)
    await call.until(lambda c: len(c.frames) > begun + 25 and loudness(c.sound(0.3)) > 1000)


async def test_two_telephones_are_joined_and_nobody_else_hears_them(start: Start, speech: Speech, phone: Phone) -> None:
    async with phone("caller") as caller, phone("secretary", pitch=SECRETARY, answers="auto") as desk:
        telephony = await start(contacts=secretary(desk.address))
        await caller.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await hears_the_caller(call)
        telephony.transfer(call)
        assert await telephony.transferred() == ("answered", None, None)
        await call.closed.wait()
        assert call.end == "transferred"
        heard = len(call.frames)

        await caller.command("sndcode", "5")
        await desk.event("CALL_DTMF_START")
        await asyncio.sleep(1.5)  # two programs talk in real time: there is no clock to pass
        telephony.transfer(call, "secretary")
        assert await telephony.transferred() == ("failed", "unavailable", None)  # it is transferred already
        await desk.command("hangup")
        await caller.event("CALL_CLOSED")
        assert len(call.frames) == heard
    assert abs(voice_of(desk) - CALLER) < 10
    assert abs(voice_of(caller) - SECRETARY) < 10


async def hears(caller: Caller, hertz: float) -> None:
    """Half a second of the other side's tone reaches a browser."""
    pcm = b""
    async with asyncio.timeout(30):
        async for frame in caller.frames():
            pcm += frame.pcm
            if abs(pitch(pcm[-16000:], 16000) - hertz) < 5 and loudness(pcm[-16000:]) > 1000:
                return
    raise AssertionError(f"the call ended before {hertz} Hz were heard")


async def test_a_browser_and_a_telephone_are_joined(start: Start, speech: Speech, phone: Phone) -> None:
    async with phone("secretary", pitch=SECRETARY, answers="auto") as desk:
        telephony = await start(contacts=secretary(desk.address, refer=True))
        async with Caller(telephony.exchange) as caller:
            call = await speech.call()
            telephony.transfer(call)
            assert await telephony.transferred() == ("answered", None, None)
            await call.closed.wait()
            said = asyncio.create_task(caller.play(tone(CALLER, 3.0, 16000)))
            await hears(caller, SECRETARY)
            await said
        await desk.event("CALL_CLOSED")
    assert abs(voice_of(desk) - CALLER) < 10


async def test_whoever_answers_presses_a_key_to_take_the_call(start: Start, speech: Speech, phone: Phone) -> None:
    async with phone("caller") as caller, phone("secretary", pitch=SECRETARY, answers="auto") as desk:
        contacts = Contacts({"secretary": desk.address}, ring_seconds=20, accept_key="1")
        telephony = await start(contacts=contacts)
        await caller.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await hears_the_caller(call)
        telephony.transfer(call)
        await desk.event("CALL_ESTABLISHED")
        await telephony.briefed()
        call.play(tone(1000, 1.0, 8000))  # what the mind wants to be said while it waits
        call.tell("mark", {"mark": "briefing"})
        await call.until(lambda c: c.played == ["briefing"])
        heard = len(call.frames)
        await desk.command("sndcode", "5")
        await desk.command("hangup")
        assert await telephony.transferred() == ("failed", "declined", None)
        assert len(call.frames) == heard, "the speech process heard someone while it briefed"
        await hears_the_caller(call)

        desk.events.clear()
        telephony.transfer(call)
        await desk.event("CALL_ESTABLISHED")
        await telephony.briefed()
        await desk.command("sndcode", "1")
        assert await telephony.transferred() == ("answered", None, None)
        await call.closed.wait()
        await caller.command("hangup")
        await desk.event("CALL_CLOSED")
    pcm, rate = desk.first_heard()
    seconds = [pcm[begin : begin + rate] for begin in range(0, len(pcm) - rate, rate)]
    assert any(abs(pitch(second, rate) - 1000) < 20 for second in seconds), "nobody was briefed"


async def test_a_page_of_the_desk_takes_a_call_over(start: Start, speech: Speech, phone: Phone) -> None:
    async with phone("caller") as caller:
        telephony = await start(contacts=secretary("sip:accueil@127.0.0.1:9"))
        await caller.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await hears_the_caller(call)

        async def join(sdp: str) -> str:
            return str((await telephony.offer(sdp, call.start["call"]))["sdp"])

        async with Caller(join) as page:
            await call.closed.wait()
            assert call.end == "transferred"
            heard = len(call.frames)
            said = asyncio.create_task(page.play(tone(SECRETARY, 2.0, 16000)))
            await hears(page, CALLER)
            await said
            refused = await telephony.offer("v=0", call.start["call"])
            assert "already" in str(refused["error"])
            telephony.transfer(call)
            assert await telephony.transferred() == ("failed", "unavailable", None)
        await caller.event("CALL_CLOSED")
        assert len(call.frames) == heard
        assert "over" in str((await telephony.offer("v=0", call.start["call"]))["error"])
    assert abs(voice_of(caller) - SECRETARY) < 10


async def test_nobody_answers_and_the_caller_comes_back(start: Start, speech: Speech, phone: Phone) -> None:
    async with phone("caller") as caller, phone("secretary") as desk:
        telephony = await start(contacts=secretary(desk.address, ring_seconds=4))
        await caller.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await hears_the_caller(call)
        telephony.transfer(call)
        await desk.event("CALL_INCOMING")
        await asyncio.sleep(0.3)  # what was sent before it rang is still on its way: another process sends it
        while_it_rang = len(call.frames)
        assert await telephony.transferred() == ("failed", "no-answer", None)
        assert len(call.frames) == while_it_rang, "the speech process heard what was said while it rang"
        await desk.event("CALL_CLOSED")
        await hears_the_caller(call)

        telephony.contacts(secretary(desk.address, ring_seconds=20))
        desk.events.clear()
        telephony.transfer(call)
        await desk.event("CALL_INCOMING")
        await desk.command("hangup")
        state, reason, _ = await telephony.transferred()
        assert (state, reason) == ("failed", "busy")
        await hears_the_caller(call)

        desk.events.clear()
        telephony.transfer(call)
        await desk.event("CALL_INCOMING")
        await caller.command("hangup")
        await desk.event("CALL_CLOSED")
        await call.until(lambda c: c.end == "hung-up")
    pcm, rate = caller.heard()
    halves = [pcm[begin : begin + rate] for begin in range(0, len(pcm), rate)]
    rung = [half for half in halves if loudness(half) > 300]
    assert rung, "the caller heard no ringing"
    assert any(abs(pitch(half, rate) - 440) < 10 for half in rung)


def notify(cseq: int, status: str, state: str) -> str:
    """A NOTIFY of the caller's side, and its 200."""
    extra = f"Event: refer\nSubscription-State: {state}\n"
    text = send("NOTIFY", cseq, f"SIP/2.0 {status}\r\n", "message/sipfrag;version=2.0")
    return text.replace("Max-Forwards: 70\n", f"Max-Forwards: 70\n{extra}") + receive(200, provisional=False)


def refer(status: str) -> str:
    """Take a REFER and answer it."""
    return answer("REFER").replace("200 OK", status)


async def test_a_trunk_that_transfers_is_followed_to_the_end(
    start: Start, speech: Speech, sipp_program: str, tmp_path: Path
) -> None:
    telephony = await start(contacts=secretary("+33465710011", refer=True))
    file = write_tone(tmp_path / "tone", 8, tone(CALLER, 1.0, 8000))
    steps = [
        send("INVITE", 1, description(8)),
        receive(200),
        send("ACK", 1),
        say(file, 8),
        refer("202 Accepted"),
        notify(2, "100 Trying", "active;expires=60"),
        notify(3, "486 Busy Here", "terminated;reason=noresource"),
        refer("202 Accepted"),
        notify(4, "180 Ringing", "active;expires=60"),
        pause(300),
        notify(5, "200 OK", "terminated;reason=noresource"),
        answer("BYE"),
    ]
    running = asyncio.create_task(sipp.run(sipp_program, tmp_path, telephony.sip_port, *steps))
    call = await speech.call()
    await hears_the_caller(call)
    telephony.transfer(call)
    assert await telephony.transferred() == ("failed", "busy", 486)
    assert call.end is None
    await hears_the_caller(call)
    telephony.transfer(call)
    assert await telephony.transferred() == ("answered", None, 200)
    await call.until(lambda c: c.end == "transferred")
    await running


async def test_a_trunk_that_refuses_to_transfer_gets_a_second_leg(
    start: Start, speech: Speech, phone: Phone, sipp_program: str, tmp_path: Path
) -> None:
    async with phone("secretary", answers="auto") as desk:
        telephony = await start(contacts=secretary(desk.address, refer=True))
        file = write_tone(tmp_path / "tone", 8, tone(CALLER, 1.0, 8000))
        steps = [
            send("INVITE", 1, description(8)),
            receive(200),
            send("ACK", 1),
            say(file, 8),
            refer("603 Decline"),
            pause(1500),
            send("BYE", 2),
            receive(200),
        ]
        running = asyncio.create_task(sipp.run(sipp_program, tmp_path, telephony.sip_port, *steps))
        call = await speech.call()
        await hears_the_caller(call)
        telephony.transfer(call)
        assert await telephony.transferred() == ("answered", None, None)
        await call.until(lambda c: c.end == "transferred")
        await running
        await desk.event("CALL_CLOSED")
    assert abs(voice_of(desk) - CALLER) < 10


async def test_a_telephone_that_is_referred_calls_the_secretary_itself(
    start: Start, speech: Speech, phone: Phone
) -> None:
    async with phone("caller") as caller, phone("secretary", answers="auto") as desk:
        telephony = await start(contacts=secretary(desk.address, refer=True))
        await caller.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await hears_the_caller(call)
        telephony.transfer(call)
        assert await telephony.transferred() == ("answered", None, 200)
        await call.until(lambda c: c.end == "transferred")
        await desk.event("CALL_ESTABLISHED")


async def test_only_configured_contacts_are_dialled_and_the_call_goes_on(
    start: Start, speech: Speech, log: Callable[[], str]
) -> None:
    telephony = await start(contacts=secretary("sip:accueil@127.0.0.1:9"))
    async with Caller(telephony.exchange):
        call = await speech.call()
        for contact in ("on_call", "+33899123456", "sip:patient@127.0.0.1:5060", "sip:accueil@127.0.0.1:9", ""):
            telephony.transfer(call, contact)
            assert await telephony.transferred() == ("failed", "unavailable", None)
        # A page whose offer cannot be answered takes no call over either.
        assert "offer" in str((await telephony.offer("v=0\r\nnonsense", call.start["call"]))["error"])
        begun = len(call.frames)
        await call.until(lambda c: len(c.frames) > begun + 20)  # and the call goes on
        assert call.end is None
    assert "899123456" not in log()
