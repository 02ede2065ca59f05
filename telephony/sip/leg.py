"""One call from its dialog's first 2xx to its end, whichever side began it (RFC 3261 §12 to §15)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from telephony.sip.body import info_key
from telephony.sip.dialog import Dialog
from telephony.sip.dialplan import DialPlan
from telephony.sip.flow import Flow
from telephony.sip.handler import Call
from telephony.sip.layer import ServerTransaction
from telephony.sip.message import Request, Response
from telephony.sip.offers import OfferAnswer
from telephony.sip.referral import Referral, ReferralEnd
from telephony.sip.refresh import Refresher
from telephony.sip.reliable import AckWait
from telephony.sip.session_timer import SessionTimer
from telephony.sip.timers import Timers
from telephony.sip.uac import Agent, DialogClient
from voicebot.errors import UnavailableError

log = logging.getLogger(__name__)

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY"
"""Methods that are served. PRACK joins them with 100rel; a REFER of theirs is always declined."""
KEYS = frozenset("0123456789*#")


class CallAgent(Agent, Protocol):
    """What a leg needs of the user agent."""

    timers: Timers
    plan: DialPlan

    def identity(self, flow: Flow) -> str:
        """Our address of record, or what stands for it on a flow."""

    def forget(self, leg: Leg) -> None:
        """The dialog is over for good."""


class Leg:
    """One call once its dialog stands. States: ``answered`` (our 2xx waits for its ACK) → ``up`` → ``over``."""

    def __init__(self, agent: CallAgent, call: Call, flow: Flow, dialog: Dialog) -> None:
        self.agent = agent
        self.call = call
        self.flow = flow
        self.dialog = dialog
        self.state = "up"
        self.peer_allows: frozenset[str] = frozenset()
        self.client = DialogClient(agent, dialog, flow, lost=self.lost)
        self.offers = OfferAnswer(self)
        self.refresher = Refresher(agent.timers, send=self.offers.refresh, expire=self._expired)
        self.ack_wait: AckWait | None = None
        self._referral: Referral | None = None
        self._bye_due = False

    def begin_as_caller(self, sdp: bytes, timer: SessionTimer | None) -> None:
        """Our INVITE was accepted: this was our offer, and these session timers were agreed."""
        self.offers.offered(sdp)
        self.refresher.arm(timer)

    @property
    def live(self) -> bool:
        """Whether the call has not ended yet."""
        return self.state != "over"

    # --- acknowledgements ---

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
        if self.live:
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
        self.refresher.stop()
        if self._referral is not None:
            self._referral.stop()
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

    # --- transfer -----------------------------------------------------------------------------------------

    def refer(self, contact: str, *, patience: float, done: Callable[[ReferralEnd], None]) -> None:
        """Ask the peer to call a contact of the dial plan instead (RFC 3515 §2.4). Raises UnavailableError."""
        if self.state != "up" or (self._referral is not None and self._referral.state != "over"):
            raise UnavailableError("the call cannot be transferred now")
        target = self.agent.plan.target(contact, beside=self.flow)
        self._referral = referral = Referral(self.agent.timers, patience=patience, done=done)
        headers = {"Refer-To": f"<{target.uri}>", "Referred-By": f"<{self.agent.identity(self.flow)}>"}
        self.client.request("REFER", headers=headers, on_response=referral.answered, on_silence=referral.unanswered)

    def _notify(self, transaction: ServerTransaction) -> None:
        referral = self._referral
        if referral is None or not referral.owns(transaction.request):
            transaction.reply(481)  # RFC 6665 §4.1.3: that ends the subscription
            return
        transaction.reply(200)
        referral.notified(transaction.request)

    # --- requests inside the dialog -----------------------------------------------------------------------

    def on_request(self, transaction: ServerTransaction) -> None:
        """A request of the peer inside the dialog, in order."""
        method = transaction.request.method
        if method == "BYE":  # §15.1.2
            transaction.reply(200)
            self.end("hung-up")
            self._close()
        elif not self.live:
            transaction.reply(481)
        elif method in ("INVITE", "UPDATE"):
            self.offers.on_request(transaction)
        elif method == "INFO":
            self._info(transaction)
        elif method == "NOTIFY":
            self._notify(transaction)
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
