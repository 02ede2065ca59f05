"""RTP is taken from the SDP's address only, sent where it should go, and its ports are given back."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterator

import pytest

from telephony.media.rtp import RtpPacket
from telephony.media.rtp_session import RtpPorts, RtpSession
from voicebot.errors import UnavailableError

PEER = ipaddress.ip_address("127.0.0.2")
STRANGER = "127.0.0.3"


class Peer:
    """A UDP socket on some loopback address."""

    def __init__(self, ip: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ip, 0))
        self.socket.setblocking(False)
        self.port = int(self.socket.getsockname()[1])

    def send(self, port: int, sequence: int = 1, ssrc: int = 5, data: bytes | None = None) -> None:
        packet = RtpPacket(8, sequence, sequence * 160, ssrc, b"\xd5" * 160).serialise() if data is None else data
        self.socket.sendto(packet, ("127.0.0.1", port))

    async def receive(self) -> bytes:
        async with asyncio.timeout(30):
            return await asyncio.get_running_loop().sock_recv(self.socket, 2048)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer(str(PEER))
    yield made
    made.socket.close()


@pytest.fixture
def other() -> Iterator[Peer]:
    made = Peer(str(PEER))
    yield made
    made.socket.close()


@pytest.fixture
def stranger() -> Iterator[Peer]:
    made = Peer(STRANGER)
    yield made
    made.socket.close()


class Session:
    """A session whose clock stands still unless the test moves it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.packets: list[RtpPacket] = []
        self.ports = RtpPorts.open("127.0.0.1", (20000, 40000))
        self.rtp = RtpSession(self.ports, self._packet, rate=8000, clock=lambda: self.now)
        self.rtp.start()

    def _packet(self, packet: RtpPacket, now: float) -> None:
        self.packets.append(packet)

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0.001)


@pytest.fixture
async def session() -> Session:
    return Session()


async def test_media_comes_from_the_agreed_address_only(session: Session, peer: Peer, stranger: Peer) -> None:
    peer.send(session.ports.number)
    await session.settle()
    assert session.packets == [], "before an agreement nobody is heard"
    session.rtp.connect(PEER, peer.port, peer.port + 1, mux=False)
    stranger.send(session.ports.number, 1)
    peer.send(session.ports.number, 2)
    await session.settle()
    assert [packet.sequence for packet in session.packets] == [2]
    assert session.rtp.ignored == 2
    session.rtp.close()


async def test_we_answer_to_the_port_that_media_comes_from(session: Session, peer: Peer, other: Peer) -> None:
    session.rtp.connect(PEER, peer.port, peer.port + 1, mux=False)
    session.rtp.send(8, 0, b"first")
    assert RtpPacket.parse(await peer.receive()).payload == b"first"
    other.send(session.ports.number)  # the same address behind a NAT
    await session.settle()
    session.rtp.send(8, 160, b"second", marker=True)
    packet = RtpPacket.parse(await other.receive())
    assert (packet.payload, packet.marker, packet.ssrc) == (b"second", True, session.rtp.ssrc)
    session.rtp.close()


async def test_a_second_source_is_not_heard_while_the_first_one_speaks(
    session: Session, peer: Peer, other: Peer
) -> None:
    session.rtp.connect(PEER, peer.port, peer.port + 1, mux=False)
    peer.send(session.ports.number, 1)
    await session.settle()
    other.send(session.ports.number, 2, ssrc=6)
    await session.settle()
    assert [packet.sequence for packet in session.packets] == [1]
    session.now += 1.5
    other.send(session.ports.number, 3, ssrc=6)
    await session.settle()
    assert [packet.sequence for packet in session.packets] == [1, 3]
    session.rtp.close()


async def test_a_new_offer_may_move_the_peer(session: Session, peer: Peer, stranger: Peer) -> None:
    session.rtp.connect(PEER, peer.port, peer.port + 1, mux=False)
    peer.send(session.ports.number, 1)
    await session.settle()
    session.rtp.connect(ipaddress.ip_address(STRANGER), stranger.port, stranger.port + 1, mux=False)
    peer.send(session.ports.number, 2)
    stranger.send(session.ports.number, 3)
    await session.settle()
    assert [packet.sequence for packet in session.packets] == [1, 3]
    session.rtp.close()


async def test_garbage_is_counted_and_keeps_no_call_alive(session: Session, peer: Peer) -> None:
    session.rtp.connect(PEER, peer.port, peer.port + 1, mux=False)
    session.now += 5
    for data in (b"", b"x", b"\x80" * 11, b"\x00" * 40, b"\xff" * 60):
        peer.send(session.ports.number, data=data)
    await session.settle()
    assert session.packets == []
    assert session.rtp.last_received == 100.0
    session.rtp.close()


async def test_a_report_is_a_sign_of_life_and_garbage_on_its_port_is_none(session: Session, peer: Peer) -> None:
    session.rtp.connect(PEER, peer.port, peer.port + 1, mux=False)
    session.now += 5
    for data in (b"", b"\x80\xc8", b"\x80\x08" + bytes(20), b"\x00\xc8" + bytes(20)):
        peer.send(session.ports.number + 1, data=data)
    await session.settle()
    assert session.rtp.last_received == 100.0
    peer.send(session.ports.number + 1, data=b"\x80\xc9\x00\x01" + bytes(4))
    await session.settle()
    assert session.rtp.last_received == 105.0
    session.rtp.close()


async def test_with_rtcp_mux_reports_are_no_media(session: Session, peer: Peer) -> None:
    session.rtp.connect(PEER, peer.port, peer.port, mux=True)
    peer.send(session.ports.number, data=b"\x80\xc8\x00\x01" + bytes(24))
    peer.send(session.ports.number, 1)
    await session.settle()
    assert [packet.sequence for packet in session.packets] == [1]
    session.rtp.close()
    assert (await peer.receive())[1] == 201, "the goodbye comes on the same port"


async def test_sequence_numbers_wrap(session: Session, peer: Peer) -> None:
    session.rtp.connect(PEER, peer.port, peer.port + 1, mux=False)
    session.rtp._sequence = 0xFFFF
    for timestamp in (0xFFFFFFFF, 0x1_0000_009F):
        session.rtp.send(8, timestamp, b"x")
    packets = [RtpPacket.parse(await peer.receive()) for _ in range(2)]
    assert [(packet.sequence, packet.timestamp) for packet in packets] == [(0xFFFF, 0xFFFFFFFF), (0, 0x9F)]
    session.rtp.close()


async def test_ports_are_even_with_the_next_one_and_are_given_back() -> None:
    first = RtpPorts.open("127.0.0.1", (20002, 20005))
    second = RtpPorts.open("127.0.0.1", (20002, 20005))
    assert {first.number, second.number} == {20002, 20004}
    with pytest.raises(UnavailableError, match="widen the range"):
        RtpPorts.open("127.0.0.1", (20002, 20005))
    first.close()
    RtpPorts.open("127.0.0.1", (20002, 20005)).close()
    second.close()
