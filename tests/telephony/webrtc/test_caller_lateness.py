"""A sender that is late, or not ready yet, drops frames; whoever plays them must still be told that they are over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest

from telephony.media.playout import PlayQueue
from telephony.webrtc.caller import Caller
from telephony.webrtc.opus import CLOCK_RATE, FRAME, RATE, OpusEncoder
from telephony.webrtc.track import WAITING, OpusTrack

STEP = CLOCK_RATE // 50
OFFSET = 4_000_000_000
"""aiortc's random offset, near the wrap."""


async def never(sdp: str) -> str:
    return sdp


@pytest.fixture
def caller() -> Iterator[Caller]:
    made = Caller(never)
    made._queue = PlayQueue(RATE)
    made._encoder = OpusEncoder("voip")
    made._track = OpusTrack()
    yield made
    made._track.stop()


async def send_all(caller: Caller, skip: frozenset[int] = frozenset()) -> None:
    """What aiortc does with the frames that wait, but for those that are skipped."""
    while caller._track._payloads.qsize():
        packet = await caller._track.recv()
        assert packet.pts is not None
        if packet.pts not in skip:
            caller._sent((packet.pts + OFFSET) & 0xFFFFFFFF, 1.0)


async def test_frames_dropped_before_the_sender_is_ready_do_not_stall_a_play(caller: Caller) -> None:
    for _ in range(WAITING + 7):
        caller._beat(0.0)
    await send_all(caller)
    playing = asyncio.create_task(caller.play(np.zeros(3 * FRAME, np.int16).tobytes()))
    await asyncio.sleep(0)
    for _ in range(4):
        caller._beat(0.0)
    await send_all(caller)
    assert len((await asyncio.wait_for(playing, 30)).sent) == 3


async def test_frames_dropped_amid_a_play_do_not_stall_it(caller: Caller) -> None:
    caller._beat(0.0)
    await send_all(caller)
    playing = asyncio.create_task(caller.play(np.zeros(3 * FRAME, np.int16).tobytes()))
    await asyncio.sleep(0)
    for _ in range(4):
        caller._beat(0.0)
    await send_all(caller, skip=frozenset({STEP * 2, STEP * 3}))
    assert len((await asyncio.wait_for(playing, 30)).sent) == 3
