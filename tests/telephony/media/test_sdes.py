"""Keys for SRTP in session descriptions (RFC 4568): lines that we can do are read, all others declined, none shown."""

from __future__ import annotations

import base64
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.media.negotiation import Agreement, LocalDescription, agree
from telephony.media.sdes import KEY_BYTES, Crypto, Suite, read
from telephony.media.sdp import SessionDescription
from voicebot.errors import ProtocolError

LOCAL = ipaddress.ip_address("192.0.2.1")
# Keys of the examples of RFC 4568.
KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
OTHER = "NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj"
THIRD = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"

cryptos = st.builds(
    Crypto, st.integers(0, 999_999_999), st.sampled_from(Suite), st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
)


@given(cryptos)
def test_a_line_that_we_write_is_read_again_and_shows_no_key(crypto: Crypto) -> None:
    assert read(crypto.line.removeprefix("a=crypto:")) == crypto
    assert repr(crypto.key) not in repr(crypto)
    assert base64.b64encode(crypto.key).decode() not in repr(crypto)


@pytest.mark.parametrize(
    "value",
    [
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 aes_cm_128_hmac_sha1_80 INLINE:{KEY}",
        f"1  AES_CM_128_HMAC_SHA1_80\tinline:{KEY} ",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1000000",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} WSH=128",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^48 WSH=64 -unheard=of",
    ],
)
def test_what_a_line_may_say_beside_its_key(value: str) -> None:
    assert read(value) == Crypto(1, Suite.SHA1_80, base64.b64decode(KEY))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "1 AES_CM_128_HMAC_SHA1_80",
        f"x AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
        f"01 AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
        f"1234567890 AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 {KEY}",
        f"1 AES_CM_128_HMAC_SHA1_80 uri:{KEY}",
        "1 AES_CM_128_HMAC_SHA1_80 inline:",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY[:-4]}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}AAAA",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY[:-1]}*",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY[:-1]}é",
        # MKI, and several keys, which need it (section 6.1)
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1066:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4;inline:{OTHER}|2^20|2:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY};inline:{OTHER}",
        # lifetimes that end within a call, or are none
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^10",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1000",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^x",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|{'9' * 400}",
        # session parameters that we cannot do, or must not (section 6.3)
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} KDR=1",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTCP",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} WSH=64 UNAUTHENTICATED_SRTP",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} FEC_ORDER=FEC_SRTP",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNHEARD=OF",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} WSH=x",
    ],
)
def test_what_we_cannot_do_is_declined(value: str) -> None:
    assert read(value) is None


pieces = st.sampled_from(
    ["1", "0", " ", "\t", "AES_CM_128_HMAC_SHA1_80", "inline:", KEY, "|", "2^20", "1:4", ";", "WSH=64", "-x", "\n", "é"]
)


@given(st.lists(pieces | st.text(max_size=5), max_size=12).map("".join))
def test_anything_else_is_a_key_of_the_right_size_or_declined(value: str) -> None:
    crypto = read(value)
    assert crypto is None or (len(crypto.key) == KEY_BYTES and 0 <= crypto.tag <= 999_999_999)


# --- offers and answers ---


def described(*lines: str, protocol: str = "RTP/SAVP") -> SessionDescription:
    text = f"v=0\r\nc=IN IP4 192.0.2.50\r\nm=audio 4000 {protocol} 8\r\n" + "".join(f"a={line}\r\n" for line in lines)
    return SessionDescription.parse(text.encode())


def line(tag: int, suite: str, key: str = KEY, more: str = "") -> str:
    return f"crypto:{tag} {suite} inline:{key}{more}"


def answered(offer: SessionDescription, agreement: Agreement, ours: LocalDescription) -> list[str]:
    return [
        text for text in ours.answer(offer, agreement).decode().split("\r\n") if text[:2] == "m=" or "crypto" in text
    ]


