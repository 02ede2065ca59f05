"""URIs and addresses, as they come and not as the grammar has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.sip.uri import Address, SipError, Uri, split_host_port, split_list
from telephony.sip.via import Via


@pytest.mark.parametrize(
    ("text", "user", "host", "port"),
    [
        ("sip:a@pbx2", "a", "pbx2", None),
        ("SIP:0612345678@my_pbx:5070", "0612345678", "my_pbx", 5070),
        ("sip:192.0.2.1;transport=tcp", None, "192.0.2.1", None),
        ("sip:a@[2001:db8::1]:5061;lr", "a", "2001:db8::1", 5061),
        ("sip:b@h?Replaces=abc%40h", "b", "h", None),
        ("sip:a:secret@h", "a", "h", None),
        ("sips:caf%C3%A9@h", "café", "h", None),
        ("tel:+33612345678;phone-context=x", "+33612345678", "", None),
        ("isbn:2983792873", None, "", None),
    ],
)
def test_uris(text: str, user: str | None, host: str, port: int | None) -> None:
    uri = Uri.parse(text)
    assert (uri.user, uri.host, uri.port) == (user, host, port)
    assert str(uri) == text


@pytest.mark.parametrize(
    "text", ["", "sip", "sip:", "sip:a@", "sip:a@h:x", "sip:a@h:0", "sip:a@h:70000", "sip:a@[::1", "sip:a@h h"]
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(SipError):
        Uri.parse(text)


def test_parameters_behind_a_bare_uri_belong_to_the_header() -> None:
    bare = Address.parse("sip:a@h;tag=7")
    assert (bare.tag, bare.uri.parameters) == ("7", {})
    bracketed = Address.parse("<sip:a@h;tag=no>;tag=7")
    assert (bracketed.tag, bracketed.uri.parameters) == ("7", {"tag": "no"})


def test_a_display_name_may_hold_anything_in_quotes() -> None:
    address = Address.parse('"Bell, \\"A\\" <x>;tag=9" < sip:a@h > ; tag = 7')
    assert (address.display, address.uri.user, address.tag) == ('Bell, "A" <x>;tag=9', "a", "7")


def test_commas_in_quotes_and_brackets_do_not_split() -> None:
    assert split_list('"a,b" <sip:x,y@h>, <sip:z@h> ,,') == ['"a,b" <sip:x,y@h>', "<sip:z@h>"]


def test_a_host_and_port() -> None:
    assert split_host_port(" h : 5060 ".replace(" :", ":")) == ("h", 5060)
    with pytest.raises(SipError):
        split_host_port("[h]:5060")


def test_a_via_says_where_responses_go() -> None:
    asks = Via.parse("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKx;rport").received_from("192.0.2.7", 40000)
    assert asks.return_port() == 40000
    assert asks.parameters["received"] == "192.0.2.7"
    plain = Via.parse("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKx").received_from("192.0.2.7", 40000)
    assert (plain.return_port(), plain.parameters["received"]) == (5070, "192.0.2.7")
    same = Via.parse("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx").received_from("192.0.2.7", 40000)
    assert (same.return_port(), "received" in same.parameters) == (5060, False)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (Uri.parse, Address.parse, split_list, Via.parse):
        try:
            read(text)
        except SipError:
            continue


@given(st.lists(st.text(alphabet='ab,<>"\\; ', max_size=8), max_size=8))
def test_splitting_never_loses_what_is_balanced(parts: list[str]) -> None:
    kept = [f'"{part}"' for part in (p.replace("\\", "").replace('"', "") for p in parts)]
    assert split_list(",".join(kept)) == kept
