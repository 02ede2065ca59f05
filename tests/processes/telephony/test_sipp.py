"""Calls by sipp through the real telephony process: codecs, keys, offers in every order, BYE from both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes.telephony import sipp
from tests.processes.telephony.peers import Speech, Start, loudness, pitch, tone
from tests.processes.telephony.sipp import answer, description, pause, receive, say, send, write_tone

pytestmark = pytest.mark.e2e

Find = Callable[[str, str], str]


@pytest.fixture
def sipp_program(program: Find) -> str:
    return program("sipp", "sip-tester")


async def test_the_scenario_that_comes_with_sipp_makes_three_calls_at_once(
    start: Start, speech: Speech, sipp_program: str, tmp_path: Path
) -> None:
    telephony = await start()
    running = asyncio.create_task(
        sipp.run(
            sipp_program,
            tmp_path,
            telephony.sip_port,
            options=("-sn", "uac", "-m", "3", "-l", "3", "-r", "10", "-d", "1500"),
        )
    )
    calls = [await speech.call() for _ in range(3)]
    for call in calls:
        await call.until(lambda c: c.end == "hung-up")
        assert 60 < len(call.frames) < 150
        assert loudness(call.sound(1)) == 0  # that scenario sends no RTP: silence all the same
    await running


@pytest.mark.parametrize("payload_type", [8, 0])
async def test_each_law_is_understood(
    start: Start, speech: Speech, sipp_program: str, tmp_path: Path, payload_type: int
) -> None:
    telephony = await start()
    file = write_tone(tmp_path / "tone", payload_type, tone(620, 1.0, 8000))
    steps = [
        send("INVITE", 1, description(payload_type)),
        receive(200),
        send("ACK", 1),
        say(file, payload_type),
        pause(1500),
        send("BYE", 2),
        receive(200),
    ]
    running = asyncio.create_task(sipp.run(sipp_program, tmp_path, telephony.sip_port, *steps))
    call = await speech.call()
    assert call.start["caller"] == "0612345678"
    await call.until(lambda c: c.end == "hung-up")
    await running
    assert abs(pitch(call.sound(1.2)[:12800], 8000) - 620) < 5


async def test_an_invite_without_an_offer_gets_ours_and_info_brings_keys(
    start: Start, speech: Speech, sipp_program: str, tmp_path: Path
) -> None:
    telephony = await start()
    file = write_tone(tmp_path / "tone", 0, tone(620, 1.0, 8000))
    steps = [
        send("INVITE", 1),
        receive(200),
        send("ACK", 1, description(0)),
        say(file, 0),
        pause(700),
        send("INFO", 2, "Signal=5\nDuration=160\n", "application/dtmf-relay"),
        receive(200, provisional=False),
        answer("BYE"),
    ]
    running = asyncio.create_task(sipp.run(sipp_program, tmp_path, telephony.sip_port, *steps))
    call = await speech.call()
    await call.until(lambda c: c.keys == "5")
    assert loudness(call.sound(0.3)) > 3000
    call.tell("hangup", {"reason": "normal"})
    await running
    await call.until(lambda c: c.end == "normal")


async def test_an_offer_without_g711_gets_488_and_no_call_begins(
    start: Start, speech: Speech, sipp_program: str, tmp_path: Path
) -> None:
    telephony = await start()
    opus = description(8).replace("RTP/AVP 8 101", "RTP/AVP 96").replace("rtpmap:8 PCMA", "rtpmap:96 opus")
    steps = [send("INVITE", 1, opus), receive(488), send("ACK", 1)]
    await sipp.run(sipp_program, tmp_path, telephony.sip_port, *steps)
    with pytest.raises(TimeoutError):
        await speech.call(0.2)


async def test_when_every_line_is_taken_the_caller_hears_busy(
    start: Start, speech: Speech, sipp_program: str, tmp_path: Path
) -> None:
    telephony = await start(max_calls=1)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = asyncio.create_task(
        sipp.run(
            sipp_program,
            tmp_path / "a",
            telephony.sip_port,
            *(send("INVITE", 1, description(8)), receive(200), send("ACK", 1), answer("BYE")),
        )
    )
    call = await speech.call()
    steps = [send("INVITE", 1, description(8)), receive(486), send("ACK", 1)]
    await sipp.run(sipp_program, tmp_path / "b", telephony.sip_port, *steps)
    call.tell("hangup", {"reason": "normal"})
    await first


async def test_without_the_speech_process_the_caller_may_try_again(
    start: Start, speech: Speech, sipp_program: str, tmp_path: Path
) -> None:
    telephony = await start()
    await speech.stop()
    steps = [send("INVITE", 1, description(8)), receive(503), send("ACK", 1)]
    await sipp.run(sipp_program, tmp_path, telephony.sip_port, *steps)
