"""A 2xx to INVITE is sent again until its ACK comes (RFC 3261 §13.3.1.4), also over TCP."""

from __future__ import annotations

from collections.abc import Callable

from telephony.sip.timers import T1, T2, Timers
from telephony.sip.transaction import TIMEOUT


class AckWait:
    """Waits for one ACK."""

    def __init__(
        self, timers: Timers, sequence: int, *, resend: Callable[[], None], give_up: Callable[[], None]
    ) -> None:
        self.sequence = sequence
        """The CSeq number that the ACK must have."""
        self._timers = timers
        self._resend = resend
        self._interval = T1
        self._again = timers.after(T1, self._retransmit)
        self._end = timers.after(TIMEOUT, self._expire)
        self._give_up = give_up

    def stop(self) -> None:
        """The ACK came, or it matters no longer."""
        self._again.cancel()
        self._end.cancel()

    def _retransmit(self) -> None:
        self._resend()
        self._interval = min(self._interval * 2, T2)
        self._again = self._timers.after(self._interval, self._retransmit)

    def _expire(self) -> None:
        self.stop()
        self._give_up()
