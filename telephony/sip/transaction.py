"""The four transactions of RFC 3261 §17, with the corrections of RFC 6026, as pure state machines.

Each machine takes an event (a message, a timer by its RFC letter, a transport failure) and returns actions; it knows no
socket and no clock. A timer that no longer matters in the present state is ignored, as in the figures of the RFC.
"""

from __future__ import annotations

from dataclasses import dataclass

from telephony.sip.message import Request, Response, respond
from telephony.sip.timers import T1, T2, T4

TIMEOUT = 64 * T1
"""Timers B, D, F, H, J, L and M, s."""
TRYING_AFTER = 0.2
"""An INVITE without an answer gets a 100 after this time, s (RFC 3261 §17.2.1)."""


@dataclass(frozen=True)
class Send:
    """Give a message to the transport."""

    message: Request | Response


@dataclass(frozen=True)
class Start:
    """Start the timer of this letter."""

    timer: str
    seconds: float


@dataclass(frozen=True)
class Pass:
    """Give a message to the transaction user."""

    message: Request | Response


@dataclass(frozen=True)
class Failed:
    """Tell the transaction user that no answer will come: ``timeout`` (as 408) or ``transport`` (as 503)."""

    why: str


@dataclass(frozen=True)
class Done:
    """The transaction is over and can be forgotten."""


Action = Send | Start | Pass | Failed | Done


class _Machine:
    def __init__(self, request: Request, *, reliable: bool, state: str) -> None:
        self.request = request
        self.reliable = reliable
        self.state = state

    def _end(self, *actions: Action) -> list[Action]:
        self.state = "terminated"
        return [*actions, Done()]


class InviteClient(_Machine):
    """RFC 3261 §17.1.1 (figure 5), RFC 6026 §8.4: calling, proceeding, completed, accepted, terminated."""

    def __init__(self, request: Request, *, reliable: bool) -> None:
        super().__init__(request, reliable=reliable, state="calling")
        self._interval = T1
        self._ack: Request | None = None

    def start(self) -> list[Action]:
        """Send the request."""
        resend = [] if self.reliable else [Start("A", T1)]
        return [Send(self.request), *resend, Start("B", TIMEOUT)]

    def receive(self, response: Response) -> list[Action]:
        """A response whose branch and method match."""
        if self.state in ("calling", "proceeding"):
            if response.status < 200:
                self.state = "proceeding"
                return [Pass(response)]
            if response.status < 300:
                self.state = "accepted"  # RFC 6026 §7.2: stays to pass on further 2xx
                return [Pass(response), Start("M", TIMEOUT)]
            self.state = "completed"
            self._ack = ack_for(self.request, response)
            last: list[Action] = [Pass(response), Send(self._ack)]
            return self._end(*last) if self.reliable else [*last, Start("D", TIMEOUT)]
        if self.state == "completed" and response.status >= 300 and self._ack is not None:
            return [Send(self._ack)]
        if self.state == "accepted" and 200 <= response.status < 300:
            return [Pass(response)]
        return []

    def timer(self, letter: str) -> list[Action]:
        """Timer A, B, D or M fired."""
        if letter == "A" and self.state == "calling":
            self._interval *= 2
            return [Send(self.request), Start("A", self._interval)]
        if letter == "B" and self.state == "calling":
            return self._end(Failed("timeout"))
        if (letter, self.state) in (("D", "completed"), ("M", "accepted")):
            return self._end()
        return []

    def transport_failed(self) -> list[Action]:
        """The transport could not send (§17.1.4)."""
        if self.state in ("calling", "proceeding"):
            return self._end(Failed("transport"))
        return self._end() if self.state == "completed" else []


class NonInviteClient(_Machine):
    """RFC 3261 §17.1.2 (figure 6): trying, proceeding, completed, terminated."""

    def __init__(self, request: Request, *, reliable: bool) -> None:
        super().__init__(request, reliable=reliable, state="trying")
        self._interval = T1

    def start(self) -> list[Action]:
        """Send the request."""
        resend = [] if self.reliable else [Start("E", T1)]
        return [Send(self.request), *resend, Start("F", TIMEOUT)]

    def receive(self, response: Response) -> list[Action]:
        """A response whose branch and method match."""
        if self.state not in ("trying", "proceeding"):
            return []
        if response.status < 200:
            self.state = "proceeding"
            return [Pass(response)]
        self.state = "completed"
        return self._end(Pass(response)) if self.reliable else [Pass(response), Start("K", T4)]

    def timer(self, letter: str) -> list[Action]:
        """Timer E, F or K fired."""
        if letter == "E" and self.state in ("trying", "proceeding"):
            self._interval = T2 if self.state == "proceeding" else min(self._interval * 2, T2)
            return [Send(self.request), Start("E", self._interval)]
        if letter == "F" and self.state in ("trying", "proceeding"):
            return self._end(Failed("timeout"))
        if letter == "K" and self.state == "completed":
            return self._end()
        return []

    def transport_failed(self) -> list[Action]:
        """The transport could not send (§17.1.4)."""
        return self._end(Failed("transport")) if self.state in ("trying", "proceeding") else []


