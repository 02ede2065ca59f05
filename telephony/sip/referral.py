"""A blind transfer by REFER (RFC 3515): we ask the peer to call someone else, and its NOTIFYs say how that went.

200 or 202 to the REFER is only acceptance. The call is kept until a NOTIFY brings a final status, since until then the
caller may come back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from telephony.sip.message import Request, Response
from telephony.sip.timers import Timer, Timers

UNANSWERED = 10.0
"""How long the peer may take to accept or refuse the REFER itself, s: less than timer F, for a caller waits."""

_STATUS = re.compile(rb"SIP/2\.0[ \t]+([1-6]\d\d)(?:[ \t\r\n]|\Z)", re.IGNORECASE)


@dataclass(frozen=True)
class ReferralEnd:
    """What became of a transfer."""

    result: Literal["answered", "refused", "failed"]
    """``refused``: the peer does not do transfers; ``failed``: it tried, and nobody took the call."""
    code: int | None = None
    """The SIP status that decided, or None: no answer in time."""


def fragment_status(request: Request) -> int | None:
    """The status of a NOTIFY's body (``message/sipfrag``, RFC 3420, RFC 3515 §2.4.5); None where there is none."""
    kind = (request.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    found = _STATUS.match(request.body[:512].lstrip()) if kind == "message/sipfrag" else None
    return int(found.group(1)) if found is not None else None


def is_terminated(request: Request) -> bool:
    """Whether a NOTIFY is the last of its subscription (RFC 6665 §4.1.3)."""
    state = (request.headers.get("Subscription-State") or "").partition(";")[0]
    return state.strip().lower() == "terminated"


class Referral:
    """One REFER and its implicit subscription: ``asked`` → ``accepted`` → ``over``.

    Args:
        patience: how long the other side may ring, s.
        done: called once.
    """

    def __init__(self, timers: Timers, *, patience: float, done: Callable[[ReferralEnd], None]) -> None:
        self.state = "asked"
        self._timers = timers
        self._patience = patience
        self._done = done
        self._timer: Timer = timers.after(UNANSWERED, lambda: self._end(ReferralEnd("refused")))

    def answered(self, response: Response) -> None:
        """The final response to the REFER."""
        if self.state != "asked":
            return  # a NOTIFY may overtake it
        if 200 <= response.status < 300:
            self._accept()
        else:
            self._end(ReferralEnd("refused", response.status))

    def unanswered(self) -> None:
        """No response came, or the request could not be sent."""
        if self.state == "asked":
            self._end(ReferralEnd("refused"))

    def owns(self, notify: Request) -> bool:
        """Whether a NOTIFY belongs to this subscription. Its ``id`` says no more: a call has one REFER at a time."""
        package = (notify.headers.get("Event") or "").partition(";")[0]
        return self.state != "over" and package.strip().lower() == "refer"

    def notified(self, notify: Request) -> None:
        """One NOTIFY: how far the peer's call to the other side has come."""
        if self.state == "asked":
            self._accept()
        status = fragment_status(notify)
        if status is not None and status >= 200:
            self._end(ReferralEnd("answered" if status < 300 else "failed", status))
        elif is_terminated(notify):
            self._end(ReferralEnd("failed", status))  # no more will be told: nobody is known to have answered

    def stop(self) -> None:
        """The call is over: nothing more is told."""
        self.state = "over"
        self._timer.cancel()

    def _accept(self) -> None:
        self.state = "accepted"
        self._timer.cancel()
        self._timer = self._timers.after(self._patience, lambda: self._end(ReferralEnd("failed")))

    def _end(self, end: ReferralEnd) -> None:
        if self.state != "over":
            self.stop()
            self._done(end)
