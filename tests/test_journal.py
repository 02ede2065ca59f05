"""The journal: followers see every event, and one that lags is cut off without harm to the call."""

from __future__ import annotations

import asyncio
from datetime import datetime

from voicebot.journal import FOLLOWER_QUEUE, Journal


def journal() -> Journal:
    return Journal(lambda: datetime(2026, 11, 23, 9, 0))


async def test_a_follower_sees_events_in_order() -> None:
    made = journal()
    events = made.follow()
    first = asyncio.create_task(anext(events))
    await asyncio.sleep(0)
    made.record("c1", "answered")
    made.record("c1", "asks", asks="open")
    assert (await first)["event"] == "answered"
    assert (await anext(events))["asks"] == "open"


async def test_a_follower_that_lags_is_cut_off() -> None:
    made = journal()
    events = made.follow()
    first = asyncio.create_task(anext(events))
    await asyncio.sleep(0)
    for n in range(FOLLOWER_QUEUE + 10):
        made.record("c1", "said", text=str(n))
    await first
    seen = 1 + len([event async for event in events])
    assert seen <= FOLLOWER_QUEUE
