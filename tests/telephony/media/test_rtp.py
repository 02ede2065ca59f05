"""RTP packets are read and written byte for byte; garbage is an error and nothing else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.media.rtp import RtpPacket, Unwrapper, is_rtcp
from voicebot.errors import ProtocolError

# A PCMA packet with the marker bit, and one with two CSRCs, an extension of one word and four octets of padding.
PLAIN = bytes.fromhex("8088 0102 00000320 deadbeef d5d5")
FULL = bytes.fromhex("b2 65 ffff ffffffff 00000001 0000000a 0000000b bede0001 10aabbcc 0102 00000004")

packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=320),
    marker=st.booleans(),
    csrcs=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15).map(tuple),
    extension=st.none()
    | st.tuples(
        st.integers(0, 0xFFFF), st.integers(0, 20).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n))
    ),
    padding=st.just(b"") | st.integers(1, 255).map(lambda n: bytes(n - 1) + bytes([n])),
)


def test_a_plain_packet() -> None:
    packet = RtpPacket.parse(PLAIN)
    assert packet == RtpPacket(8, 0x0102, 800, 0xDEADBEEF, b"\xd5\xd5", marker=True)
    assert packet.serialise() == PLAIN


def test_a_packet_with_everything() -> None:
    packet = RtpPacket.parse(FULL)
    assert packet.csrcs == (10, 11)
    assert packet.extension == (0xBEDE, bytes.fromhex("10aabbcc"))
    assert packet.payload == b"\x01\x02"
    assert packet.padding == b"\0\0\0\x04"
    assert packet.serialise() == FULL


@given(packets)
def test_every_packet_survives_a_round_trip(packet: RtpPacket) -> None:
    assert RtpPacket.parse(packet.serialise()) == packet


@given(st.binary(min_size=12, max_size=200).map(lambda data: bytes([data[0] & 0x3F | 0x80]) + data[1:]))
def test_whatever_parses_is_written_back_byte_for_byte(data: bytes) -> None:
    try:
        packet = RtpPacket.parse(data)
    except ProtocolError:
        return
    assert packet.serialise() == data


@given(st.binary(max_size=2000))
def test_garbage_is_a_protocol_error_and_nothing_else(data: bytes) -> None:
    with suppress(ProtocolError):
        RtpPacket.parse(data)


@pytest.mark.parametrize("length", range(len(FULL) - 6))
def test_a_packet_that_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises(ProtocolError):
        RtpPacket.parse(FULL[:length])


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-(2**31) + 1, 2**31 - 1), max_size=30))
def test_a_wrapping_counter_is_extended_whichever_way_it_goes(start: int, steps: list[int]) -> None:
    unwrapper = Unwrapper(32)
    true = unwrapper.unwrap(start)
    for step in steps:
        true += step
        assert unwrapper.unwrap(true % 2**32) == true


def test_rtcp_is_told_from_rtp_by_its_type() -> None:
    assert is_rtcp(b"\x80\xc8")
    assert not is_rtcp(PLAIN)
    assert not is_rtcp(b"\x80")
