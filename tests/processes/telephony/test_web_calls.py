"""A browser's call through the real telephony process: ICE, DTLS, Opus, keys, plays."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from telephony.webrtc.caller import Caller
from tests.processes.telephony.peers import Speech, Start, Telephony, loudness, pitch, tone

RATE = 16000


async def heard(caller: Caller, seconds: float) -> bytes:
    """What the caller hears during some seconds of received sound."""
    pcm = b""
    async with asyncio.timeout(seconds + 30):
        async for frame in caller.frames():
            pcm += frame.pcm
            if len(pcm) >= seconds * RATE * 2:
                break
    return pcm


async def test_a_call_is_heard_both_ways(start: Start, speech: Speech) -> None:
    telephony = await start()
    async with Caller(telephony.exchange) as caller:
        call = await speech.call()
        assert call.start == {"version": 1, "call": telephony.call_id, "rate": RATE, "kind": "webrtc", "caller": None}
        await caller.play(tone(440, 1.0, RATE))
        await call.until(lambda c: loudness(c.sound(0.5)) > 3000 or len(c.frames) > 200)
        assert abs(pitch(call.sound(0.4), RATE) - 440) < 5

        call.play(tone(1000, 1.5, RATE))
        call.tell("mark", {"mark": 7})
        await asyncio.sleep(0)
        sound = await heard(caller, 1.5)
        await call.until(lambda c: c.played == [7])
        assert abs(pitch(sound[-RATE:], RATE) - 1000) < 5
    await call.until(lambda c: c.end == "hung-up")


async def test_frames_come_every_20_ms_though_nothing_is_said(start: Start, speech: Speech) -> None:
    telephony = await start()
    async with Caller(telephony.exchange):
        call = await speech.call()
        await call.until(lambda c: len(c.frames) >= 100)
        times = [at for at, _ in call.frames]
        # Not faster than it is heard: a busy machine may be late with the first and catch up, but not by half.
        assert (times[99] - times[0]) / 99 > 0.01
        assert all(len(pcm) == 640 for _, pcm in call.frames)


async def test_a_prompt_pauses_at_once_resumes_and_is_forgotten(start: Start, speech: Speech) -> None:
    telephony = await start()
    async with Caller(telephony.exchange) as caller:
        call = await speech.call()
        call.play(tone(700, 20, RATE))
        call.tell("mark", {"mark": 1})
        assert loudness((await heard(caller, 0.6))[-6400:]) > 3000
        call.tell("pause")
        assert loudness((await heard(caller, 0.6))[-6400:]) < 50
        call.tell("resume")
        assert loudness((await heard(caller, 0.6))[-6400:]) > 3000
        call.tell("flush")
        assert loudness((await heard(caller, 0.6))[-6400:]) < 50
        call.tell("mark", {"mark": 2})
        await call.until(lambda c: c.played == [2])
        call.play(tone(700, 20, RATE))
        call.tell("pause")
        call.tell("flush")
        call.play(tone(900, 0.2, RATE))
        call.tell("mark", {"mark": 3})  # what answers an interruption is heard
        await call.until(lambda c: c.played == [2, 3])


async def test_the_assistant_and_the_parent_can_end_a_call(start: Start, speech: Speech) -> None:
    telephony = await start()
    async with Caller(telephony.exchange) as caller:
        call = await speech.call()
        call.tell("hangup", {"reason": "normal"})
        async with asyncio.timeout(30):
            await caller.ended.wait()
    async with Caller(telephony.exchange) as caller:
        call = await speech.call()
        telephony.hang_up(telephony.call_id)
        async with asyncio.timeout(30):
            await caller.ended.wait()
        await call.until(lambda c: c.end == "normal")


FAULTS = {
    "an unknown event": lambda call: call.tell("nonsense"),
    "an impossible rate": lambda call: call.tell("audio-chunk", {"rate": 1}, b"ab"),
    "half a sample": lambda call: call.tell("audio-chunk", {"rate": RATE}, b"odd"),
    "no rate": lambda call: call.tell("audio-chunk", {}, b"ab"),
    "garbage": lambda call: call.writer.write(b"this is no event\n"),
    "more than 60 s of sound": lambda call: [call.play(bytes(RATE * 2)) for _ in range(62)],
    "its death": lambda call: call.writer.close(),
}


async def test_a_fault_of_the_speech_process_ends_that_call_only(start: Start, speech: Speech) -> None:
    telephony = await start()
    async with Caller(telephony.exchange) as good:
        good_call = await speech.call()
        for name, fault in FAULTS.items():
            async with Caller(telephony.exchange) as bad:
                fault(await speech.call())
                async with asyncio.timeout(30):
                    await bad.ended.wait()
            count = len(good_call.frames)
            await good_call.until(lambda call, count=count: len(call.frames) > count + 10)
            assert not good.ended.is_set(), name


async def test_no_call_is_taken_beyond_the_limit_or_without_speech(start: Start, speech: Speech) -> None:
    telephony = await start(max_calls=1)
    async with Caller(telephony.exchange) as caller:
        call = await speech.call()
        assert "busy" in str((await telephony.offer("v=0")).get("error"))
        del caller
    await call.until(lambda c: c.closed.is_set())
    await speech.stop()
    error = str((await telephony.offer("v=0")).get("error"))
    assert "speech" in error


async def test_the_parent_may_lower_the_limit_and_not_raise_it(start: Start, speech: Speech) -> None:
    telephony = await start(max_calls=2)
    async with Caller(telephony.exchange):
        await speech.call()
        telephony.limit(1)
        assert "busy" in str((await telephony.offer("v=0")).get("error"))
        telephony.limit(50)
        async with Caller(telephony.exchange):
            await speech.call()
            assert "busy" in str((await telephony.offer("v=0")).get("error"))


async def test_a_bad_offer_is_refused_and_forgotten(start: Start) -> None:
    telephony = await start(max_calls=1)
    audio = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    for sdp in ("", "nonsense", "v=0\r\n", "v=0\r\n" * 900, audio, audio + "a=rtpmap:111 opus/48000/2\r\n", audio * 3):
        assert "error" in await telephony.offer(sdp), sdp


async def ends(telephony: Telephony, within: float) -> int | None:
    async with asyncio.timeout(within):
        return await telephony.process.wait()


@pytest.mark.parametrize("how", ["sigterm", "stdin", "control"])
async def test_it_stops_within_two_seconds_and_says_goodbye(start: Start, speech: Speech, how: str) -> None:
    telephony = await start()
    async with Caller(telephony.exchange) as caller:
        call = await speech.call()
        if how == "sigterm":
            os.kill(telephony.process.pid, signal.SIGTERM)
        elif how == "stdin":
            assert telephony.process.stdin is not None
            telephony.process.stdin.close()
        else:
            telephony.close_control()
        assert await ends(telephony, 2.0) == 0
        await call.until(lambda c: c.end == "stopped")
        async with asyncio.timeout(30):
            await caller.ended.wait()


async def test_keys_come_over_the_data_channel_and_the_log_holds_ids_and_codes_only(
    start: Start, speech: Speech, log
) -> None:  # type: ignore[no-untyped-def]
    telephony = await start()
    async with Caller(telephony.exchange) as caller:
        call = await speech.call()
        await caller.press("12031978*#")
        await call.until(lambda c: c.keys == "12031978*#")
    await call.until(lambda c: c.closed.is_set())
    assert log().splitlines() == [
        f"voicebot.telephony: call {telephony.call_id} began: webrtc",
        f"voicebot.telephony: call {telephony.call_id} ended: hung-up",
    ]


async def test_unusable_settings_are_one_clear_line_and_status_2(start: Start) -> None:
    telephony = await start(allowed=("nonsense",))
    assert "nonsense" in telephony.error
    assert await ends(telephony, 5) == 2
