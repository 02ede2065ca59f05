"""What the user agent and the process that uses it say to each other: the call, and the answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from telephony.sip.flow import Flow
from telephony.sip.referral import ReferralEnd


@dataclass(frozen=True)
class Accepted:
    """Take the call now. ``sdp`` answers the offer, or is our offer where the call brought none (RFC 3264)."""

    sdp: bytes


@dataclass(frozen=True)
class Ringing:
    """Let it ring (180); :meth:`IncomingCall.accept` or :meth:`IncomingCall.reject` follows within two minutes."""


@dataclass(frozen=True)
class Rejected:
    """Refuse the call with a final response, 400 to 699: 486 busy, 488 no common codec, 503 overloaded."""

    code: int
    reason: str
    retry_after: int | None = None
    """Seconds after which the caller may try again, or None."""

    def __post_init__(self) -> None:
        if not 400 <= self.code < 700 or not self.reason.isprintable():
            raise ValueError("a refusal is a status from 400 to 699 and a reason on one line")


class Control(Protocol):
    """What any call can ask of the user agent."""

    def hang_up(self, reason: str) -> None:
        """See Call."""


class IncomingControl(Control, Protocol):
    """What a call that reached us can ask of the user agent."""

    flow: Flow

    def accept(self, sdp: bytes) -> None:
        """See IncomingCall."""

    def reject(self, rejected: Rejected) -> None:
        """See IncomingCall."""

    def refer(self, contact: str, *, patience: float, done: Callable[[ReferralEnd], None]) -> None:
        """See IncomingCall."""


class Call:
    """One call, whichever side began it. Its owner sets the callbacks; each runs in the event loop."""

    def __init__(self) -> None:
        self.on_end: Callable[[str], None] | None = None
        """Called once when the call ends. Reasons: ``hung-up`` (the peer), ``cancelled``, ``no-answer``, ``no-ack``,
        ``lost`` (the peer is gone), ``session-expired``, ``stopped``, or what was given to :meth:`hang_up`."""
        self.on_key: Callable[[str], None] | None = None
        """Called with one digit for each key that came as SIP INFO."""
        self.on_reoffer: Callable[[bytes], bytes | None] | None = None
        """A new offer during the call (re-INVITE or UPDATE, also hold): returns the answer, or None for 488."""
        self.on_answer: Callable[[bytes], None] | None = None
        """The answer to an offer of ours during the call. Where it cannot be used, hang up."""
        self.on_offer_request: Callable[[], bytes] | None = None
        """The peer asks for an offer during the call (re-INVITE without SDP). Unset: the last SDP is sent again."""


class OutgoingCall(Call):
    """One call of ours to a contact of the dial plan."""

    def __init__(self, offer: Callable[[str], bytes]) -> None:
        """``offer`` gives our SDP once our address on the way there is known. May raise VoicebotError."""
        super().__init__()
        self.offer = offer
        self.on_ringing: Callable[[], None] | None = None
        """The other side rings."""
        self.on_connected: Callable[[bytes], None] | None = None
        """It answered, with this SDP. From here on the call ends with ``on_end``."""
        self.on_failed: Callable[[str, int | None], None] | None = None
        """It was not answered: ``busy``, ``declined``, ``no-answer``, ``unreachable`` or what was given to
        :meth:`hang_up`, with the SIP status that said so. Then ``on_end`` is not called."""
        self.control: Control | None = None
        """Set by the user agent."""

    def hang_up(self, reason: str = "normal") -> None:
        """End the call, or ring no longer."""
        if self.control is not None:
            self.control.hang_up(reason)


class IncomingCall(Call):
    """One call that reached us. The handler sets the callbacks while it answers.

    Who calls is a patient's datum: ``caller`` never goes to a log, and ``repr`` shows only the id.
    """

    def __init__(
        self, id: str, *, caller: str | None, offer: bytes | None, local_ip: str, control: IncomingControl
    ) -> None:
        super().__init__()
        self.id = id
        """Random, unlike the Call-ID: it tells nothing about the caller."""
        self.caller = caller
        """The caller's number or user part (P-Asserted-Identity, else From); None when withheld."""
        self.offer = offer
        """The SDP offer, or None when the caller wants ours (delayed offer, RFC 3261 §13.2.1)."""
        self.local_ip = local_ip
        """Our address on the way to the peer: what the SDP's ``c=`` line says."""
        self._control = control

    @property
    def flow(self) -> Flow:
        """The way to the peer."""
        return self._control.flow

    def accept(self, sdp: bytes) -> None:
        """Take a call that rings. No effect once it is over."""
        self._control.accept(sdp)

    def reject(self, code: int, reason: str) -> None:
        """Refuse a call that rings. No effect once it is over."""
        self._control.reject(Rejected(code, reason))

    def hang_up(self, reason: str = "normal") -> None:
        """End the call: BYE, or the right final response before it was answered; ``on_end`` gets ``reason``."""
        self._control.hang_up(reason)

    def refer(self, contact: str, *, patience: float, done: Callable[[ReferralEnd], None]) -> None:
        """Ask the peer to call a contact of the dial plan; ``patience`` is how long it may ring there, s.

        The call itself goes on until it is hung up. Raises UnavailableError.
        """
        self._control.refer(contact, patience=patience, done=done)

    def __repr__(self) -> str:
        return f"<IncomingCall {self.id}>"


class CallHandler(Protocol):
    """Given by the process that has the media."""

    def answer(self, call: IncomingCall) -> Accepted | Ringing | Rejected:
        """Decide about a call, at once: it runs in the event loop and may not block."""
