"""A call that reached us, from its INVITE until its dialog stands (RFC 3261 §13.3)."""

from __future__ import annotations

import logging
import secrets

from telephony.sip.body import caller_of, session_description
from telephony.sip.dialog import Dialog
from telephony.sip.handler import Accepted, CallHandler, IncomingCall, Rejected, Ringing
from telephony.sip.layer import ServerTransaction
from telephony.sip.leg import CallAgent, Leg
from telephony.sip.message import Response
from telephony.sip.session_timer import agree
from telephony.sip.timers import Timer

log = logging.getLogger(__name__)

RING_LIMIT = 120.0
"""A call that rings longer is refused with 480, s."""


class IncomingLeg(Leg):
    """States before those of a leg: ``offered`` → ``ringing``."""

    def __init__(self, agent: CallAgent, handler: CallHandler, invite: ServerTransaction) -> None:
        """Raises SipError, UnsupportedBodyError, IntervalTooSmallError: the INVITE cannot be served."""
        dialog = Dialog.as_uas(invite.request, invite.local_tag)
        self.timer = agree(invite.request)
        self.invite = invite
        self.incoming = IncomingCall(
            secrets.token_hex(8),
            caller=caller_of(invite.request),
            offer=session_description(invite.request),
            local_ip=invite.flow.local[0],
            control=self,
        )
        super().__init__(agent, self.incoming, invite.flow, dialog)
        self.state = "offered"
        self.peer_allows = invite.request.headers.tokens("Allow")
        self._handler = handler
        self._ring_end: Timer | None = None

    def begin(self) -> None:
        """Ask the handler and do what it says."""
        try:
            decision = self._handler.answer(self.incoming)
        except Exception as error:
            # The message of an unexpected error may hold anything, so only its kind is told.
            log.error("the call handler failed with %s; the call was refused", type(error).__name__)
            decision = Rejected(500, "Server Internal Error")
        if not self.live:
            return  # the handler hung up while it answered
        if isinstance(decision, Accepted):
            self.accept(decision.sdp)
        elif isinstance(decision, Rejected):
            self.reject(decision)
        elif isinstance(decision, Ringing):
            self.state = "ringing"
            self.invite.send(self._response(180))
            self._ring_end = self.agent.timers.after(RING_LIMIT, lambda: self.hang_up("no-answer"))

    def accept(self, sdp: bytes) -> None:
        """Send the 200 and keep sending it until the ACK comes."""
        if self.state not in ("offered", "ringing"):
            return
        self.state = "answered"
        self._stop_ringing()
        response = self._response(200)
        for name, value in self.timer.headers_for_response().items():
            response.headers.set(name, value)
        self.offers.put(response, sdp, offers=self.incoming.offer is None)
        self.refresher.arm(self.timer)
        self.send_2xx(self.invite, response)

    def reject(self, rejected: Rejected) -> None:
        """Refuse with a final response; ``on_end`` is not called for what the handler itself refused at once."""
        if self.state not in ("offered", "ringing"):
            return
        rang = self.state == "ringing"
        response = self.invite.response(rejected.code, rejected.reason)
        if rejected.retry_after is not None:
            response.headers.set("Retry-After", str(rejected.retry_after))
        self.invite.send(response)
        if rang:
            self.end("rejected")
        self.state = "over"
        self.agent.forget(self)

    def cancelled(self) -> None:
        """A CANCEL came in time (§9.2)."""
        self.invite.reply(487)
        self.end("cancelled")
        self.agent.forget(self)

    def _response(self, status: int) -> Response:
        """A response that makes the dialog (§12.1.1)."""
        response = self.invite.response(status)
        for hop in self.invite.request.headers.all("Record-Route"):
            response.headers.add("Record-Route", hop)
        response.headers.add("Contact", self.agent.contact(self.flow, self.dialog.secure))
        return response

    def hang_up(self, reason: str) -> None:
        """End from our side, with a final response where none was given."""
        if self.state in ("offered", "ringing"):
            self.invite.reply(480)
            self.end(reason)
            self.agent.forget(self)
        else:
            super().hang_up(reason)

    def end(self, reason: str) -> None:
        """Tell the handler, once."""
        self._stop_ringing()
        super().end(reason)

    def on_request(self, transaction: ServerTransaction) -> None:
        """A request of the peer; a BYE may overtake our final response (§15.1.2)."""
        super().on_request(transaction)
        if transaction.request.method == "BYE" and self.invite.open:
            self.invite.reply(487)

    def _stop_ringing(self) -> None:
        if self._ring_end is not None:
            self._ring_end.cancel()
