"""Session timers (RFC 4028): who refreshes a call, how often, and when it is taken for dead. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.sip.message import Request, Response

MIN_SE = 90
"""Shortest interval that we take, s (§5)."""
DEFAULT_SE = 1800
"""Interval that we ask for, s (§4.2)."""


class IntervalTooSmallError(Exception):
    """A peer that knows session timers asks for less than :data:`MIN_SE`: answer 422 with Min-SE (§9)."""


@dataclass(frozen=True)
class SessionTimer:
    """An agreement on one session."""

    interval: int
    """Session interval, s."""
    we_refresh: bool
    peer_knows: bool = True
    """Whether the peer supports session timers at all."""

    @property
    def refresh_after(self) -> float:
        """When the refresher sends its refresh, s after the last one (§7.2)."""
        return self.interval / 2

    @property
    def expires_after(self) -> float:
        """When a session without refresh is ended, s after the last one (§10)."""
        return self.interval - min(32.0, self.interval / 3)

    def headers_for_response(self) -> dict[str, str]:
        """The headers of a 2xx (§9)."""
        # In a response the peer is the UAC of the transaction and we the UAS.
        headers = {"Session-Expires": f"{self.interval};refresher={'uas' if self.we_refresh else 'uac'}"}
        if self.peer_knows:
            headers["Require"] = "timer"
        return headers

    def headers_for_refresh(self) -> dict[str, str]:
        """The headers of a refresh of ours (§7.1, §7.4)."""
        return {"Session-Expires": f"{self.interval};refresher=uac", "Min-SE": str(MIN_SE)}


def agree(request: Request) -> SessionTimer:
    """Our answer to an INVITE or UPDATE (§9, table 2).

    Raises:
        IntervalTooSmallError.
    """
    knows = "timer" in request.headers.tokens("Supported")
    asked = request.number("Session-Expires")
    least = max(request.number("Min-SE") or 0, MIN_SE)
    if asked is not None and asked < MIN_SE and knows:
        raise IntervalTooSmallError
    interval = max(min(asked or DEFAULT_SE, DEFAULT_SE), least)
    refresher = _refresher(request.headers.get("Session-Expires"))
    return SessionTimer(interval, we_refresh=not (knows and refresher == "uac"), peer_knows=knows)


def agreed(response: Response) -> SessionTimer | None:
    """What the peer's 2xx to a refresh of ours settles (§7.2), or None: no timer any more."""
    interval = response.number("Session-Expires")
    if interval is None:
        return None
    refresher = _refresher(response.headers.get("Session-Expires"))
    return SessionTimer(max(interval, MIN_SE), we_refresh=refresher != "uas")


def _refresher(value: str | None) -> str | None:
    for part in (value or "").split(";")[1:]:
        name, _, word = part.partition("=")
        if name.strip().lower() == "refresher":
            return word.strip().lower()
    return None
