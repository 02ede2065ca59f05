"""TCP and TLS connections under the user agent (RFC 3261 §18, §26.2.1). The listening socket is handed in.

TLS connections are only made by us, to the trunk; its calls come in over them (RFC 5626).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import cast

from telephony.sip.flow import Flow, NoWay
from telephony.sip.framing import PING, PONG, StreamFramer
from telephony.sip.gate import Gate, normal
from telephony.sip.tls import Trust, refused
from telephony.sip.transport import Receive, local_end
from telephony.sip.uri import SipError

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 100
"""Most TCP connections; when all are taken, the one unheard for longest is closed."""
MAX_UNSENT = 256 * 1024
"""Bytes that may wait for a TCP peer; one that reads slower is cut off."""
MAX_WAITING = 16
"""Messages that may wait for a connection to be made; the rest is dropped, as a network would."""
CONNECT_SECONDS = 5.0
"""How long a peer may take to accept a connection."""
HANDSHAKE_SECONDS = 10.0
"""How long it may take to agree on TLS."""
UNHEARD_SECONDS = 30
"""A connection of ours whose peer acknowledges nothing for so long is dead (TCP_USER_TIMEOUT, RFC 5482): keep-alives
then find out what RFC 5626 §4.4.1 finds out by their answer, which not every trunk gives."""


class StreamFlow(asyncio.Protocol):
    """One connection, accepted or made by us."""

    reliable = True

    def __init__(self, stack: StreamStack, peer: tuple[str, int] | None = None) -> None:
        self._stack = stack
        self.transport = stack.transport
        self.rank = 0
        """How many better targets were passed over when it was made (RFC 3263 §4.3)."""
        self._framer = StreamFramer()
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self._closed = False
        self.peer = peer or ("", 0)
        self.heard = 0.0
        """When something came last, on the loop's clock."""

    @property
    def local(self) -> tuple[str, int]:
        """Our end of the connection."""
        if self._transport is None:
            return self.sent_by
        host, port = self._transport.get_extra_info("sockname")[:2]
        return normal(host), port

    @property
    def sent_by(self) -> tuple[str, int]:
        """Where we listen (§18.1.1), or our end of the connection where we do not."""
        if self._stack.listening is not None or self._transport is None:
            return local_end(self._stack.listening, self.peer[0])
        return self.local

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._closed or (self._transport is not None and self._transport.is_closing())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: connected; a stranger's connection is closed at once."""
        self._transport = transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        self.peer = (normal(host), port)
        if not self._stack.admit(self):
            self._closed = True
            transport.abort()
            return
        for data in self._waiting:
            transport.write(data)
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Bytes: whole messages go up; what cannot be framed ends the connection; above the rate we read later."""
        pause = 0.0
        try:
            for message in self._framer.feed(data):
                pause = self._stack.received(message, self)
        except SipError as error:
            log.info("a SIP connection was closed: %s", error)
            self.abort()
            return
        if pause and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(pause, self._resume)

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone."""
        self._closed = True
        self._stack.lost(self)

    def send(self, data: bytes) -> bool:
        """Send one message; False on a closed connection and to a peer that does not read."""
        if self.closed:
            return False
        if self._transport is None:
            if len(self._waiting) < MAX_WAITING:
                self._waiting.append(data)
            return True
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self.abort()
            return False
        self._transport.write(data)
        return True

    def towards(self, port: int) -> StreamFlow:
        """A connection has one way only."""
        del port
        return self

    def abort(self) -> None:
        """Cut the connection, or give up making it."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()


class StreamStack:
    """The listening socket, where there is one, and every connection.

    With ``trust`` they are TLS connections to the peer that it names, and there is no listening socket.
    """

    def __init__(
        self,
        listening: socket.socket | None,
        gate: Gate,
        receive: Receive,
        flow_closed: Callable[[Flow], None],
        trust: Trust | None = None,
    ) -> None:
        self.transport = "TCP" if trust is None else "TLS"
        self.listening = listening
        self._trust = trust
        self._gate = gate
        self._receive = receive
        self._flow_closed = flow_closed
        self._server: asyncio.Server | None = None
        self._flows: set[StreamFlow] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Accept connections."""
        if self.listening is not None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: StreamFlow(self), sock=self.listening)

    def close(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        for flow in list(self._flows):
            if flow._transport is not None:
                flow._transport.close()

    def cut(self) -> None:
        """End what still waits for its peer: a TLS connection for the answer to its goodbye."""
        for flow in list(self._flows):
            flow.abort()

    def admit(self, flow: StreamFlow) -> bool:
        """Keep a connection if its peer may talk to us."""
        if not self._gate.admits(flow.peer[0]):
            return False
        if len(self._flows) >= MAX_CONNECTIONS:
            min(self._flows, key=lambda f: f.heard).abort()
        flow.heard = asyncio.get_running_loop().time()
        self._flows.add(flow)
        return True

    def received(self, message: bytes, flow: StreamFlow) -> float:
        """One message of a connection; seconds for which it should not be read."""
        flow.heard = asyncio.get_running_loop().time()
        pause = self._gate.debt(flow.peer[0])
        if message == PING:
            flow.send(PONG)  # RFC 5626 §4.4.1
        else:
            self._receive(message, flow)
        return pause

    def lost(self, flow: StreamFlow) -> None:
        """A connection is gone."""
        if flow in self._flows:
            self._flows.discard(flow)
            self._flow_closed(flow)

    def flow_to(self, host: str, port: int) -> StreamFlow | None:
        """The open connection to an address, or a new one that is being made.

        TLS is only spoken on the connections that were made to the trunk by its name: None where none is open.
        """
        for flow in self._flows:
            if flow.peer[0] == host and (flow.peer[1] == port or self._trust is not None) and not flow.closed:
                return flow
        if self._trust is not None:
            return None
        flow = StreamFlow(self, (host, port))
        self._flows.add(flow)

        async def connect() -> None:
            if await self.connect(flow) is not None:
                self.lost(flow)

        task = asyncio.get_running_loop().create_task(connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return flow

    async def connect(self, flow: StreamFlow) -> NoWay | None:
        """Make the connection of a flow, or say why there is none."""
        loop, trust = asyncio.get_running_loop(), self._trust
        try:
            sock = await _connected(flow.peer)
            if trust is None:
                await loop.create_connection(lambda: flow, sock=sock)
            else:
                await loop.create_connection(
                    lambda: flow,
                    sock=sock,
                    ssl=trust.context,
                    server_hostname=trust.name,
                    ssl_handshake_timeout=HANDSHAKE_SECONDS,
                )
        except (OSError, TimeoutError) as error:
            flow.abort()
            return refused(error)
        return NoWay("unreachable") if flow.closed else None


async def _connected(peer: tuple[str, int]) -> socket.socket:
    """A connected socket. Raises OSError, TimeoutError."""
    sock = socket.socket(socket.AF_INET6 if ":" in peer[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_SECONDS * 1000)
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().sock_connect(sock, peer)
    except BaseException:
        sock.close()
        raise
    return sock
