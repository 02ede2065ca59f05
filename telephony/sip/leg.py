"""One call from its INVITE to its end, seen as the side that is called (RFC 3261 §12 to §15)."""

from __future__ import annotations

import logging
import secrets
from typing import Protocol

from telephony.sip.body import caller_of, info_key, session_description
from telephony.sip.dialog import Dialog
from telephony.sip.handler import Accepted, CallHandler, IncomingCall, Rejected, Ringing
from telephony.sip.layer import ServerTransaction
from telephony.sip.message import Request, Response
from telephony.sip.offers import OfferAnswer
from telephony.sip.refresh import Refresher
from telephony.sip.reliable import AckWait
from telephony.sip.session_timer import agree
from telephony.sip.timers import Timer, Timers
from telephony.sip.uac import Agent, DialogClient

log = logging.getLogger(__name__)

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"
"""Methods that are served. PRACK, NOTIFY and REFER join them with 100rel and transfer."""
RING_LIMIT = 120.0
"""A call that rings longer is refused with 480, s."""
KEYS = frozenset("0123456789*#")


class CallAgent(Agent, Protocol):
    """What a leg needs of the user agent."""

    timers: Timers
    handler: CallHandler

    def forget(self, leg: Leg) -> None:
        """The dialog is over for good."""


class Leg:
    """States: ``offered`` → ``ringing`` → ``answered`` (2xx sent) → ``up`` (ACK came) → ``over``."""

    def __init__(self, agent: CallAgent, invite: ServerTransaction) -> None:
        self.agent = agent
        self.invite = invite
        self.flow = invite.flow
        self.state = "offered"
        self.dialog = Dialog.as_uas(invite.request, invite.local_tag)
        self.timer = agree(invite.request)
        self.peer_allows = invite.request.headers.tokens("Allow")
        self.call = IncomingCall(
            secrets.token_hex(8),
            caller=caller_of(invite.request),
            offer=session_description(invite.request),
            local_ip=invite.flow.local[0],
            control=self,
        )
        self.client = DialogClient(agent, self.dialog, self.flow, lost=self.lost)
        self.offers = OfferAnswer(self)
        self.refresher = Refresher(agent.timers, send=self.offers.refresh, expire=self._expired)
        self.ack_wait: AckWait | None = None
        self._ring_end: Timer | None = None
        self._bye_due = False

    @property
    def live(self) -> bool:
        """Whether the call has not ended yet."""
        return self.state != "over"

    # --- setting up ---------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Ask the handler and do what it says."""
        try:
            decision = self.agent.handler.answer(self.call)
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
        self.offers.put(response, sdp)
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
        response.headers.add("Contact", self.agent.contact(self.flow))
        return response

    def send_2xx(self, transaction: ServerTransaction, response: Response) -> None:
        """Send a 2xx to an INVITE or re-INVITE until its ACK comes."""
        transaction.send(response)
        self.ack_wait = AckWait(
            self.agent.timers,
            transaction.request.cseq[0],
            resend=lambda: transaction.send(response),
            give_up=self._no_ack,
        )

    def on_ack(self, ack: Request) -> None:
        """An ACK in this dialog (§13.3.1.4)."""
        if self.ack_wait is None or self.ack_wait.sequence != ack.cseq[0]:
            return
        self.ack_wait.stop()
        self.ack_wait = None
        if self._bye_due:
            self._bye()
        elif self.state in ("answered", "up"):
            self.state = "up"
            self.offers.on_ack(ack)

    def _no_ack(self) -> None:
        """§13.3.1.4: the dialog stands, but the session is ended."""
        self.ack_wait = None
        if self._bye_due:
            self._bye()
        else:
            self.state = "up"
            self.hang_up("no-ack")

    # --- ending -------------------------------------------------------------------------------------------

    def hang_up(self, reason: str) -> None:
        """End from our side."""
        if self.state in ("offered", "ringing"):
            self.invite.reply(480)
            self.end(reason)
            self.agent.forget(self)
        elif self.live:
            # §15: the callee sends no BYE before the ACK has come or will not come any more.
            waits = self.state == "answered"
            self.end(reason)
            if waits:
                self._bye_due = True
            else:
                self._bye()

    def end(self, reason: str) -> None:
        """Tell the handler, once."""
        if not self.live:
            return
        self.state = "over"
        self._stop_ringing()
        self.refresher.stop()
        if self.call.on_end is not None:
            self.call.on_end(reason)

    def lost(self) -> None:
        """The peer does not know the dialog any more or cannot be reached (§12.2.1.2, RFC 5057)."""
        self.end("lost")
        self._close()

    def _bye(self) -> None:
        self._bye_due = False
        self.client.request("BYE", on_response=lambda response: self._close())

    def _close(self) -> None:
        if self.ack_wait is not None:
            self.ack_wait.stop()
            self.ack_wait = None
        self.agent.forget(self)

    def _expired(self) -> None:
        log.info("a call was ended: its session was not refreshed")
        self.hang_up("session-expired")

    def _stop_ringing(self) -> None:
        if self._ring_end is not None:
            self._ring_end.cancel()

    # --- requests inside the dialog -----------------------------------------------------------------------

    def on_request(self, transaction: ServerTransaction) -> None:
        """A request of the peer inside the dialog, in order."""
        method = transaction.request.method
        if method == "BYE":  # §15.1.2
            transaction.reply(200)
            if self.invite.open:
                self.invite.reply(487)
            self.end("hung-up")
            self._close()
        elif not self.live:
            transaction.reply(481)
        elif method in ("INVITE", "UPDATE"):
            self.offers.on_request(transaction)
        elif method == "INFO":
            self._info(transaction)
        else:
            transaction.reply(200, Allow=ALLOW)  # OPTIONS; the user agent refused every other method

    def _info(self, transaction: ServerTransaction) -> None:
        """Keys (``application/dtmf-relay``); INFO without a body is a keep-alive."""
        request = transaction.request
        if "Info-Package" in request.headers:
            transaction.reply(469, Recv_Info="")  # RFC 6086 §4.2.2: no package was agreed
            return
        key = info_key(request)
        if key is None and request.body:
            transaction.reply(415, Accept="application/sdp, application/dtmf-relay, application/dtmf")
            return
        transaction.reply(200)
        if key in KEYS and self.call.on_key is not None:
            self.call.on_key(key)
