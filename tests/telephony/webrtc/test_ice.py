"""Our ICE agent takes only STUN for STUN and offers only the addresses that it was given."""

from __future__ import annotations

import aioice.ice
import aioice.stun
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.media.rtp import RtpPacket
from telephony.webrtc.ice import host_addresses, is_stun


def test_a_binding_request_is_stun() -> None:
    message = aioice.stun.Message(aioice.stun.Method.BINDING, aioice.stun.Class.REQUEST)
    assert is_stun(bytes(message))
    assert aioice.stun.parse_message(bytes(message)).message_class == aioice.stun.Class.REQUEST


@pytest.mark.parametrize("payload_type", [8, 9])
def test_rtp_whose_sequence_number_equals_its_length_less_20_is_not_taken_for_stun(payload_type: int) -> None:
    packet = RtpPacket(payload_type, 172 - 20, 0, 0x2112A442, bytes(160)).serialise()
    assert len(packet) == 172
    with pytest.raises(ValueError, match="not STUN"):
        aioice.stun.parse_message(packet)


@given(st.binary(min_size=12, max_size=300).map(lambda data: bytes([data[0] & 0x3F | 0x80]) + data[1:]))
def test_nothing_of_rtp_is_stun(data: bytes) -> None:
    assert not is_stun(data)


def test_what_begins_like_stun_without_its_cookie_is_not_stun() -> None:
    message = bytearray(bytes(aioice.stun.Message(aioice.stun.Method.BINDING, aioice.stun.Class.REQUEST)))
    message[5] ^= 1
    assert not is_stun(bytes(message))


def test_only_chosen_addresses_are_offered_and_only_within() -> None:
    with host_addresses(("127.0.0.1",)):
        assert aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True) == ["127.0.0.1"]
    assert "127.0.0.1" not in aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
