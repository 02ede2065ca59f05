"""Digest authentication against the examples of the RFCs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.sip.digest import Authenticator, Challenge, Credentials, authorization
from telephony.sip.headers import Headers
from telephony.sip.uri import SipError, split_list, unquote_string


def fields(value: str) -> dict[str, str]:
    assert value.startswith("Digest ")
    pairs = (part.partition("=") for part in split_list(value.removeprefix("Digest ")))
    return {name: unquote_string(text) for name, _, text in pairs}


def test_the_example_of_rfc_2617_section_3_5() -> None:
    challenge = Challenge.parse(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    value = authorization(
        challenge, Credentials("Mufasa", "Circle Of Life"), method="GET", uri="/dir/index.html", cnonce="0a4f113b"
    )
    got = fields(value)
    assert got["response"] == "6629fae49393a05397450978507c4ef1"
    assert (got["opaque"], got["qop"], got["nc"]) == ("5ccc069c403ebaf9f0171e9517f40e41", "auth", "00000001")


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    challenge = Challenge.parse(
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    value = authorization(
        challenge,
        Credentials("Mufasa", "Circle of Life"),
        method="GET",
        uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert fields(value)["response"] == response


def test_without_qop_the_old_form_of_rfc_2069_is_used() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    credentials = Credentials("Mufasa", "Circle Of Life")
    got = fields(authorization(challenge, credentials, method="GET", uri="/dir/index.html"))
    assert got["response"] == "670fd8c2df070c60b045671b8b24ff02"
    assert "nc" not in got


def test_auth_int_covers_the_body_and_sess_the_nonces() -> None:
    challenge = Challenge("r", "n", algorithm="SHA-256-sess", qop=("auth-int",))
    value = authorization(
        challenge, Credentials("u", "p"), method="INVITE", uri="sip:x", body=b"v=0", count=2, cnonce="c"
    )

    def h(text: bytes) -> bytes:
        return hashlib.sha256(text).hexdigest().encode()

    secret = h(h(b"u:r:p") + b":n:c")
    target = h(b"INVITE:sip:x:" + h(b"v=0"))
    assert fields(value)["response"] == h(secret + b":n:00000002:c:auth-int:" + target).decode()


def test_the_best_challenge_is_answered_and_others_passed_over() -> None:
    authenticator = Authenticator(Credentials("u", "p"))
    value = authenticator.answer(
        [
            "NoOneKnowsThisScheme opaque-data=here",
            'Digest realm="r", nonce="1", algorithm=MD5, qop="auth"',
            'Digest realm="r", nonce="2", algorithm=SHA-512-256, qop="auth"',
            'Digest realm="r", nonce="3", algorithm=SHA-256, qop="auth"',
        ],
        method="REGISTER",
        uri="sip:x",
    )
    assert value is not None
    assert fields(value)["nonce"] == "3"
    assert authenticator.answer(['Digest realm="r"'], method="REGISTER", uri="sip:x") is None


def test_a_nonce_is_counted() -> None:
    authenticator = Authenticator(Credentials("u", "p"))
    challenge = 'Digest realm="r", nonce="1", qop="auth"'
    counts = [fields(authenticator.answer([challenge], method="REGISTER", uri="sip:x") or "")["nc"] for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]


def test_quotes_in_names_are_escaped_and_the_password_never_shows() -> None:
    credentials = Credentials('a"b', "secret")
    value = authorization(Challenge('r"s', "n"), credentials, method="REGISTER", uri="sip:x")
    assert fields(value)["username"] == 'a"b'
    assert "secret" not in value + repr(credentials)


@pytest.mark.parametrize("value", ["", "Basic realm=x", 'Digest realm="x"', "Digest nonce=1", "Digest " + "x" * 5000])
def test_what_is_no_digest_challenge_is_refused(value: str) -> None:
    with pytest.raises(SipError):
        Challenge.parse(value)


@given(st.text(max_size=300))
def test_any_challenge_is_answered_or_passed_over(text: str) -> None:
    value = Authenticator(Credentials("u", "p")).answer(
        ["Digest " + text, 'Digest realm="a", nonce="b", ' + text], method="REGISTER", uri="sip:x"
    )
    if value is not None and not set("\r\n") & set(text):
        Headers().add("Authorization", value)
