"""Offers are read, answered by the rules of RFC 3264, and garbage is an error and nothing else."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.media.g711 import PCMA, PCMU
from telephony.media.negotiation import Agreement, LocalDescription, agree
from telephony.media.sdp import MAX_BYTES, SessionDescription
from voicebot.errors import ProtocolError

LOCAL = ipaddress.ip_address("192.0.2.1")

# As a Yealink telephone writes it, names and addresses replaced.
OFFER = """v=0
o=- 20117 20117 IN IP4 192.0.2.50
s=SDP data
c=IN IP4 192.0.2.50
t=0 0
m=audio 11798 RTP/AVP 9 8 0 18 101
a=rtpmap:9 G722/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=fmtp:101 0-15
a=rtpmap:101 telephone-event/8000
a=ptime:20
a=sendrecv
"""


def offer(**changes: str) -> SessionDescription:
    text = OFFER
    for old, new in changes.items():
        text = text.replace({"c": "c=IN IP4 192.0.2.50", "m": "m=audio 11798 RTP/AVP 9 8 0 18 101"}.get(old, old), new)
    return SessionDescription.parse(text.replace("\n", "\r\n").encode())


def agreed(description: SessionDescription) -> Agreement:
    return agree(description, LOCAL)


def lines(answer: bytes) -> list[str]:
    assert answer.endswith(b"\r\n")
    return answer.decode().split("\r\n")[:-1]


def test_a_telephones_offer_is_answered_with_its_first_g711_codec_and_keys() -> None:
    description = offer()
    agreement = agreed(description)
    assert (str(agreement.address), agreement.port, agreement.rtcp_port) == ("192.0.2.50", 11798, 11799)
    assert agreement.codec is PCMA
    assert set(agreement.codecs) == {8, 0}
    assert agreement.event_type == 101
    answer = lines(LocalDescription(LOCAL, 20000, session=7).answer(description, agreement))
    assert answer == [
        "v=0",
        "o=- 7 1 IN IP4 192.0.2.1",
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=audio 20000 RTP/AVP 8 101",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
    ]


def test_the_callers_preference_decides() -> None:
    assert agreed(offer(m="m=audio 11798 RTP/AVP 0 8")).codec is PCMU


def test_static_types_need_no_rtpmap_and_keys_are_optional() -> None:
    agreement = agreed(SessionDescription.parse(b"v=0\nc=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 0\n"))
    assert agreement.codec is PCMU
    assert agreement.event_type is None
    assert "101" not in LocalDescription(LOCAL, 1).answer(offer(), agreement).decode()


def test_a_dynamic_payload_type_may_be_g711() -> None:
    text = "v=0\nc=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 97 98\n"
    text += "a=rtpmap:97 pcma/8000/1\na=rtpmap:98 Telephone-Event/8000\n"
    agreement = agreed(SessionDescription.parse(text.encode()))
    assert (agreement.codec, agreement.payload_type, agreement.event_type) == (PCMA, 97, 98)


@pytest.mark.parametrize(
    ("theirs", "ours", "sends", "receives"),
    [
        ("sendrecv", "sendrecv", True, True),
        ("sendonly", "recvonly", False, True),
        ("recvonly", "sendonly", True, False),
        ("inactive", "inactive", False, False),
    ],
)
def test_hold_is_mirrored(theirs: str, ours: str, sends: bool, receives: bool) -> None:
    description = SessionDescription.parse(OFFER.replace("a=sendrecv", f"a={theirs}").encode())
    agreement = agreed(description)
    assert (agreement.direction, agreement.sends, agreement.receives) == (ours, sends, receives)
    assert f"a={ours}" in lines(LocalDescription(LOCAL, 20000).answer(description, agreement))


def test_hold_as_older_telephones_ask_for_it() -> None:
    assert agreed(offer(c="c=IN IP4 0.0.0.0")).direction == "recvonly"


def test_the_direction_and_address_of_the_session_hold_for_a_medium_without_its_own() -> None:
    text = "v=0\nc=IN IP4 192.0.2.9\na=inactive\nm=audio 4000 RTP/AVP 8\n"
    text += "m=audio 5000 RTP/AVP 8\nc=IN IP4 192.0.2.10\na=sendonly\n"
    first, second = SessionDescription.parse(text.encode()).media
    assert (str(first.address), first.direction) == ("192.0.2.9", "inactive")
    assert (str(second.address), second.direction) == ("192.0.2.10", "sendonly")


def test_other_media_are_refused_in_their_place() -> None:
    text = (
        OFFER.replace("m=audio", "m=video 5000 RTP/AVP 96\na=rtpmap:96 H264/90000\nm=audio", 1)
        + "m=image 9 udptl t38\n"
    )
    description = SessionDescription.parse(text.encode())
    agreement = agreed(description)
    media = [line for line in lines(LocalDescription(LOCAL, 20000).answer(description, agreement)) if line[0] == "m"]
    assert media == ["m=video 0 RTP/AVP 96", "m=audio 20000 RTP/AVP 8 101", "m=image 0 udptl t38"]


def test_ipv6() -> None:
    local = ipaddress.ip_address("2001:db8::1")
    description = offer(c="c=IN IP6 2001:db8::50")
    agreement = agree(description, local)
    answer = lines(LocalDescription(local, 20000).answer(description, agreement))
    assert str(agreement.address) == "2001:db8::50"
    assert "c=IN IP6 2001:db8::1" in answer


def test_rtcp_may_have_a_port_of_its_own_or_share_one() -> None:
    assert agreed(SessionDescription.parse((OFFER + "a=rtcp:12000\n").encode())).rtcp_port == 12000
    description = SessionDescription.parse((OFFER + "a=rtcp-mux\n").encode())
    agreement = agreed(description)
    assert agreement.rtcp_port == 11798
    assert "a=rtcp-mux" in lines(LocalDescription(LOCAL, 20000).answer(description, agreement))


@pytest.mark.parametrize(
    "change",
    [
        {"m": "m=audio 11798 RTP/AVP 9 18"},
        {"m": "m=audio 0 RTP/AVP 8"},
        {"m": "m=audio 11798 RTP/SAVP 8"},
        {"m": "m=video 11798 RTP/AVP 8"},
        {"c": "c=IN IP6 2001:db8::50"},
        {"c": "c=IN IP4 224.2.1.1/127"},
        {"c": "a=tool:none"},
    ],
    ids=str,
)
def test_what_cannot_be_used_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ProtocolError):
        agreed(offer(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"v=0": "v=1"},
        {"c": "c=IN IP4 pbx.example"},
        {"c": "c=IN IP4"},
        {"m": "m=audio 70000 RTP/AVP 8"},
        {"m": "m=audio -1 RTP/AVP 8"},
        {"m": "m=audio ١ RTP/AVP 8"},
        {"m": "m=audio 4000"},
        {"a=rtpmap:8": "a=rtpmap:x"},
        {"s=SDP data": "\n".join(["m=audio 1 RTP/AVP 0"] * 40)},
        {"s=SDP data": "a=x\n" * 1100},
        {"s=SDP data": "s=" + "x" * MAX_BYTES},
    ],
    ids=lambda change: str(change)[:40],
)
def test_what_is_malformed_or_too_large_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ProtocolError):
        offer(**change)


def test_our_own_offer_can_be_answered_by_ourselves() -> None:
    ours = LocalDescription(LOCAL, 20000)
    theirs = LocalDescription(ipaddress.ip_address("192.0.2.2"), 30000)
    description = SessionDescription.parse(ours.offer())
    answer = theirs.answer(description, agree(description, theirs.address))
    agreement = agreed(SessionDescription.parse(answer))
    assert (agreement.codec, agreement.port, agreement.event_type) == (PCMA, 30000, 101)


def test_each_description_of_a_call_has_a_higher_version() -> None:
    ours = LocalDescription(LOCAL, 20000, session=7)
    assert [lines(ours.offer())[1] for _ in range(2)] == ["o=- 7 1 IN IP4 192.0.2.1", "o=- 7 2 IN IP4 192.0.2.1"]


fragments = st.sampled_from(
    [
        *OFFER.splitlines(),
        *("a=", "m=", "c=", "=", "", "a=ptime:x", "a=rtcp:", "m=audio 1/2 RTP/AVP 8", "m=audio 4000 RTP/SAVP 8"),
        *("a=crypto:", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"),
    ]
)


@given(st.lists(fragments | st.text(max_size=40), max_size=40).map("\n".join))
def test_anything_is_understood_or_a_protocol_error(text: str) -> None:
    for data in (text, "v=0\n" + text):
        with suppress(ProtocolError):
            description = SessionDescription.parse(data.encode(errors="replace"))
            agreement = agreed(description)
            answer = LocalDescription(LOCAL, 20000).answer(description, agreement)
            # What we answer is itself readable and has a line for each of theirs.
            assert len(SessionDescription.parse(answer).media) == len(description.media)


@given(st.binary(max_size=500))
def test_bytes_are_understood_or_a_protocol_error(data: bytes) -> None:
    with suppress(ProtocolError):
        SessionDescription.parse(b"v=0\n" + data)
