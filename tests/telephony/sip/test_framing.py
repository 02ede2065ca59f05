"""Cutting a stream into messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.sip.framing import PING, StreamFramer
from telephony.sip.uri import SipError

ONE = b"OPTIONS sip:a SIP/2.0\r\nl: 4\r\n\r\nbody"
TWO = b"BYE sip:a SIP/2.0\r\nX: y\r\n\r\n"


@given(st.lists(st.integers(1, 30), max_size=30))
def test_messages_are_the_same_however_the_stream_is_cut(sizes: list[int]) -> None:
    stream = ONE + TWO + b"\r\n\r\n" + ONE + b"\r\n" + TWO
    framer, out = StreamFramer(), []
    for size in [*sizes, len(stream)]:
        out += framer.feed(stream[:size])
        stream = stream[size:]
    assert out == [ONE, TWO, PING, ONE, TWO]


def test_a_bad_length_ends_the_connection() -> None:
    with pytest.raises(SipError):
        StreamFramer().feed(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n")


def test_a_stream_without_end_is_cut_off() -> None:
    framer = StreamFramer()
    framer.feed(b"x" * 16_000)
    with pytest.raises(SipError):
        framer.feed(b"x" * 1_000)


def test_a_message_that_claims_too_much_is_cut_off_at_once() -> None:
    with pytest.raises(SipError):
        StreamFramer().feed(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 999999\r\n\r\n")
