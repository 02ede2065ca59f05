"""A call of ours until it is answered, refused or given up (RFC 3261 §9, §13.2, §22)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from telephony.sip.body import session_description
from telephony.sip.dialog import Dialog
from telephony.sip.flow import Flow
from telephony.sip.layer import ClientTransaction
from telephony.sip.leg import ALLOW, Leg
from telephony.sip.message import Request, Response
from telephony.sip.offers import SDP
from telephony.sip.session_timer import agreed
from telephony.sip.timers import Timer
from telephony.sip.transaction import TIMEOUT
from telephony.sip.uac import DialogClient
from telephony.sip.uri import SipError

if TYPE_CHECKING:
    from telephony.sip.core import Core
    from telephony.sip.handler import OutgoingCall

Refusal = Literal["busy", "declined", "no-answer", "unreachable"]


def refusal(status: int) -> Refusal:
    """What a final response means for whoever waits."""
    match status:
        case 486 | 600:
            return "busy"
        case 603 | 403:
            return "declined"
        case 408 | 480 | 487:
            return "no-answer"
        case _:
            return "unreachable"


class Invitation:
    """One outgoing INVITE: ``calling`` → ``ringing`` → ``answered`` or ``over``. Redirections are not followed."""

    def __init__(
        self,
        core: Core,
        call: OutgoingCall,
        flow: Flow,
        target: str,
        *,
        by_trunk: bool,
        settled: Callable[[], None],
    ) -> None:
        self.state = "calling"
        self._core = core
        self._call = call
        self._flow = flow
        self._settled = settled
        self._sdp = b""
        self._authorizes = by_trunk
        """Only the trunk learns what our password makes of its challenge."""
        tag = secrets.token_hex(8)
        self._dialog = Dialog(
            call_id=secrets.token_hex(16),
            local=f"<{core.identity(flow)}>;tag={tag}",
            local_tag=tag,
            remote=f"<{target}>",
            remote_tag=None,
            target=target,
        )
        self._transaction: ClientTransaction | None = None
        self._provisional = False
        self._leg: Leg | None = None
        self._patience: Timer | None = None

    def start(self, sdp: bytes, ring_seconds: float) -> None:
        """Send the INVITE; without an answer in ``ring_seconds`` it is cancelled."""
        self._sdp = sdp
        self._patience = self._core.timers.after(ring_seconds, lambda: self._give_up("no-answer"))
        self._invite({})

    def hang_up(self, reason: str) -> None:
        """Ring no longer."""
        self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        if self.state not in ("calling", "ringing"):
            return
        self._over(reason, None)
        if self._provisional:
            self._cancel()  # else only once a provisional response came (§9.1)

    def _invite(self, more: dict[str, str]) -> None:
        request = self._dialog.request("INVITE")
        headers = {
            "Contact": self._core.contact(self._flow),
            "Allow": ALLOW,
            "Supported": "timer",
            "Content-Type": SDP,
            **more,
        }
        for name, value in headers.items():
            request.headers.add(name, value)
        request.body = self._sdp
        self._provisional = False
        self._transaction = self._core.layer.request(
            request, self._flow, lambda response: self._answered(request, response), self._failed
        )

    def _failed(self, why: str) -> None:
        self._over("unreachable", None)

    def _answered(self, request: Request, response: Response) -> None:
        status = response.status
        if status < 200:
            self._progress(status)
        elif status < 300:
            self._accepted(request, response)
        elif status in (401, 407) and self.state in ("calling", "ringing") and self._authorizes:
            self._authorizes = False  # once
            answer = self._core.authorize(request, response)
            if answer is None:
                self._over("declined", status)
            else:
                self._invite(dict([answer]))
        else:
            self._over(refusal(status), status)

    def _progress(self, status: int) -> None:
        first, self._provisional = not self._provisional, True
        if self.state == "over":
            if first:
                self._cancel()
        elif status in (180, 183) and self.state == "calling":
            self.state = "ringing"
            if self._call.on_ringing is not None:
                self._call.on_ringing()

    def _accepted(self, request: Request, response: Response) -> None:
        """A 2xx: ours, ours again, that of another fork, or one that crossed our CANCEL (§13.2.2.4, §9.1)."""
        try:
            dialog = Dialog.as_uac(request, response)
            sdp = session_description(response)
        except SipError:
            self._over("unreachable", None)
            return
        self._acknowledge(dialog, response)
        if self._leg is not None and self._leg.dialog.remote_tag == dialog.remote_tag:
            return
        if self.state not in ("calling", "ringing") or sdp is None:
            DialogClient(self._core, dialog, self._flow, lost=lambda: None).request(
                "BYE", on_response=lambda response: None
            )
            self._over("unreachable", None)
            return
        self.state = "answered"
        self._stop()
        self._leg = leg = Leg(self._core, self._call, self._flow, dialog)
        leg.peer_allows = response.headers.tokens("Allow")
        leg.begin_as_caller(self._sdp, agreed(response))
        self._core.adopt(leg)
        self._call.control = leg
        if self._call.on_connected is not None:
            self._call.on_connected(sdp)

    def _acknowledge(self, dialog: Dialog, response: Response) -> None:
        with suppress(SipError):
            ack = dialog.request("ACK", sequence=response.cseq[0])
            self._core.layer.send_ack(ack, self._core.flow_for(dialog, self._flow))

    def _cancel(self) -> None:
        transaction = self._transaction
        if transaction is not None:
            self._core.layer.cancel(transaction)
            # §9.1: an INVITE that is not answered long after its CANCEL never will be.
            self._core.timers.after(TIMEOUT, lambda: self._core.layer.abandon(transaction))

    def _over(self, reason: str, status: int | None) -> None:
        if self.state in ("calling", "ringing"):
            self.state = "over"
            self._stop()
            if self._call.on_failed is not None:
                self._call.on_failed(reason, status)

    def _stop(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._settled()
