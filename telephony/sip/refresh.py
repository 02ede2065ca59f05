"""Keeping a session alive, or finding out that it is dead (RFC 4028 §7, §10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from telephony.sip.message import Response
from telephony.sip.session_timer import SessionTimer, agreed
from telephony.sip.timers import Timer, Timers

RETRY_AFTER = 1.0
"""After 491 the callee tries again within 2 s (RFC 3261 §14.1), s."""

SendRefresh = Callable[[dict[str, str], Callable[[Response], None]], None]


class Refresher:
    """The session timer of one call. ``send`` sends UPDATE or re-INVITE, ``expire`` ends the call."""

    def __init__(self, timers: Timers, *, send: SendRefresh, expire: Callable[[], None]) -> None:
        self._timers = timers
        self._send = send
        self._expire = expire
        self._running: list[Timer] = []
        self.timer: SessionTimer | None = None
        """What was agreed last; None while no timer runs."""

    def arm(self, timer: SessionTimer | None) -> None:
        """Start over: the session was set up or refreshed."""
        self.stop()
        self.timer = timer
        if timer is None:
            return
        self._running = [self._timers.after(timer.expires_after, self._expire)]
        if timer.we_refresh:
            self._running.append(self._timers.after(timer.refresh_after, self._refresh))

    def stop(self) -> None:
        """No more timers."""
        for timer in self._running:
            timer.cancel()
        self._running = []

    def _refresh(self) -> None:
        if self.timer is not None:
            self._send(self.timer.headers_for_refresh(), self._answered)

    def _answered(self, response: Response) -> None:
        if self.timer is None or response.status < 200:
            return
        if response.status < 300:
            self.arm(agreed(response))
        elif response.status == 422:  # §7.3: the interval was too small for someone on the way
            self.timer = replace(self.timer, interval=max(response.number("Min-SE") or 0, self.timer.interval + 1))
            self._running.append(self._timers.after(0, self._refresh))
        elif response.status == 491:
            self._running.append(self._timers.after(RETRY_AFTER, self._refresh))
        # Any other refusal: the session goes on until it expires (§10).
