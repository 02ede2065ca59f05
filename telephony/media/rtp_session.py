"""One RTP stream each way over a pair of UDP sockets (RTP on an even port, RTCP on the next)."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import secrets
import socket
import time
from collections.abc import Callable

from telephony.media import rtcp
from telephony.media.rtp import RtpPacket, is_rtcp
from telephony.media.sdes import Keys
from telephony.media.sdp import IPAddress
from telephony.media.srtp import Srtp
from voicebot.errors import ProtocolError, UnavailableError

AT_ONCE = 32
"""Datagrams read in one turn of the event loop, so that one flooded port cannot starve the other calls."""
NEW_SOURCE = 1.0
"""A stream silent for this long may continue from another port or SSRC of the same address, s."""


class RtpPorts:
    """A pair of bound UDP sockets, given back when closed."""

    def __init__(self, rtp: socket.socket, rtcp_socket: socket.socket) -> None:
        self.rtp = rtp
        self.rtcp = rtcp_socket
        self.number = int(rtp.getsockname()[1])

    @classmethod
    def open(cls, ip: str, ports: tuple[int, int]) -> RtpPorts:
        """Bind a free even port and the next one within ``ports`` (both ends included).

        Raises:
            UnavailableError: none was free.
        """
        first, last = ports[0] + ports[0] % 2, ports[1]
        even = range(first, last, 2)
        begin = secrets.randbelow(len(even)) if even else 0
        # Ports are tried from a random one on: a guessable port would help someone who forges RTP.
        for number in [*even[begin:], *even[:begin]][:200]:
            try:
                rtp = _bind(ip, number)
            except OSError:
                continue
            try:
                return cls(rtp, _bind(ip, number + 1))
            except OSError:
                rtp.close()
        raise UnavailableError(f"no RTP port is free on {ip} from {ports[0]} to {ports[1]}: widen the range")

    def close(self) -> None:
        """Give the ports back."""
        self.rtp.close()
        self.rtcp.close()


def _bind(ip: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    try:
        bound.bind((ip, port))
    except OSError:
        bound.close()
        raise
    return bound


class RtpSession:
    """Sends and receives RTP. Media is taken only from the address that the SDP names (RTPBleed: none is learnt).

    From that address any port may come (symmetric RTP, RFC 4961, for NAT in front of it): the first one is kept, and we
    send there.
    """

    def __init__(
        self,
        ports: RtpPorts,
        on_packet: Callable[[RtpPacket, float], None],
        *,
        rate: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ssrc = secrets.randbits(32)
        self.ignored = 0
        """Datagrams that were not RTP or came from elsewhere."""
        self.unauthentic = 0
        """Datagrams that SRTP did not let through: forged, replayed, or not encrypted at all."""
        self.last_received = clock()
        """When the other end last gave a sign of life, RTP or RTCP: telephones that suppress silence send only RTCP."""
        self._last_rtp = self.last_received
        self._srtp: Srtp | None = None
        self._ports = ports
        self._on_packet = on_packet
        self._rate = rate
        self._clock = clock
        # The sequence starts low: a wrap in the first seconds breaks some receivers (RFC 3711, section 3.3.1).
        self._sequence = secrets.randbelow(2**15)
        self._sent = (0.0, 0, 0, 0)
        self._allowed: IPAddress | None = None
        self._announced: tuple[str, int] | None = None
        self._announced_rtcp: tuple[str, int] | None = None
        self._source: tuple[str, int] | None = None
        self._mux = False
        self._reception: rtcp.Reception | None = None
        self._cname = secrets.token_hex(6)
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to receive."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._ports.rtp, self._read, self._ports.rtp, self._receive)
        self._loop.add_reader(self._ports.rtcp, self._read, self._ports.rtcp, self._receive_report)
        self._plan_report()

    def connect(self, address: IPAddress, port: int, rtcp_port: int, *, mux: bool, keys: Keys | None = None) -> None:
        """Set or change the other end, as an offer or a new one names it; ``keys`` make it SRTP."""
        self._secure(keys)
        announced = (str(address), port)
        if announced != self._announced:
            self._source = None
        self._allowed = address
        self._announced = announced
        self._announced_rtcp = (str(address), rtcp_port)
        self._mux = mux
        self.last_received = self._clock()

    def _secure(self, keys: Keys | None) -> None:
        if keys is None:
            self._srtp = None
        elif self._srtp is None:
            self._srtp = Srtp(keys)
            self._begin_stream()
        elif self._srtp.rekey(keys):
            self._begin_stream()

    def _begin_stream(self) -> None:
        """A new key begins a new stream: whether the old one's rollover counter goes on (RFC 3711, section 3.3.1) or
        begins anew is not done alike by all."""
        self.ssrc = secrets.randbits(32)
        self._sequence = secrets.randbelow(2**15)
        self._sent = (0.0, 0, 0, 0)

    def send(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        """Send one packet; it is lost if the kernel cannot take it now, as on any network."""
        target = self._source or self._announced
        if target is None or self._closed:
            return
        packet = RtpPacket(payload_type, self._sequence, timestamp & 0xFFFFFFFF, self.ssrc, payload, marker)
        self._sequence = (self._sequence + 1) & 0xFFFF
        _, _, packets, octets = self._sent
        self._sent = (time.time(), timestamp, packets + 1, octets + len(payload))
        data = packet.serialise()
        self._send(self._ports.rtp, data if self._srtp is None else self._srtp.protect(data), target)

    def close(self) -> None:
        """Say BYE, stop and give the ports back."""
        if self._closed:
            return
        self._send_report(rtcp.bye(self.ssrc, self._cname))
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for bound in (self._ports.rtp, self._ports.rtcp):
            self._loop.remove_reader(bound)
        self._ports.close()

    def _read(self, source: socket.socket, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        for _ in range(AT_ONCE):
            if self._closed:
                return
            try:
                data, address = source.recvfrom(2048)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of something that we sent
                continue
            if self._is_allowed(address[0]):
                take(data, (address[0], address[1]))
            else:
                self.ignored += 1

    def _is_allowed(self, host: str) -> bool:
        if self._announced is None:
            return False
        # Texts are compared first, since it is done for every packet; IPv6 may come with a zone.
        return host == self._announced[0] or ipaddress.ip_address(host.partition("%")[0]) == self._allowed

    def _receive(self, data: bytes, source: tuple[str, int]) -> None:
        if self._mux and is_rtcp(data):
            self._receive_report(data, source)
            return
        if (opened := self._open(data)) is None:
            return
        now = self._clock()
        try:
            packet = RtpPacket.parse(opened)
        except ProtocolError:
            self.ignored += 1
            return
        reception = self._reception
        known = reception is not None and source == self._source and packet.ssrc == reception.ssrc
        if not known:
            if self._source is not None and source != self._source and now - self._last_rtp < NEW_SOURCE:
                self.ignored += 1
                return
            self._source = source
            reception = self._reception = rtcp.Reception(self._rate, packet.ssrc)
        if reception is not None:
            reception.packet(packet.sequence, packet.timestamp, now)
        self.last_received = self._last_rtp = now
        self._on_packet(packet, now)

    def _receive_report(self, data: bytes, source: tuple[str, int]) -> None:
        if len(data) < 8 or data[0] >> 6 != 2 or not is_rtcp(data):
            self.ignored += 1
            return
        if (opened := self._open(data, rtcp=True)) is None:
            return
        self.last_received = self._clock()
        if self._reception is not None:
            self._reception.sender_report(opened, self.last_received)

    def _open(self, data: bytes, *, rtcp: bool = False) -> bytes | None:
        if self._srtp is None:
            return data
        opened = self._srtp.unprotect_rtcp(data) if rtcp else self._srtp.unprotect(data)
        if opened is None:
            self.unauthentic += 1
        return opened

    def _plan_report(self) -> None:
        # Spread at random over half to one and a half intervals (RFC 3550, section 6.3.1).
        self._timer = self._loop.call_later(rtcp.INTERVAL * random.uniform(0.5, 1.5), self._report)  # noqa: S311

    def _report(self) -> None:
        sent = self._sent if self._sent[2] else None
        self._send_report(rtcp.report(self.ssrc, self._cname, sent=sent, reception=self._reception, now=self._clock()))
        self._plan_report()

    def _send_report(self, data: bytes) -> None:
        if self._srtp is not None:
            data = self._srtp.protect_rtcp(data)
        if self._mux and (target := self._source or self._announced):
            self._send(self._ports.rtp, data, target)
        elif self._announced_rtcp is not None:
            self._send(self._ports.rtcp, data, self._announced_rtcp)

    @staticmethod
    def _send(through: socket.socket, data: bytes, target: tuple[str, int]) -> None:
        try:
            through.sendto(data, target)
        except OSError:  # full buffer, or an ICMP error of an earlier packet: the RTP timeout decides
            return
