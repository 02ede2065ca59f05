"""UDP and TCP under the user agent (RFC 3261 §18). The listening sockets are bound elsewhere and handed in.

TLS will be a third kind of flow: the same connection behind an ``ssl.SSLContext``.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from telephony.sip.flow import Flow
from telephony.sip.framing import PING, PONG, StreamFramer
from telephony.sip.gate import Gate, normal
from telephony.sip.message import MAX_MESSAGE
from telephony.sip.uri import SipError

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 100
"""Most TCP connections; when all are taken, the one unheard for longest is closed."""
MAX_UNSENT = 256 * 1024
"""Bytes that may wait for a TCP peer; one that reads slower is cut off."""
MAX_WAITING = 16
"""Messages that may wait for a connection to be made; the rest is dropped, as a network would."""
CONNECT_SECONDS = 5.0

Receive = Callable[[bytes, Flow], None]


def route_to(address: str) -> str:
    """Our own address on the way to ``address`` (no packet is sent)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 9))
        return normal(probe.getsockname()[0])


def _local(sock: socket.socket | None, peer: str) -> tuple[str, int]:
    """Our address towards a peer and the port of a socket."""
    host, port = sock.getsockname()[:2] if sock is not None else ("", 0)
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        try:
            host = route_to(peer)
        except OSError:
            host = "127.0.0.1"
    return normal(host), port


class UdpFlow:
    """One peer's address on the UDP socket."""

    transport = "UDP"
    reliable = False
    closed = False

    def __init__(self, endpoint: UdpEndpoint, peer: tuple[str, int]) -> None:
        self._endpoint = endpoint
        self.peer = peer

    @property
    def local(self) -> tuple[str, int]:
        """Our address and port towards the peer."""
        return _local(self._endpoint.socket, self.peer[0])

    sent_by = local

    def send(self, data: bytes) -> bool:
        """Send one datagram."""
        return self._endpoint.send(data, self.peer)

    def towards(self, port: int) -> UdpFlow:
        """Another port of the same peer."""
        return UdpFlow(self._endpoint, (self.peer[0], port))


class UdpEndpoint(asyncio.DatagramProtocol):
    """The UDP socket."""

    def __init__(self, sock: socket.socket, gate: Gate, receive: Receive) -> None:
        self.socket = sock
        self._gate = gate
        self._receive = receive
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the endpoint stands."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram: dropped without a word from strangers and above the rate; blank ones are keep-alives."""
        if not self._gate.admits(addr[0]) or not data.strip(b"\r\n\0 ") or not self._gate.take(addr[0]):
            return
        self._receive(data, UdpFlow(self, (normal(addr[0]), addr[1])))

    def error_received(self, exc: Exception) -> None:
        """An ICMP error: the timers of the transactions deal with it (§18.4)."""
        log.debug("UDP: %s", type(exc).__name__)

    def send(self, data: bytes, peer: tuple[str, int]) -> bool:
        """Send one datagram; False when the socket is closed or the datagram too large."""
        if self._transport is None or self._transport.is_closing() or len(data) > MAX_MESSAGE:
            return False
        host = f"::ffff:{peer[0]}" if self.socket.family == socket.AF_INET6 and ":" not in peer[0] else peer[0]
        self._transport.sendto(data, (host, peer[1]))
        return True

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()


class TcpFlow(asyncio.Protocol):
    """One TCP connection, accepted or made by us."""

    transport = "TCP"
    reliable = True

    def __init__(self, stack: TcpStack, peer: tuple[str, int] | None = None) -> None:
        self._stack = stack
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
            return _local(self._stack.listening, self.peer[0])
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

    def towards(self, port: int) -> TcpFlow:
        """A connection has one way only."""
        del port
        return self

    def abort(self) -> None:
        """Cut the connection, or give up making it."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()


class TcpStack:
    """The listening socket, where there is one, and every connection."""

    def __init__(
        self, listening: socket.socket | None, gate: Gate, receive: Receive, flow_closed: Callable[[Flow], None]
    ) -> None:
        self.listening = listening
        self._gate = gate
        self._receive = receive
        self._flow_closed = flow_closed
        self._server: asyncio.Server | None = None
        self._flows: set[TcpFlow] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Accept connections."""
        if self.listening is not None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: TcpFlow(self), sock=self.listening)

    def close(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        for flow in list(self._flows):
            if flow._transport is not None:
                flow._transport.close()

    def admit(self, flow: TcpFlow) -> bool:
        """Keep a connection if its peer may talk to us."""
        if not self._gate.admits(flow.peer[0]):
            return False
        if len(self._flows) >= MAX_CONNECTIONS:
            min(self._flows, key=lambda f: f.heard).abort()
        flow.heard = asyncio.get_running_loop().time()
        self._flows.add(flow)
        return True

    def received(self, message: bytes, flow: TcpFlow) -> float:
        """One message of a connection; seconds for which it should not be read."""
        flow.heard = asyncio.get_running_loop().time()
        pause = self._gate.debt(flow.peer[0])
        if message == PING:
            flow.send(PONG)  # RFC 5626 §4.4.1
        else:
            self._receive(message, flow)
        return pause

    def lost(self, flow: TcpFlow) -> None:
        """A connection is gone."""
        if flow in self._flows:
            self._flows.discard(flow)
            self._flow_closed(flow)

    def flow_to(self, host: str, port: int) -> TcpFlow:
        """The open connection to an address, or a new one that is being made."""
        for flow in self._flows:
            if flow.peer == (host, port) and not flow.closed:
                return flow
        flow = TcpFlow(self, (host, port))
        self._flows.add(flow)

        async def connect() -> None:
            if not await self.connect(flow):
                self.lost(flow)

        task = asyncio.get_running_loop().create_task(connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return flow

    async def connect(self, flow: TcpFlow) -> bool:
        """Make the connection of a flow."""
        loop = asyncio.get_running_loop()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: flow, *flow.peer)
            return not flow.closed
        flow.abort()
        return False
