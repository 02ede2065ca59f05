"""Timers on a clock that is passed in, so that the whole user agent can be tested without sleeping."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

T1 = 0.5
"""Estimate of the round-trip time, s (RFC 3261 §17.1.1.1)."""
T2 = 4.0
"""Longest interval between retransmissions of non-INVITE requests and INVITE responses, s."""
T4 = 5.0
"""Longest time that a message stays in the network, s."""


class Timer:
    """One pending callback."""

    __slots__ = ("callback", "when")

    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Never call back."""
        self.callback = None


class Timers:
    """A heap of timers. ``wake`` is told the time of the earliest one whenever it becomes earlier."""

    def __init__(self, clock: Callable[[], float], wake: Callable[[float], None] | None = None) -> None:
        self.clock = clock
        self._wake = wake
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = count()

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back once in ``seconds``."""
        timer = Timer(self.clock() + seconds, callback)
        heapq.heappush(self._heap, (timer.when, next(self._order), timer))
        if self._wake is not None and self._heap[0][2] is timer:
            self._wake(timer.when)
        return timer

    @property
    def next_at(self) -> float | None:
        """When the earliest timer is due, or None."""
        while self._heap and self._heap[0][2].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run(self) -> None:
        """Call back every timer that is due."""
        now = self.clock()
        while (due := self.next_at) is not None and due <= now:
            timer = heapq.heappop(self._heap)[2]
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
