"""Dialogs: who is who, and which way requests go (RFC 3261 §12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.sip.dialog import Dialog
from telephony.sip.message import Request, Response, respond
from telephony.sip.uri import SipError
from tests.telephony.sip.peer import Bench


def invite(**headers: str) -> Request:
    return Bench().request("INVITE", cseq=314, headers={name.replace("_", "-"): v for name, v in headers.items()})


def answer(request: Request, **headers: str) -> Response:
    response = respond(request, 200, tag="callee")
    for name, value in headers.items():
        response.headers.set(name.replace("_", "-"), value)
    return response


def test_the_called_side_takes_the_route_set_as_it_stands() -> None:
    dialog = Dialog.as_uas(invite(Record_Route="<sip:p2;lr>, <sip:p1;lr>"), "us")
    request = dialog.request("BYE")
    assert request.headers.elements("Route") == ["<sip:p2;lr>", "<sip:p1;lr>"]
    assert (request.uri, dialog.next_hop.host) == ("sip:caller@192.0.2.7:5060", "p2")


def test_the_calling_side_takes_it_in_reverse() -> None:
    request = invite()
    response = answer(request, Record_Route="<sip:p2;lr>, <sip:p1;lr>", Contact="<sip:callee@192.0.2.5>")
    dialog = Dialog.as_uac(request, response)
    bye = dialog.request("BYE")
    assert bye.headers.elements("Route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert (bye.uri, bye.to.tag, bye.from_.tag, bye.cseq) == ("sip:callee@192.0.2.5", "callee", "them", (315, "BYE"))
    assert dialog.request("ACK", sequence=314).cseq == (314, "ACK")


def test_a_strict_router_gets_its_own_address_as_request_uri() -> None:
    dialog = Dialog.as_uas(invite(Record_Route="<sip:strict>, <sip:p1;lr>"), "us")
    request = dialog.request("BYE")
    assert request.uri == "sip:strict"
    assert request.headers.elements("Route") == ["<sip:p1;lr>", "<sip:caller@192.0.2.7:5060>"]


def test_both_sides_recognise_each_others_requests() -> None:
    request = invite()
    called = Dialog.as_uas(request, "callee")
    calling = Dialog.as_uac(request, answer(request, Contact="<sip:callee@192.0.2.5>"))
    assert called.matches(calling.request("BYE"))
    assert calling.matches(called.request("BYE"))
    assert not called.matches(called.request("BYE"))


def test_a_caller_without_a_tag_or_contact_still_has_a_dialog() -> None:
    old = invite(From="<sip:+13035551111@192.0.2.7;user=phone>")
    old.headers.replace("Contact", [])
    dialog = Dialog.as_uas(old, "us")
    assert (dialog.remote_tag, dialog.target) == (None, "sip:+13035551111@192.0.2.7;user=phone")


def test_a_contact_that_is_no_sip_uri_makes_no_dialog() -> None:
    with pytest.raises(SipError):
        Dialog.as_uas(invite(Contact="<mailto:a@example.org>"), "us")


@given(st.lists(st.integers(0, 2**31 - 1), max_size=20))
def test_sequence_numbers_only_grow(numbers: list[int]) -> None:
    dialog = Dialog.as_uas(invite(), "us")
    taken = [n for n in numbers if dialog.in_order(Bench().request("INFO", cseq=n))]
    assert taken == sorted(set(taken))
    assert all(n > 314 for n in taken)
