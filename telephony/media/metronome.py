"""The 20 ms beat of one call on the event loop: absolute deadlines, so lateness never adds up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LOST = 0.2
"""A beat this late means that the machine stood still: the missed beats are given up, s."""


class Metronome:
    """Calls ``beat(now)`` every ``period`` seconds ; a fault in it stops the beat and goes to ``failed``."""

    def __init__(self, period: float, beat: Callable[[float], None], failed: Callable[[Exception], None]) -> None:
        self._period = period
        self._beat = beat
        self._failed = failed
        self._next = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin now."""
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.time()
        self._schedule()

    def stop(self) -> None:
        """End."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def align(self, instant: float) -> None:
        """Shift the beats so that one falls on ``instant`` (loop time); the next one comes up to a period later."""
        self._next += (instant - self._next) % self._period
        if self._handle is not None:
            self._handle.cancel()
            self._schedule()

    def shift(self, seconds: float) -> None:
        """Let the next beat come a little later (or earlier)."""
        self._next += seconds

    def _schedule(self) -> None:
        self._handle = self._loop.call_at(self._next, self._run)

    def _run(self) -> None:
        now = self._loop.time()
        if now - self._next > LOST:
            self._next = now
        self._next += self._period
        self._schedule()
        try:
            self._beat(now)
        except Exception as error:  # one call's fault ends that call only
            self.stop()
            self._failed(error)