@pytest.mark.parametrize("protocol", ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP"])
def test_the_first_line_that_we_know_is_answered_with_a_key_of_our_own(protocol: str) -> None:
    offer = described(
        line(1, "AEAD_AES_256_GCM"),
        line(2, "AES_CM_128_HMAC_SHA1_80", more="|2^20|1:4"),
        line(3, "AES_CM_128_HMAC_SHA1_32", OTHER),
        line(4, "AES_CM_128_HMAC_SHA1_80", THIRD),
        protocol=protocol,
    )
    agreement = agree(offer, LOCAL)
    assert agreement.keys is not None
    assert agreement.keys.theirs == Crypto(3, Suite.SHA1_32, base64.b64decode(OTHER))
    medium, crypto = answered(offer, agreement, LocalDescription(LOCAL, 20000))
    assert medium == f"m=audio 20000 {protocol} 8"
    assert crypto == agreement.keys.ours.line
    assert crypto.startswith("a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:")
    again = agree(offer, LOCAL).keys
    assert again is not None
    assert len({agreement.keys.ours.key, again.ours.key, agreement.keys.theirs.key}) == 3, "keys are never used twice"


def test_an_agreement_shows_no_key() -> None:
    offer = described(line(1, "AES_CM_128_HMAC_SHA1_80"))
    agreement = agree(offer, LOCAL)
    assert agreement.keys is not None
    shown = f"{offer!r} {agreement!r} {LocalDescription(LOCAL, 1, crypto=(agreement.keys.ours,))!r}"
    for key in (agreement.keys.ours.key, agreement.keys.theirs.key):
        assert repr(key)[2:-1] not in shown
        assert base64.b64encode(key).decode() not in shown


@pytest.mark.parametrize("lines", [(), (line(1, "F8_128_HMAC_SHA1_80"), line(2, "AES_CM_128_HMAC_SHA1_80", "short"))])
def test_srtp_without_a_line_that_we_can_do_is_refused_and_the_error_shows_no_key(lines: tuple[str, ...]) -> None:
    with pytest.raises(ProtocolError, match="AES_CM_128_HMAC_SHA1_80") as caught:
        agree(described(*lines), LOCAL)
    assert KEY not in str(caught.value)


def test_plain_rtp_is_taken_unless_srtp_is_required() -> None:
    plain = described(protocol="RTP/AVP")
    assert agree(plain, LOCAL).keys is None
    with pytest.raises(ProtocolError, match="plain RTP is not wanted"):
        agree(plain, LOCAL, required=True)
    assert agree(described(line(1, Suite.SHA1_80), protocol="RTP/AVP"), LOCAL, required=True).keys is not None


@pytest.mark.parametrize("first", ["RTP/AVP", "RTP/SAVP"])
def test_of_two_media_the_encrypted_one_is_taken(first: str) -> None:
    media = [
        "m=audio 4000 RTP/AVP 8\r\n",
        f"m=audio 4002 RTP/SAVP 8\r\na={line(1, Suite.SHA1_80)}\r\n",
    ]
    text = "v=0\r\nc=IN IP4 192.0.2.50\r\n" + "".join(media if first == "RTP/AVP" else reversed(media))
    offer = SessionDescription.parse(text.encode())
    agreement = agree(offer, LOCAL)
    assert (agreement.port, agreement.keys is not None) == (4002, True)
    lines = answered(offer, agreement, LocalDescription(LOCAL, 20000))
    assert [entry.split()[1] for entry in lines if entry[0] == "m"] == (
        ["0", "20000"] if first == "RTP/AVP" else ["20000", "0"]
    )


def test_a_new_offer_with_the_same_key_keeps_ours_and_one_with_another_gets_a_new_one() -> None:
    held = agree(described(line(1, Suite.SHA1_80)), LOCAL).keys
    assert held is not None
    same = agree(described(line(7, Suite.SHA1_80), "sendonly"), LOCAL, held=held).keys
    assert same is not None
    assert (same.ours.tag, same.ours.key) == (7, held.ours.key)
    for other in (line(1, Suite.SHA1_80, OTHER), line(1, Suite.SHA1_32)):
        keys = agree(described(other), LOCAL, held=held).keys
        assert keys is not None
        assert keys.ours.key != held.ours.key


def test_our_own_offer_is_of_srtp_alone_and_its_answer_names_the_key() -> None:
    ours, theirs = LocalDescription(LOCAL, 20000), LocalDescription(ipaddress.ip_address("192.0.2.2"), 30000)
    ours.secure()
    offer = SessionDescription.parse(ours.offer())
    (medium,) = offer.media
    assert (medium.protocol, [crypto.suite for crypto in medium.crypto]) == ("RTP/SAVP", list(Suite))
    assert len({crypto.key for crypto in medium.crypto}) == 2
    agreed = agree(offer, theirs.address)
    keys = ours.conclude(SessionDescription.parse(theirs.answer(offer, agreed))).keys
    assert keys is not None
    assert agreed.keys is not None
    assert (keys.ours, keys.theirs) == (agreed.keys.theirs, agreed.keys.ours)
    # The session may be offered again, as a re-INVITE without an offer asks: with the same keys.
    assert SessionDescription.parse(ours.offer()).media[0].crypto == medium.crypto


@pytest.mark.parametrize(
    ("lines", "protocol"),
    [
        ((), "RTP/SAVP"),
        ((), "RTP/AVP"),
        ((line(3, "AES_CM_128_HMAC_SHA1_80"),), "RTP/SAVP"),
        ((line(1, "AES_CM_128_HMAC_SHA1_32"),), "RTP/SAVP"),
        ((line(1, "AES_CM_128_HMAC_SHA1_80"), line(2, "AES_CM_128_HMAC_SHA1_32")), "RTP/SAVP"),
    ],
    ids=["no key", "plain", "another tag", "another suite", "two"],
)
def test_an_answer_that_does_not_take_one_of_our_keys_is_not_used(lines: tuple[str, ...], protocol: str) -> None:
    ours = LocalDescription(LOCAL, 20000)
    ours.secure()
    ours.offer()
    with pytest.raises(ProtocolError):
        ours.conclude(described(*lines, protocol=protocol))


def test_a_call_that_becomes_plain_is_offered_plain_again() -> None:
    ours = LocalDescription(LOCAL, 20000)
    for offer, protocol in (
        (described(line(1, Suite.SHA1_80)), "RTP/SAVP"),
        (described(protocol="RTP/AVP"), "RTP/AVP"),
    ):
        ours.answer(offer, agree(offer, LOCAL))
        (medium,) = SessionDescription.parse(ours.offer()).media
        assert (medium.protocol, len(medium.crypto)) == (protocol, 1 if protocol == "RTP/SAVP" else 0)
