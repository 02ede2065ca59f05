"""Session timers (RFC 4028): who refreshes, and what becomes of a call that nobody refreshes."""

from __future__ import annotations

import pytest

from telephony.sip.message import Request, Response
from telephony.sip.session_timer import IntervalTooSmallError, agree
from tests.telephony.sip.peer import ANSWER, OFFER, Bench, methods, statuses


def invite(**headers: str) -> Request:
    return Bench().request("INVITE", body=OFFER, headers={name.replace("_", "-"): v for name, v in headers.items()})


@pytest.mark.parametrize(
    ("supported", "asked", "least", "interval", "we_refresh"),
    [
        ("timer", "120;refresher=uac", None, 120, False),
        ("timer", "120;refresher=uas", None, 120, True),
        ("timer", "120", None, 120, True),
        ("timer", None, None, 1800, True),
        ("", None, None, 1800, True),
        ("", "120;refresher=uac", None, 120, True),
        ("timer", "86400", None, 1800, True),
        ("timer", "86400", "3600", 3600, True),
        ("", "10", None, 90, True),
        ("timer", "nonsense", "nonsense", 1800, True),
    ],
)
def test_what_is_agreed(supported: str, asked: str | None, least: str | None, interval: int, we_refresh: bool) -> None:
    headers = {"Supported": supported, "Session_Expires": asked, "Min_SE": least}
    timer = agree(invite(**{name: value for name, value in headers.items() if value is not None}))
    assert (timer.interval, timer.we_refresh) == (interval, we_refresh)
    who = "uas" if we_refresh else "uac"
    assert timer.headers_for_response()["Session-Expires"] == f"{interval};refresher={who}"
    assert ("Require" in timer.headers_for_response()) == (supported == "timer")


def test_a_peer_that_asks_for_too_little_gets_422() -> None:
    with pytest.raises(IntervalTooSmallError):
        agree(invite(Supported="timer", Session_Expires="30"))
    [no] = Bench().ask("INVITE", body=OFFER, headers={"k": "timer", "x": "30"})
    assert isinstance(no, Response)
    assert (no.status, no.headers.get("Min-SE")) == (422, "90")


def test_we_refresh_by_update_at_half_time_and_the_call_goes_on() -> None:
    bench = Bench()
    bench.call(Supported="timer", Session_Expires="120;refresher=uas", Allow="INVITE, UPDATE")
    for _ in range(5):
        bench.advance(60)
        [update] = bench.take()
        assert isinstance(update, Request)
        assert (update.method, update.body) == ("UPDATE", b"")
        assert update.headers.get("Session-Expires") == "120;refresher=uac"
        bench.reply(update, 200, Session_Expires="120;refresher=uac", Contact="<sip:caller@192.0.2.7>")
    assert bench.core.calls == 1


def test_we_refresh_by_reinvite_where_update_is_unknown() -> None:
    bench = Bench()
    bench.call(Session_Expires="120")
    bench.advance(60)
    [again] = bench.take()
    assert isinstance(again, Request)
    assert (again.method, again.body) == ("INVITE", ANSWER)
    assert statuses(bench.ask("INVITE", cseq=2, to_tag=again.from_.tag, body=OFFER)) == [491]  # glare
    bench.reply(again, 200, body=OFFER, Session_Expires="120;refresher=uac", Content_Type="application/sdp")
    [ack] = bench.take()
    assert isinstance(ack, Request)
    assert (ack.method, ack.cseq[0]) == ("ACK", again.cseq[0])
    bench.reply(again, 200, body=OFFER, Session_Expires="120;refresher=uac", Content_Type="application/sdp")
    assert methods(bench.take()) == ["ACK"]
    assert bench.handler.answers == [OFFER]
    assert statuses(bench.ask("INVITE", cseq=3, to_tag=again.from_.tag, body=OFFER)) == [200]


def test_a_call_whose_caller_should_refresh_and_does_not_is_ended_in_time() -> None:
    bench = Bench()
    bench.call(Supported="timer", Session_Expires="90;refresher=uac")
    bench.advance(59)
    assert bench.take() == []
    bench.advance(1.2)
    assert methods(bench.take()) == ["BYE"]
    assert bench.handler.ends == ["session-expired"]


def test_a_refresh_of_the_caller_keeps_the_call() -> None:
    bench = Bench()
    refresh = {"Supported": "timer", "Session-Expires": "90;refresher=uac"}
    tag = bench.call(Supported="timer", Session_Expires="90;refresher=uac")
    for number in range(2, 8):
        bench.advance(45)
        [ok] = bench.ask("UPDATE", cseq=number, to_tag=tag, headers=refresh)
        assert ok.headers.get("Session-Expires") == "90;refresher=uac"
    assert bench.core.calls == 1


@pytest.mark.parametrize("status", [481, 408])
def test_a_refresh_to_a_peer_that_knows_nothing_ends_the_call(status: int) -> None:
    bench = Bench()
    bench.call(Session_Expires="120", Allow="UPDATE")
    bench.advance(60)
    [update] = bench.take()
    bench.reply(update, status)
    assert bench.handler.ends == ["lost"]
    assert bench.core.idle


def test_a_refresh_that_nobody_answers_ends_the_call() -> None:
    bench = Bench()
    bench.call(Session_Expires="600", Allow="UPDATE")
    bench.advance(333)
    assert bench.handler.ends == ["lost"]


def test_a_refresh_that_is_refused_for_its_interval_asks_for_more() -> None:
    bench = Bench()
    bench.call(Session_Expires="120", Allow="UPDATE")
    bench.advance(60)
    [update] = bench.take()
    bench.reply(update, 422, Min_SE="300")
    bench.advance(0)
    [again] = bench.take()
    assert again.headers.get("Session-Expires") == "300;refresher=uac"


def test_a_refresh_that_crosses_another_request_is_tried_again() -> None:
    bench = Bench()
    bench.call(Session_Expires="120", Allow="UPDATE")
    bench.advance(60)
    [update] = bench.take()
    bench.reply(update, 491)
    bench.advance(1)
    assert methods(bench.take()) == ["UPDATE"]


def test_a_peer_that_gives_timers_up_is_left_in_peace() -> None:
    bench = Bench()
    bench.call(Session_Expires="120", Allow="UPDATE")
    bench.advance(60)
    [update] = bench.take()
    bench.reply(update, 200)
    bench.advance(10_000)
    assert bench.take() == []
    assert bench.core.calls == 1
