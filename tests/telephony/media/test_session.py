"""One beat is one frame each way, whatever the line does; the call ends when its media stays away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from telephony.media.g711 import PCMA, Samples
from telephony.media.receiver import VoiceReceiver
from telephony.media.session import HELD_LINE, SILENT_LINE, Listener, VoiceSession
from voicebot.errors import ProtocolError


@dataclass
class FakeLine:
    """A line without a network."""

    sends: bool = True
    receives: bool = True
    last_received: float = 0.0
    sent: list[Samples] = field(default_factory=list)
    receiver: VoiceReceiver = field(default_factory=lambda: VoiceReceiver(8000, 8000))

    def send(self, frame: Samples) -> None:
        self.sent.append(frame)

    def close(self) -> None:
        self.sends = False


@dataclass
class Told:
    frames: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    marks: list[object] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def listener(self) -> Listener:
        return Listener(self.frames.append, self.keys.append, self.marks.append, self.ends.append)


def sound(count: int) -> Samples:
    return (8000 * np.sin(np.arange(count) / 5)).astype(np.int16)


def test_a_beat_is_a_frame_each_way_and_silence_where_there_is_none() -> None:
    line, told = FakeLine(), Told()
    session = VoiceSession(line, told.listener())
    session.play(sound(240).tobytes(), 8000)
    session.plays.mark("end")
    for n in range(4):
        session.beat(n * 0.02)
    assert [bool(frame.any()) for frame in line.sent] == [True, True, False, False]
    assert told.marks == ["end"]
    assert told.frames == [bytes(320)] * 4


def test_what_the_caller_says_comes_through_late_by_a_frame_at_most() -> None:
    line, told = FakeLine(), Told()
    session = VoiceSession(line, told.listener())
    said = sound(1600)
    for n in range(12):
        if n < 10:
            payload = PCMA.encode(said[n * 160 : n * 160 + 160])
            line.receiver.push(n * 160, 160, PCMA, payload, n * 0.02)
            line.last_received = n * 0.02
        session.beat(n * 0.02 + 0.012)
    heard = np.frombuffer(b"".join(told.frames), "<i2")[:1600]
    np.testing.assert_array_equal(heard, PCMA.decode(PCMA.encode(said)))


def test_packets_of_30_ms_make_frames_of_20() -> None:
    line, told = FakeLine(), Told()
    session = VoiceSession(line, told.listener())
    said = sound(2400)
    pushed = 0
    for n in range(18):
        now = n * 0.02 + 0.012
        while pushed < 10 and pushed * 0.03 <= now:
            payload = PCMA.encode(said[pushed * 240 : pushed * 240 + 240])
            line.receiver.push(pushed * 240, 240, PCMA, payload, pushed * 0.03)
            pushed += 1
        session.beat(now)
    assert all(len(frame) == 320 for frame in told.frames)
    heard = np.frombuffer(b"".join(told.frames), "<i2")
    whole = PCMA.decode(PCMA.encode(said))
    np.testing.assert_array_equal(heard[:2400], whole)


def test_while_the_caller_holds_us_what_we_say_waits() -> None:
    line, told = FakeLine(sends=False), Told()
    session = VoiceSession(line, told.listener())
    session.play(sound(160).tobytes(), 8000)
    session.plays.mark(1)
    for n in range(10):
        session.beat(n * 0.02)
    assert (line.sent, told.marks) == ([], [])
    line.sends = True
    session.beat(0.2)
    assert (len(line.sent), told.marks) == (1, [1])


@pytest.mark.parametrize(("receives", "limit"), [(True, SILENT_LINE), (False, HELD_LINE)])
def test_a_line_that_stays_silent_is_over_and_a_held_one_later(receives: bool, limit: float) -> None:
    line, told = FakeLine(receives=receives), Told()
    session = VoiceSession(line, told.listener())
    session.beat(limit - 0.1)
    assert told.ends == []
    session.beat(limit + 0.1)
    assert told.ends == ["rtp-timeout"]


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(ProtocolError, match="16-bit"):
        VoiceSession(FakeLine(), Told().listener()).play(b"abc", 8000)


async def test_a_fault_in_a_beat_ends_the_call_and_names_no_content() -> None:
    line, told = FakeLine(), Told()

    def fail(frame: Samples) -> None:
        raise RuntimeError("what the patient said")

    line.send = fail  # type: ignore[method-assign]
    over = asyncio.get_running_loop().create_future()
    session = VoiceSession(line, Listener(told.frames.append, told.keys.append, told.marks.append, over.set_result))
    session.start()
    async with asyncio.timeout(30):
        assert await over == "fault-RuntimeError"
    session.close()
