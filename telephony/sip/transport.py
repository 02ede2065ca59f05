"""UDP under the user agent, and our own addresses (RFC 3261 §18). The socket is bound elsewhere and handed in."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import cast

from telephony.sip.flow import Flow
from telephony.sip.gate import Gate, normal
from telephony.sip.message import MAX_MESSAGE

log = logging.getLogger(__name__)

Receive = Callable[[bytes, Flow], None]


def route_to(address: str) -> str:
    """Our own address on the way to ``address`` (no packet is sent)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 9))
        return normal(probe.getsockname()[0])


def local_end(sock: socket.socket | None, peer: str) -> tuple[str, int]:
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
        return local_end(self._endpoint.socket, self.peer[0])

    sent_by = local

    def send(self, data: bytes) -> bool:
        """Send one datagram."""
        return self._endpoint.send(data, self.peer)

    def towards(self, port: int) -> UdpFlow:
        """Another port of the same peer."""
        return UdpFlow(self._endpoint, (self.peer[0], port))

    def abort(self) -> None:
        """A datagram's way has nothing to cut."""


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
