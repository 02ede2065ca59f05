"""The user agent without I/O: transactions, calls and the registration behind a network and a clock passed in."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable

from telephony.sip.body import UnsupportedBodyError
from telephony.sip.dialer import Dialer
from telephony.sip.dialog import Dialog
from telephony.sip.dialplan import DialPlan
from telephony.sip.digest import Authenticator
from telephony.sip.flow import Flow
from telephony.sip.handler import CallHandler
from telephony.sip.incoming import IncomingLeg
from telephony.sip.layer import ServerTransaction, TransactionLayer
from telephony.sip.leg import ALLOW, Leg
from telephony.sip.message import Request, Response
from telephony.sip.network import Network
from telephony.sip.registrar import Registrar
from telephony.sip.registration import RegistrationSettings
from telephony.sip.session_timer import MIN_SE, IntervalTooSmallError
from telephony.sip.timers import Timers
from telephony.sip.uri import SipError, Uri, format_host
from voicebot.errors import UnavailableError

log = logging.getLogger(__name__)

SUPPORTED = "timer"
RETRY_AFTER = 30
"""What a caller is told when every line is taken, s."""

_METHODS = frozenset(ALLOW.split(", "))
_SCHEMES = frozenset({"sip", "tel"})
"""``sips`` joins them over TLS (RFC 5630 §3.1.3)."""


class Core:
    """One user agent. Everything runs in the caller's thread and nothing blocks."""

    def __init__(
        self,
        *,
        timers: Timers,
        network: Network,
        handler: CallHandler,
        max_calls: int,
        user_agent: str,
        registration: RegistrationSettings | None = None,
        on_registration: Callable[[str], None] = lambda state: None,
        admits: Callable[[], bool] = lambda: True,
        on_full: Callable[[int], None] = lambda status: None,
    ) -> None:
        self.overflow: str | None = None
        """Contact of the dial plan to whom calls beyond ``max_calls`` are redirected."""
        self._admits = admits
        self._on_full = on_full
        self.timers = timers
        self.handler = handler
        self.layer = TransactionLayer(timers, self, server=user_agent)
        self.authenticator = Authenticator(registration.credentials) if registration else None
        self.registrar = Registrar(self, network, registration, on_registration) if registration else None
        self._network = network
        self._max_calls = max_calls
        self.plan = DialPlan(registration)
        self.dialer = Dialer(self, network)
        self._legs: dict[tuple[str, str], Leg] = {}
        self._account = registration.address_of_record if registration else None
        self._user = registration.user if registration else "voicebot"
        self._stopping = False

    # --- entries ------------------------------------------------------------------------------------------

    def receive(self, data: bytes, flow: Flow) -> None:
        """One message from an allowed source."""
        self.layer.receive(data, flow)

    def flow_closed(self, flow: Flow) -> None:
        """A connection is gone."""
        self.layer.flow_closed(flow)
        if self.registrar is not None:
            self.registrar.flow_closed(flow)

    def start(self) -> None:
        """Begin to register, where that is configured."""
        if self.registrar is not None:
            self.registrar.start()

    def stop(self) -> None:
        """End every call, withdraw the registration and refuse what comes; see :attr:`idle`."""
        self._stopping = True
        self.dialer.stop()
        for leg in list(self._legs.values()):
            leg.hang_up("stopped")
        if self.registrar is not None:
            self.registrar.stop()

    @property
    def idle(self) -> bool:
        """Whether nothing of ours waits for an answer any more."""
        return self.layer.pending == 0 and not self._legs

    @property
    def calls(self) -> int:
        """Calls that reached us and have not ended."""
        return sum(leg.live for leg in self._legs.values() if isinstance(leg, IncomingLeg))

    # --- what calls of ours need --------------------------------------------------------------------------

    def adopt(self, leg: Leg) -> None:
        """The dialog of a call of ours stands."""
        self._legs[leg.dialog.call_id, leg.dialog.local_tag] = leg

    def identity(self, flow: Flow) -> str:
        """Who we say that we are: the address of record, or an address at which we can be reached."""
        host, port = flow.local
        return self._account or f"sip:{self._user}@{format_host(host)}:{port}"

    def authorize(self, request: Request, response: Response) -> tuple[str, str] | None:
        """The header that answers a challenge (§22.2, §22.3), or None."""
        if self.authenticator is None:
            return None
        proxy = response.status == 407
        challenges = response.headers.all("Proxy-Authenticate" if proxy else "WWW-Authenticate")
        value = self.authenticator.answer(challenges, method=request.method, uri=request.uri, body=request.body)
        return None if value is None else ("Proxy-Authorization" if proxy else "Authorization", value)

    # --- what legs need -----------------------------------------------------------------------------------

    def contact(self, flow: Flow, secure: bool = False) -> str:
        """Our Contact: over a connection it carries that one's own port (RFC 3261 §8.1.1.8, RFC 5626 §4.2).

        ``sips`` only where the peer asked for it: it promises TLS on every hop, which no trunk keeps. Otherwise
        ``transport=tls``, which RFC 3261 §26.2.2 deprecates and every trunk uses.
        """
        host, port = flow.local
        if secure and flow.transport == "TLS":
            return f"<sips:{self._user}@{format_host(host)}:{port}>"
        transport = "" if flow.transport == "UDP" else f";transport={flow.transport.lower()}"
        return f"<sip:{self._user}@{format_host(host)}:{port}{transport}>"

    def flow_for(self, dialog: Dialog, flow: Flow) -> Flow:
        """Where a request inside a dialog goes (§12.2.1.1).

        A numeric next hop that the allow-list holds is followed; anything else (a name, a private address behind NAT, a
        third party's) is not: then the way back to the peer serves, so that nobody can point our requests elsewhere.
        What began over TLS stays on TLS.
        """
        if flow.closed and (again := self._trunk(flow)) is not None:
            return again
        hop = dialog.next_hop
        port = hop.port or 5060
        if flow.reliable and not flow.closed and hop.host == flow.peer[0]:
            return flow
        try:
            ipaddress.ip_address(hop.host)
        except ValueError:
            return flow
        transport = flow.transport if hop.host == flow.peer[0] or flow.transport == "TLS" else hop.transport
        return self._network.flow_to(transport, hop.host, port) or flow

    def _trunk(self, broken: Flow) -> Flow | None:
        """The connection that the registration made anew in place of one that broke."""
        flow = self.registrar.flow if self.registrar is not None else None
        same = flow is not None and (flow.transport, flow.peer[0]) == (broken.transport, broken.peer[0])
        return flow if same else None

    def forget(self, leg: Leg) -> None:
        """A dialog is over for good."""
        self._legs.pop((leg.dialog.call_id, leg.dialog.local_tag), None)

    # --- requests (RFC 3261 §8.2) -------------------------------------------------------------------------

    def on_request(self, transaction: ServerTransaction) -> None:
        """Serve a request, or refuse it."""
        request = transaction.request
        tag = request.to.tag
        leg = self._legs.get((request.call_id, tag)) if tag else None
        if leg is not None and not leg.dialog.matches(request):
            leg = None
        if self._refused(transaction, leg):
            return
        if leg is not None:
            if leg.dialog.in_order(request):
                leg.on_request(transaction)
            else:
                transaction.reply(500)  # §12.2.2
        elif tag is not None or request.method in ("BYE", "INFO", "UPDATE", "NOTIFY"):
            transaction.reply(481)
        elif request.method == "OPTIONS":
            self._options(transaction)
        elif self._stopping:
            transaction.reply(503)
        elif self._merged(transaction):
            transaction.reply(482)
        elif self._is_full:
            self._refuse_full(transaction)
        else:
            self._invited(transaction)

    def on_cancel(self, transaction: ServerTransaction) -> None:
        """CANCEL of an INVITE that has no final response yet."""
        leg = self._leg_of(transaction)
        if isinstance(leg, IncomingLeg):
            leg.cancelled()

    def on_ack(self, ack: Request) -> None:
        """ACK of a 2xx."""
        leg = self._legs.get((ack.call_id, ack.to.tag or ""))
        if leg is not None and leg.dialog.matches(ack):
            leg.on_ack(ack)

    def _refused(self, transaction: ServerTransaction, leg: Leg | None) -> bool:
        """The checks that come before any method's own: §8.2.1, §8.2.2.1, §8.2.2.3."""
        request = transaction.request
        if request.method == "REFER":
            transaction.reply(603)  # toll fraud: nobody who calls makes us dial
            return True
        if request.method not in _METHODS:
            transaction.reply(405, Allow=ALLOW)
            return True
        if leg is None:
            try:
                scheme = Uri.parse(request.uri).scheme
            except SipError:
                transaction.reply(400, "Malformed Request-URI")
                return True
            if scheme not in _SCHEMES and not (scheme == "sips" and transaction.flow.transport == "TLS"):
                transaction.reply(416)
                return True
        unknown = [tag for tag in request.headers.elements("Require") if tag.lower() != SUPPORTED]
        if unknown:
            transaction.reply(420, Unsupported=", ".join(unknown[:16]))
            return True
        return False

    def _merged(self, transaction: ServerTransaction) -> bool:
        """The same INVITE by another path (§8.2.2.2): it is one call already."""
        request = transaction.request
        return any(
            isinstance(leg, IncomingLeg)
            and leg.dialog.call_id == request.call_id
            and leg.dialog.remote_tag == request.from_.tag
            and leg.invite.request.cseq == request.cseq
            for leg in self._legs.values()
        )

    def _invited(self, transaction: ServerTransaction) -> None:
        try:
            leg = IncomingLeg(self, self.handler, transaction)
        except IntervalTooSmallError:
            transaction.reply(422, Min_SE=str(MIN_SE))
        except UnsupportedBodyError:
            transaction.reply(415, Accept="application/sdp", Accept_Encoding="identity")
        except SipError as error:
            transaction.reply(400, str(error).capitalize())
        else:
            self._legs[leg.dialog.call_id, leg.dialog.local_tag] = leg
            leg.begin()

    @property
    def _is_full(self) -> bool:
        return self.calls >= self._max_calls or not self._admits()

    def _refuse_full(self, transaction: ServerTransaction) -> None:
        """One call too many: sent to the practice's own telephone (§8.3), or told to try again."""
        try:
            target = self.plan.target(self.overflow or "", beside=transaction.flow)
        except UnavailableError:
            transaction.reply(486, Retry_After=str(RETRY_AFTER))
            self._on_full(486)
        else:
            transaction.reply(302, Contact=f"<{target.uri}>")
            self._on_full(302)

    def _options(self, transaction: ServerTransaction) -> None:
        """§11.2: the status is what an INVITE would get."""
        busy = self._is_full
        status = 503 if self._stopping else 486 if busy else 200
        headers = {"Retry_After": str(RETRY_AFTER)} if busy else {}
        transaction.reply(status, Allow=ALLOW, Accept="application/sdp", Supported=SUPPORTED, **headers)

    def _leg_of(self, transaction: ServerTransaction) -> Leg | None:
        return self._legs.get((transaction.request.call_id, transaction.local_tag))