class InviteServer(_Machine):
    """RFC 3261 §17.2.1 (figure 7), RFC 6026 §8.5: proceeding, completed, confirmed, accepted, terminated."""

    def __init__(self, request: Request, *, reliable: bool) -> None:
        super().__init__(request, reliable=reliable, state="proceeding")
        self._last: Response | None = None
        self._interval = T1

    def start(self) -> list[Action]:
        """The request goes to the transaction user."""
        return [Pass(self.request), Start("100", TRYING_AFTER)]

    def respond(self, response: Response) -> list[Action]:
        """The transaction user answers; 2xx are retransmitted by the user (§13.3.1.4), others here."""
        if self.state == "accepted" and 200 <= response.status < 300:
            return [Send(response)]
        if self.state != "proceeding":
            return []
        self._last = response
        if response.status < 200:
            return [Send(response)]
        if response.status < 300:
            self.state = "accepted"
            return [Send(response), Start("L", TIMEOUT)]
        self.state = "completed"
        resend = [] if self.reliable else [Start("G", T1)]
        return [Send(response), *resend, Start("H", TIMEOUT)]

    def receive(self, request: Request) -> list[Action]:
        """The INVITE again, or the ACK of its final response."""
        if request.method == "ACK":
            if self.state == "completed":
                self.state = "confirmed"
                return self._end() if self.reliable else [Start("I", T4)]
            return [Pass(request)] if self.state == "accepted" else []
        if self.state in ("proceeding", "completed") and self._last is not None:
            return [Send(self._last)]
        return []  # in "accepted" it is absorbed (RFC 6026 §7.1)

    def timer(self, letter: str) -> list[Action]:
        """Timer 100, G, H, I or L fired."""
        if letter == "100" and self.state == "proceeding" and self._last is None:
            self._last = respond(self.request, 100)
            return [Send(self._last)]
        if letter == "G" and self.state == "completed" and self._last is not None:
            self._interval = min(self._interval * 2, T2)
            return [Send(self._last), Start("G", self._interval)]
        if letter == "H" and self.state == "completed":
            return self._end(Failed("timeout"))
        if (letter, self.state) in (("I", "confirmed"), ("L", "accepted")):
            return self._end()
        return []

    def transport_failed(self) -> list[Action]:
        """The transport could not send (§17.2.4): the retransmissions go on, a caller may come back."""
        return []


class NonInviteServer(_Machine):
    """RFC 3261 §17.2.2 (figure 8): trying, proceeding, completed, terminated."""

    def __init__(self, request: Request, *, reliable: bool) -> None:
        super().__init__(request, reliable=reliable, state="trying")
        self._last: Response | None = None

    def start(self) -> list[Action]:
        """The request goes to the transaction user."""
        return [Pass(self.request)]

    def respond(self, response: Response) -> list[Action]:
        """The transaction user answers."""
        if self.state not in ("trying", "proceeding"):
            return []
        self._last = response
        if response.status < 200:
            self.state = "proceeding"
            return [Send(response)]
        self.state = "completed"
        return self._end(Send(response)) if self.reliable else [Send(response), Start("J", TIMEOUT)]

    def receive(self, request: Request) -> list[Action]:
        """The request again: it is answered as before."""
        del request
        return [Send(self._last)] if self._last is not None else []

    def timer(self, letter: str) -> list[Action]:
        """Timer J fired."""
        return self._end() if letter == "J" and self.state == "completed" else []

    def transport_failed(self) -> list[Action]:
        """The transport could not send (§17.2.4)."""
        return []


def ack_for(invite: Request, response: Response) -> Request:
    """The ACK of a final response that is not 2xx (RFC 3261 §17.1.1.3)."""
    ack = Request(method="ACK", uri=invite.uri)
    ack.headers.add("Via", str(invite.via))
    for name in ("Max-Forwards", "Route", "From"):
        for value in invite.headers.all(name):
            ack.headers.add(name, value)
    ack.headers.add("To", response.headers.get("To") or invite.headers.get("To") or "")
    ack.headers.add("Call-ID", invite.call_id)
    ack.headers.add("CSeq", f"{invite.cseq[0]} ACK")
    for name in ("Authorization", "Proxy-Authorization"):  # §22.1
        for value in invite.headers.all(name):
            ack.headers.add(name, value)
    return ack


Client = InviteClient | NonInviteClient
Server = InviteServer | NonInviteServer
