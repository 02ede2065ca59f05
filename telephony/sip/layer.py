"""The transaction layer: matches messages to transactions and drives their machines (RFC 3261 §17, §18)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Protocol

from telephony.sip.flow import Flow
from telephony.sip.message import MessageError, Request, Response, parse, respond
from telephony.sip.timers import Timer, Timers
from telephony.sip.transaction import (
    Action,
    Client,
    Done,
    Failed,
    InviteClient,
    InviteServer,
    NonInviteClient,
    NonInviteServer,
    Pass,
    Send,
    Server,
    Start,
)
from telephony.sip.uri import SipError
from telephony.sip.via import MAGIC_COOKIE, Via

log = logging.getLogger(__name__)

MAX_TRANSACTIONS = 2000
"""Most server transactions at once; a request beyond is dropped silently and its peer sends it again."""

Key = tuple[object, ...]


class TransactionUser(Protocol):
    """What sits above the layer."""

    def on_request(self, transaction: ServerTransaction) -> None:
        """A new request other than ACK and CANCEL."""

    def on_cancel(self, transaction: ServerTransaction) -> None:
        """The INVITE of ``transaction`` was cancelled before its final response."""

    def on_ack(self, ack: Request) -> None:
        """The ACK of a 2xx."""


class ServerTransaction:
    """A request that wants its answer."""

    def __init__(self, layer: TransactionLayer, key: Key, machine: Server, flow: Flow) -> None:
        self._layer = layer
        self.key = key
        self.machine = machine
        self.flow = flow
        self.timers: list[Timer] = []
        self.local_tag = secrets.token_hex(8)
        """Goes into the To of every response above 100 (§8.2.6.2)."""

    @property
    def request(self) -> Request:
        """The request."""
        return self.machine.request

    @property
    def open(self) -> bool:
        """Whether no final response was given yet."""
        return self.machine.state in ("trying", "proceeding")

    def response(self, status: int, reason: str | None = None) -> Response:
        """A response to be completed and given to :meth:`send`."""
        return respond(self.request, status, reason, tag=self.local_tag)

    def send(self, response: Response) -> None:
        """Answer."""
        self._layer.run(self, self.machine.respond(response))

    def reply(self, status: int, reason: str | None = None, **headers: str) -> None:
        """Answer without a body; ``Retry_After`` names the header ``Retry-After``."""
        response = self.response(status, reason)
        for name, value in headers.items():
            response.headers.set(name.replace("_", "-"), value)
        self.send(response)


class ClientTransaction:
    """A request of ours that waits for its answer."""

    def __init__(
        self,
        key: Key,
        machine: Client,
        flow: Flow,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
    ) -> None:
        self.key = key
        self.machine = machine
        self.flow = flow
        self.on_response = on_response
        self.on_failure = on_failure
        self.timers: list[Timer] = []


class TransactionLayer:
    """Every transaction of one user agent."""

    def __init__(self, timers: Timers, user: TransactionUser, *, server: str) -> None:
        self._timers = timers
        self._user = user
        self._server = server
        self._servers: dict[Key, ServerTransaction] = {}
        self._clients: dict[Key, ClientTransaction] = {}

    @property
    def pending(self) -> int:
        """How many requests of ours still wait for an answer."""
        return sum(t.machine.state in ("calling", "trying", "proceeding") for t in self._clients.values())

    def receive(self, data: bytes, flow: Flow) -> None:
        """One message from the transport."""
        try:
            message = parse(data)
        except MessageError as error:
            log.info("a malformed SIP message was refused: %s", error)
            self._refuse(error, flow)
            return
        if isinstance(message, Response):
            client = self._clients.get((message.via.branch, message.cseq[1]))
            if client is not None:
                self.run(client, client.machine.receive(message))
            return
        flow = self._mark(message, flow)
        key = _server_key(message)
        known = self._servers.get(key)
        if message.method == "ACK":
            if known is not None and known.machine.state != "accepted":
                self.run(known, known.machine.receive(message))
            else:
                self._user.on_ack(message)
        elif known is not None:
            self.run(known, known.machine.receive(message))
        elif len(self._servers) < MAX_TRANSACTIONS:
            kind = InviteServer if message.method == "INVITE" else NonInviteServer
            transaction = ServerTransaction(self, key, kind(message, reliable=flow.reliable), flow)
            self._servers[key] = transaction
            self.run(transaction, transaction.machine.start())

    def request(
        self,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], None],
        on_failure: Callable[[str], None],
    ) -> ClientTransaction:
        """Send a request in a new transaction; a Via is put on top (§8.1.1.7, rport of RFC 3581)."""
        branch = self._add_via(request, flow)
        kind = InviteClient if request.method == "INVITE" else NonInviteClient
        machine = kind(request, reliable=flow.reliable)
        client = ClientTransaction((branch, request.method), machine, flow, on_response, on_failure)
        self._clients[client.key] = client
        self.run(client, machine.start())
        return client

    def cancel(self, invite: ClientTransaction) -> None:
        """Send the CANCEL of an INVITE that had a provisional response (§9.1): its own branch, its own CSeq number."""
        request = invite.machine.request
        cancel = Request(method="CANCEL", uri=request.uri)
        cancel.headers.add("Via", str(request.via))
        for name in ("Max-Forwards", "Route", "From", "To"):
            for value in request.headers.all(name):
                cancel.headers.add(name, value)
        cancel.headers.add("Call-ID", request.call_id)
        cancel.headers.add("CSeq", f"{request.cseq[0]} CANCEL")
        machine = NonInviteClient(cancel, reliable=invite.flow.reliable)
        key = (request.via.branch, "CANCEL")
        client = ClientTransaction(key, machine, invite.flow, lambda response: None, lambda why: None)
        self._clients[key] = client
        self.run(client, machine.start())

    def abandon(self, client: ClientTransaction) -> None:
        """Forget a request that nobody will answer any more."""
        if self._clients.get(client.key) is client:
            self._forget(client)

    def send_ack(self, ack: Request, flow: Flow) -> None:
        """Send the ACK of a 2xx, which belongs to no transaction (§13.2.2.4)."""
        self._add_via(ack, flow)
        self._put(ack, flow)

    def flow_closed(self, flow: Flow) -> None:
        """A connection is gone: requests of ours on it fail at once (§8.1.3.1)."""
        for client in [c for c in self._clients.values() if c.flow is flow]:
            self.run(client, client.machine.transport_failed())

    def run(self, transaction: ServerTransaction | ClientTransaction, actions: list[Action]) -> None:
        """Do what a machine decided."""
        for action in actions:
            match action:
                case Send(message):
                    if not self._put(message, transaction.flow):
                        self.run(transaction, transaction.machine.transport_failed())
                        return
                case Start(letter, seconds):
                    self._start(transaction, letter, seconds)
                case Pass(message):
                    self._pass(transaction, message)
                case Failed(why):
                    if isinstance(transaction, ClientTransaction):
                        transaction.on_failure(why)
                case Done():
                    self._forget(transaction)

    def _start(self, transaction: ServerTransaction | ClientTransaction, letter: str, seconds: float) -> None:
        def fire() -> None:
            self.run(transaction, transaction.machine.timer(letter))

        transaction.timers = [t for t in transaction.timers if t.callback is not None]
        transaction.timers.append(self._timers.after(seconds, fire))

    def _pass(self, transaction: ServerTransaction | ClientTransaction, message: Request | Response) -> None:
        if isinstance(transaction, ClientTransaction):
            if isinstance(message, Response):
                transaction.on_response(message)
        elif isinstance(message, Request):
            if message.method == "ACK":
                self._user.on_ack(message)
            elif message.method == "CANCEL":
                self._cancel(transaction)
            else:
                self._user.on_request(transaction)

    def _cancel(self, cancel: ServerTransaction) -> None:
        """RFC 3261 §9.2: answer the CANCEL itself, then let the user end the INVITE if it still can."""
        invite = self._servers.get(_server_key(cancel.request, "INVITE"))
        if invite is None:
            cancel.reply(481)
            return
        cancel.local_tag = invite.local_tag
        cancel.reply(200)
        if invite.open:
            self._user.on_cancel(invite)

    def _put(self, message: Request | Response, flow: Flow) -> bool:
        message.headers.set("Server" if isinstance(message, Response) else "User-Agent", self._server)
        return flow.send(bytes(message))

    def _forget(self, transaction: ServerTransaction | ClientTransaction) -> None:
        for timer in transaction.timers:
            timer.cancel()
        if isinstance(transaction, ClientTransaction):
            self._clients.pop(transaction.key, None)
        else:
            self._servers.pop(transaction.key, None)

    def _mark(self, request: Request, flow: Flow) -> Flow:
        """Note where a request came from (§18.2.1) and return the way for its responses (§18.2.2)."""
        via = request.via.received_from(*flow.peer)
        request.set_via(via)
        return flow if flow.reliable else flow.towards(via.return_port())

    def _refuse(self, error: MessageError, flow: Flow) -> None:
        """Answer a malformed request without keeping state, where it can be answered at all (§8.2)."""
        request = error.request
        if request is None or request.method == "ACK":
            return
        try:
            way = self._mark(request, flow)
        except SipError:
            return
        self._put(respond(request, error.status, str(error).capitalize() if error.status == 400 else None), way)

    def _add_via(self, request: Request, flow: Flow) -> str:
        branch = MAGIC_COOKIE + secrets.token_hex(12)
        host, port = flow.sent_by
        via = Via(flow.transport, host, port, {"branch": branch, "rport": None})
        request.headers.replace("Via", [str(via), *request.headers.all("Via")])
        return branch


def _server_key(request: Request, method: str | None = None) -> Key:
    """What identifies a server transaction (§17.2.3); clients of RFC 2543 have no branch to go by."""
    via = request.via
    method = method or ("INVITE" if request.method == "ACK" else request.method)
    if via.is_rfc3261:
        return (via.branch, via.host.lower(), via.port, method)
    return (request.uri, request.from_.tag, request.call_id, request.cseq[0], str(via), method)
