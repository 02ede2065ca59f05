"""Offers and answers during a call (RFC 3264, RFC 3261 §14, RFC 3311, RFC 6337): changes, hold, refreshes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from telephony.sip.body import UnsupportedBodyError, session_description
from telephony.sip.layer import ServerTransaction
from telephony.sip.message import Request, Response
from telephony.sip.session_timer import MIN_SE, IntervalTooSmallError, agree
from telephony.sip.uri import SipError

if TYPE_CHECKING:
    from telephony.sip.leg import Leg

SDP = "application/sdp"


class OfferAnswer:
    """The session descriptions of one call."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._local = b""
        self._answer_due = False
        self._refreshing = False

    def put(self, response: Response, sdp: bytes, *, offers: bool) -> None:
        """Put our answer, or our offer where the INVITE brought none, into the 200 of the first INVITE."""
        self._answer_due = offers
        self._attach(response, sdp)

    def offered(self, sdp: bytes) -> None:
        """An INVITE of ours carried this offer, and it was answered."""
        self._local = sdp

    def _attach(self, response: Response, sdp: bytes) -> None:
        self._local = sdp
        response.headers.set("Content-Type", SDP)
        response.body = sdp

    def on_ack(self, ack: Request) -> None:
        """The answer to an offer of ours is in the ACK (RFC 3261 §13.2.1)."""
        if not self._answer_due:
            return
        self._answer_due = False
        try:
            answer = session_description(ack)
        except SipError:
            answer = None
        if answer is None:
            self._leg.hang_up("no-sdp")
        else:
            self._give_answer(answer)

    def _give_answer(self, answer: bytes) -> None:
        if self._leg.call.on_answer is not None:
            self._leg.call.on_answer(answer)

    def on_request(self, transaction: ServerTransaction) -> None:
        """A re-INVITE (RFC 3261 §14.2) or an UPDATE (RFC 3311 §5.2)."""
        leg, request = self._leg, transaction.request
        # An exchange is under way in one direction or the other: come back later (§14.2, RFC 3311 §5.2).
        if leg.state != "up" or leg.ack_wait is not None or self._refreshing:
            transaction.reply(491)
            return
        try:
            timer = agree(request)
            offer = session_description(request)
            leg.dialog.refresh_target(request)
        except IntervalTooSmallError:
            transaction.reply(422, Min_SE=str(MIN_SE))
            return
        except UnsupportedBodyError:
            transaction.reply(415, Accept=SDP)
            return
        except SipError:
            transaction.reply(400)
            return
        response = transaction.response(200)
        response.headers.add("Contact", leg.agent.contact(leg.flow, leg.dialog.secure))
        if not self._describe(request, response, offer):
            transaction.reply(488)  # the session stays as it was
            return
        if "Session-Expires" in request.headers or request.method == "INVITE":
            for name, value in timer.headers_for_response().items():
                response.headers.set(name, value)
            leg.refresher.arm(timer)
        if not leg.live:
            return
        if request.method == "INVITE":
            leg.send_2xx(transaction, response)
        else:
            transaction.send(response)

    def _describe(self, request: Request, response: Response, offer: bytes | None) -> bool:
        """Put the description into a response; False when the offer cannot be taken."""
        call = self._leg.call
        if offer is not None:
            answer = call.on_reoffer(offer) if call.on_reoffer is not None else None
            if answer is None:
                return False
            self._attach(response, answer)
        elif request.method == "INVITE":
            self._answer_due = True
            self._attach(response, call.on_offer_request() if call.on_offer_request is not None else self._local)
        return True

    def refresh(self, headers: dict[str, str], on_response: Callable[[Response], None]) -> None:
        """Refresh the session: UPDATE where the peer allows it, else re-INVITE with the last SDP (RFC 4028 §7.4)."""
        leg = self._leg
        if leg.state != "up":
            return
        if "update" in leg.peer_allows:
            leg.client.request("UPDATE", headers={"Supported": "timer", **headers}, on_response=on_response)
            return
        self._refreshing = True

        def answered(response: Response) -> None:
            self._refreshing = False
            try:
                answer = session_description(response) if response.status < 300 else None
            except SipError:
                answer = None
            on_response(response)
            if answer is not None and leg.live:
                self._give_answer(answer)

        more = {"Supported": "timer", "Content-Type": SDP, **headers}
        leg.client.request("INVITE", headers=more, body=self._local, on_response=answered)
