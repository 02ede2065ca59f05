"""Calls by baresip, a real telephone, through the real telephony process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes.telephony.baresip import Baresip
from tests.processes.telephony.peers import Speech, Start, loudness, pitch, tone

pytestmark = pytest.mark.e2e

Find = Callable[[str, str], str]


@pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
async def test_a_telephone_hears_is_heard_and_presses_keys(
    start: Start, speech: Speech, program: Find, tmp_path: Path, codec: str
) -> None:
    telephony = await start()
    async with Baresip(program("baresip", "baresip-core"), tmp_path, codec=codec) as phone:
        await phone.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        assert call.start["rate"] == 8000
        assert call.start["kind"] == "sip"
        assert call.start["caller"] == "patient"
        await phone.event("CALL_ESTABLISHED")

        call.play(tone(1000, 2.0, 8000))
        call.tell("mark", {"mark": 1})
        await call.until(lambda c: loudness(c.sound(0.5)) > 1000 and len(c.frames) > 60)
        assert abs(pitch(call.sound(0.5), 8000) - 440) < 5

        for digit in "12#":
            await phone.command("sndcode", digit)
        await call.until(lambda c: c.keys == "12#")
        await call.until(lambda c: c.played == [1])

        await phone.command("hangup")
        await call.until(lambda c: c.end == "hung-up")
    pcm, rate = phone.heard()
    middle = pcm[len(pcm) // 2 - rate // 2 : len(pcm) // 2 + rate // 2]
    assert loudness(middle) > 1000
    assert abs(pitch(middle, rate) - 1000) < 10


async def test_the_assistant_hangs_up(start: Start, speech: Speech, program: Find, tmp_path: Path) -> None:
    telephony = await start()
    async with Baresip(program("baresip", "baresip-core"), tmp_path, codec="PCMA") as phone:
        await phone.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await phone.event("CALL_ESTABLISHED")
        await call.until(lambda c: len(c.frames) > 20)
        call.tell("hangup", {"reason": "normal"})
        await phone.event("CALL_CLOSED", 3)
        await call.until(lambda c: c.end == "normal")


async def test_the_death_of_the_speech_process_ends_the_call(
    start: Start, speech: Speech, program: Find, tmp_path: Path
) -> None:
    telephony = await start()
    async with Baresip(program("baresip", "baresip-core"), tmp_path, codec="PCMA") as phone:
        await phone.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        await speech.call()
        await phone.event("CALL_ESTABLISHED")
        await speech.stop()
        await phone.event("CALL_CLOSED", 3)


async def test_the_end_of_the_process_says_bye(start: Start, speech: Speech, program: Find, tmp_path: Path) -> None:
    telephony = await start()
    async with Baresip(program("baresip", "baresip-core"), tmp_path, codec="PCMU") as phone:
        await phone.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await phone.event("CALL_ESTABLISHED")
        telephony.process.terminate()
        await phone.event("CALL_CLOSED", 2)
        await call.until(lambda c: c.end == "stopped")


async def test_hold_is_silence_and_no_end(start: Start, speech: Speech, program: Find, tmp_path: Path) -> None:
    telephony = await start()
    async with Baresip(program("baresip", "baresip-core"), tmp_path, codec="PCMA") as phone:
        await phone.command("dial", f"sip:cabinet@127.0.0.1:{telephony.sip_port}")
        call = await speech.call()
        await phone.event("CALL_ESTABLISHED")
        await call.until(lambda c: loudness(c.sound(0.2)) > 1000)
        await phone.command("hold")
        await call.until(lambda c: loudness(c.sound(0.2)) < 100)
        call.play(tone(800, 0.5, 8000))
        call.tell("mark", {"mark": "held"})
        frames = len(call.frames)
        await call.until(lambda c: len(c.frames) > frames + 60)
        assert call.played == []  # what is said waits for the caller
        await phone.command("resume")
        await call.until(lambda c: c.played == ["held"])
        await call.until(lambda c: loudness(c.sound(0.2)) > 1000)
