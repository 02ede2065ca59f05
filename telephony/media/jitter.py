"""Jitter buffer keyed by RTP timestamp: it waits as long as the network's jitter asks for, and no longer.

Pure: the clock is passed in. A packet's transit is its arrival less its timestamp; the least transit of the last
seconds stands for the network's fixed delay, and what packets exceed it by is jitter. Each packet is due at its
timestamp plus the least transit plus a target delay, which follows the jitter up and down. In an unbroken stream
packets play one after the other; after a gap the next packet plays when it is due, so a lost packet costs its own
duration and no lasting delay.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from telephony.media.rtp import Unwrapper

T = TypeVar("T")

LEAST = 0.010
"""Least target delay, s: covers the jitter of our own event loop."""
MOST = 0.300
"""Most target delay and most sound that is kept, s; older sound is dropped beyond it."""
WINDOW = 4.0
"""How far back transits are remembered, s."""
PERCENTILE = 0.97
"""Share of packets that the target delay is meant to wait for."""
SLACK = 0.005
"""A packet may play this much before it is due, s: less than that is not worth a whole frame of silence."""
HURRY = 0.025
"""Delay beyond the target from which the consumer should catch up, s: a frame, and a little so as not to flutter."""
RESTART = 2.0
"""A jump of transit beyond this is a restarted sender, s."""
MAX_PACKETS = 256


@dataclass(frozen=True)
class Pulled(Generic[T]):
    """A packet whose turn has come."""

    item: T = field(repr=False)
    gap: bool
    """Sound before it was lost."""
    hurry: bool
    """The delay exceeds the target by a frame or more: play this faster, or not at all."""


@dataclass
class Counts:
    """What happened to packets."""

    received: int = 0
    played: int = 0
    late: int = 0
    """Came after their turn, or twice."""
    dropped: int = 0
    """Thrown away because the buffer was full."""


class JitterBuffer(Generic[T]):
    """Puts packets back into order and time. ``rate`` is the RTP clock rate, Hz."""

    def __init__(self, rate: int, *, least: float = LEAST, most: float = MOST) -> None:
        self.counts = Counts()
        self._rate = rate
        self._least = least
        self._most = most
        self._restart()

    def _restart(self) -> None:
        self._unwrapper = Unwrapper(32)
        self._waiting: list[tuple[int, int, T]] = []
        self._cursor: int | None = None
        self._transits: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []

    @property
    def target(self) -> float:
        """Delay that the jitter of the last seconds asks for, s."""
        if not self._sorted:
            return self._least
        jitter = self._sorted[int(len(self._sorted) * PERCENTILE)] - self._sorted[0]
        return min(max(self._least, jitter + SLACK), self._most)

    def delay(self, now: float) -> float | None:
        """How long after its earliest possible arrival the sound that is due now plays, s; None before the first."""
        if self._cursor is None:
            return None
        return now - self._cursor / self._rate - self._sorted[0]

    def push(self, timestamp: int, duration: int, item: T, now: float) -> None:
        """Take a packet that arrived at ``now`` (s); ``timestamp`` is the 32-bit RTP one, ``duration`` in its units."""
        self.counts.received += 1
        start = self._unwrapper.unwrap(timestamp)
        transit = now - start / self._rate
        if self._sorted and not -RESTART < transit - self._sorted[0] < RESTART:
            self._restart()
            start = self._unwrapper.unwrap(timestamp)
            transit = now - start / self._rate
        place = bisect_left(self._waiting, start, key=lambda entry: entry[0])
        if place < len(self._waiting) and self._waiting[place][0] == start:
            self.counts.late += 1
            return
        self._remember(transit, now)
        if self._cursor is not None and start < self._cursor:
            self.counts.late += 1
            return
        self._waiting.insert(place, (start, duration, item))
        span = self._most * 2 * self._rate
        while len(self._waiting) > MAX_PACKETS or self._waiting[-1][0] - self._waiting[0][0] > span:
            self._cursor = sum(self._waiting.pop(0)[:2])
            self.counts.dropped += 1

    def pull(self, now: float) -> Pulled[T] | None:
        """The packet whose turn it is at ``now``, or None: conceal, and ask again a frame later."""
        if not self._waiting:
            return None
        start, duration, item = self._waiting[0]
        target = self.target
        delay = now - start / self._rate - self._sorted[0]
        unbroken = self._cursor is not None and start <= self._cursor
        if not unbroken and delay < target - SLACK:
            return None
        del self._waiting[0]
        gap = self._cursor is not None and not unbroken
        self._cursor = start + duration
        self.counts.played += 1
        return Pulled(item, gap, hurry=delay > target + HURRY)

    def _remember(self, transit: float, now: float) -> None:
        self._transits.append((now, transit))
        insort(self._sorted, transit)
        while now - self._transits[0][0] > WINDOW or len(self._transits) > 1024:
            old = self._transits.popleft()[1]
            del self._sorted[bisect_left(self._sorted, old)]
