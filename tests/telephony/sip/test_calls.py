"""Calls as a peer sees them: messages in, messages out, on a clock that the test moves."""

from __future__ import annotations

import pytest

from telephony.sip.digest import Credentials
from telephony.sip.handler import Accepted, IncomingCall, Rejected, Ringing
from telephony.sip.message import Request, Response
from telephony.sip.registration import RegistrationSettings
from tests.telephony.sip.peer import ANSWER, OFFER, Bench, MemoryFlow, methods, statuses


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_invite_is_answered_with_the_handlers_sdp_and_the_call_ends_by_the_callers_bye(bench: Bench) -> None:
    [ok] = bench.ask("INVITE", body=OFFER)
    assert isinstance(ok, Response)
    assert (ok.status, ok.body, ok.headers.get("Content-Type")) == (200, ANSWER, "application/sdp")
    assert ok.headers.get("Contact") == "<sip:voicebot@192.0.2.1:5060>"
    [call] = bench.handler.calls
    assert (call.caller, call.offer, call.local_ip) == ("0612345678", OFFER, "192.0.2.1")
    tag = ok.to.tag
    bench.ask("ACK", to_tag=tag)
    assert statuses(bench.ask("BYE", cseq=2, to_tag=tag)) == [200]
    assert bench.handler.ends == ["hung-up"]
    assert bench.core.calls == 0


def test_a_retransmitted_invite_is_one_call(bench: Bench) -> None:
    invite = bench.request("INVITE", body=OFFER)
    bench.send(invite)
    for _ in range(5):
        bench.send(invite)
    assert len(bench.handler.calls) == 1


def test_the_same_invite_by_another_path_is_one_call(bench: Bench) -> None:
    bench.call()
    assert statuses(bench.ask("INVITE", body=OFFER)) == [482]
    assert len(bench.handler.calls) == 1


def test_the_200_is_sent_again_until_the_ack_comes(bench: Bench) -> None:
    tag = bench.call(ack=False)
    bench.advance(4)
    assert statuses(bench.take()) == [200, 200, 200]  # after 0.5, 1.5 and 3.5 s
    bench.ask("ACK", to_tag=tag)
    bench.advance(60)
    assert bench.take() == []


def test_a_call_without_ack_is_ended_after_32_seconds(bench: Bench) -> None:
    bench.call(ack=False)
    bench.advance(33)
    assert methods(bench.take())[:1] == ["BYE"]
    assert bench.handler.ends == ["no-ack"]


def test_our_bye_carries_the_dialog(bench: Bench) -> None:
    tag = bench.call(Record_Route="<sip:192.0.2.8;lr>, <sip:192.0.2.7;lr;near>")
    bench.handler.calls[0].hang_up("done")
    [bye] = bench.take()
    assert isinstance(bye, Request)
    assert bye.uri == "sip:caller@192.0.2.7:5060"
    assert bye.headers.elements("Route") == ["<sip:192.0.2.8;lr>", "<sip:192.0.2.7;lr;near>"]
    assert (bye.from_.tag, bye.to.tag, bye.call_id) == (tag, "them", "c1")
    assert bench.handler.ends == ["done"]
    assert not bench.core.idle
    bench.reply(bye, 200)
    assert bench.core.idle


def test_no_bye_leaves_before_the_ack(bench: Bench) -> None:
    tag = bench.call(ack=False)
    bench.handler.calls[0].hang_up()
    assert bench.handler.ends == ["normal"]
    assert methods(bench.take()) == []
    assert methods(bench.ask("ACK", to_tag=tag)) == ["BYE"]


def test_an_unanswered_bye_is_given_up_and_the_call_forgotten(bench: Bench) -> None:
    bench.call()
    bench.handler.calls[0].hang_up()
    bench.advance(33)
    assert len(methods(bench.take())) == 11  # timer E: 0.5, 1, 2, 4, 4… until 32 s
    assert bench.core.idle


def test_two_byes_that_cross_are_both_answered(bench: Bench) -> None:
    tag = bench.call()
    bench.handler.calls[0].hang_up()
    bench.take()
    assert statuses(bench.ask("BYE", cseq=2, to_tag=tag)) == [200]
    assert bench.handler.ends == ["normal"]


def test_a_call_that_rings_and_is_cancelled_gets_487(bench: Bench) -> None:
    bench.handler.decision = Ringing()
    invite = bench.request("INVITE", body=OFFER, branch="z9hG4bKring")
    assert statuses(bench.send(invite)) == [180]
    cancelled, terminated = bench.ask("CANCEL", branch="z9hG4bKring")
    assert statuses([cancelled, terminated]) == [200, 487]
    assert cancelled.to.tag == terminated.to.tag  # §9.2
    assert bench.handler.ends == ["cancelled"]
    assert bench.ask("ACK", branch="z9hG4bKring") == []
    bench.advance(60)
    assert bench.take() == []
    bench.handler.calls[0].accept(ANSWER)
    assert bench.take() == []


def test_a_cancel_that_comes_too_late_changes_nothing(bench: Bench) -> None:
    bench.ask("INVITE", body=OFFER, branch="z9hG4bKlate")
    assert statuses(bench.ask("CANCEL", branch="z9hG4bKlate")) == [200]
    assert bench.handler.ends == []
    assert bench.core.calls == 1


def test_a_cancel_of_nothing_gets_481(bench: Bench) -> None:
    assert statuses(bench.ask("CANCEL")) == [481]


def test_a_487_is_sent_again_until_its_ack(bench: Bench) -> None:
    bench.handler.decision = Rejected(486, "Busy Here")
    assert statuses(bench.ask("INVITE", body=OFFER, branch="z9hG4bKbusy")) == [486]
    bench.advance(2)
    assert statuses(bench.take()) == [486, 486]
    bench.ask("ACK", branch="z9hG4bKbusy")
    bench.advance(40)
    assert bench.take() == []
    assert bench.handler.ends == []


def test_a_ringing_call_can_be_answered_later(bench: Bench) -> None:
    bench.handler.decision = Ringing()
    bench.ask("INVITE", body=OFFER)
    bench.advance(3)
    bench.handler.calls[0].accept(ANSWER)
    assert statuses(bench.take()) == [200]


def test_a_ringing_call_is_given_up_in_the_end(bench: Bench) -> None:
    bench.handler.decision = Ringing()
    bench.ask("INVITE", body=OFFER)
    bench.advance(121)
    assert statuses(bench.take())[0] == 480
    assert bench.handler.ends == ["no-answer"]


def test_hanging_up_while_it_rings_refuses_the_call(bench: Bench) -> None:
    bench.handler.decision = Ringing()
    bench.ask("INVITE", body=OFFER)
    bench.handler.calls[0].hang_up("closed")
    assert statuses(bench.take()) == [480]
    assert bench.handler.ends == ["closed"]


def test_a_caller_who_hangs_up_while_it_rings_gets_both_answers(bench: Bench) -> None:
    bench.handler.decision = Ringing()
    [ringing] = bench.ask("INVITE", body=OFFER)
    assert statuses(bench.ask("BYE", cseq=2, to_tag=ringing.to.tag)) == [200, 487]


def test_bad_sdp_is_refused_by_the_handler_with_488(bench: Bench) -> None:
    bench.handler.decision = Rejected(488, "Not Acceptable Here")
    assert statuses(bench.ask("INVITE", body=b"v=0\r\n")) == [488]
    assert bench.core.calls == 0


def test_a_full_house_answers_486_with_retry_after(bench: Bench) -> None:
    for number in range(2):
        bench.ask("INVITE", body=OFFER, call_id=f"full{number}")
    [busy] = bench.ask("INVITE", body=OFFER, call_id="one-more")
    assert isinstance(busy, Response)
    assert (busy.status, busy.headers.get("Retry-After")) == (486, "30")
    assert statuses(bench.ask("OPTIONS", call_id="probe")) == [486]


def test_a_handler_that_fails_costs_its_own_call_only(bench: Bench) -> None:
    bench.handler.answer = lambda call: 1 / 0  # type: ignore[method-assign, assignment, return-value]
    assert statuses(bench.ask("INVITE", body=OFFER)) == [500]
    assert bench.core.calls == 0


def test_a_delayed_offer_gets_ours_and_the_answer_comes_with_the_ack(bench: Bench) -> None:
    tag = bench.call(ack=False, body=b"")
    assert bench.handler.calls[0].offer is None
    bench.ask("ACK", to_tag=tag, body=OFFER)
    assert bench.handler.answers == [OFFER]


def test_a_delayed_offer_without_an_answer_ends_the_call(bench: Bench) -> None:
    tag = bench.call(ack=False, body=b"")
    assert methods(bench.ask("ACK", to_tag=tag)) == ["BYE"]
    assert bench.handler.ends == ["no-sdp"]


def test_options_tells_what_we_can(bench: Bench) -> None:
    [ok] = bench.ask("OPTIONS")
    assert isinstance(ok, Response)
    assert ok.status == 200
    assert {"INVITE", "BYE", "CANCEL", "INFO", "UPDATE"} <= set(ok.headers.elements("Allow"))
    assert ok.headers.get("Accept") == "application/sdp"
    assert ok.to.tag


@pytest.mark.parametrize("method", ["MESSAGE", "SUBSCRIBE", "REGISTER", "PUBLISH", "PRACK", "!x%"])
def test_an_unknown_method_gets_405_with_allow(bench: Bench, method: str) -> None:
    [no] = bench.ask(method)
    assert isinstance(no, Response)
    assert no.status == 405
    assert "INVITE" in no.headers.elements("Allow")


def test_refer_is_declined_inside_and_outside_a_call(bench: Bench) -> None:
    refer = {"Refer-To": "<sip:0899000000@192.0.2.66>"}
    assert statuses(bench.ask("REFER", headers=refer, call_id="other")) == [603]
    tag = bench.call()
    assert statuses(bench.ask("REFER", cseq=2, to_tag=tag, headers=refer)) == [603]
    assert bench.core.calls == 1


def test_an_extension_that_is_required_and_unknown_gets_420(bench: Bench) -> None:
    [no] = bench.ask("INVITE", body=OFFER, headers={"Require": "100rel, timer"})
    assert isinstance(no, Response)
    assert (no.status, no.headers.get("Unsupported")) == (420, "100rel")
    assert statuses(bench.ask("INVITE", body=OFFER, call_id="c2", headers={"Require": "timer"})) == [200]


def test_a_body_that_is_no_sdp_gets_415(bench: Bench) -> None:
    [no] = bench.ask("INVITE", body=b"<audio/>", headers={"Content-Type": "application/unknownformat"})
    assert isinstance(no, Response)
    assert (no.status, no.headers.get("Accept")) == (415, "application/sdp")


def test_sdp_is_found_in_a_multipart_body(bench: Bench) -> None:
    body = (
        b"--b\r\nContent-Type: application/isup\r\n\r\n\x01\x02\r\n--b\r\nC: application/sdp\r\n\r\n"
        + OFFER
        + b"\r\n--b--"
    )
    bench.ask("INVITE", body=body, headers={"Content-Type": 'multipart/mixed;boundary="b"'})
    assert bench.handler.calls[0].offer == OFFER


def test_a_scheme_that_is_not_ours_gets_416(bench: Bench) -> None:
    assert statuses(bench.ask("OPTIONS", uri="nobodyKnowsThisScheme:totallyopaque")) == [416]


def test_a_request_for_a_dialog_that_is_not_there_gets_481(bench: Bench) -> None:
    tag = bench.call()
    assert statuses(bench.ask("BYE", cseq=2, to_tag="nobody")) == [481]
    assert statuses(bench.ask("BYE", cseq=2, to_tag=tag, tag="an-impostor")) == [481]
    assert statuses(bench.ask("INVITE", cseq=2, to_tag="nobody", body=OFFER)) == [481]
    assert bench.core.calls == 1


def test_a_request_out_of_order_gets_500(bench: Bench) -> None:
    tag = bench.call()
    assert statuses(bench.ask("OPTIONS", cseq=5, to_tag=tag)) == [200]
    assert statuses(bench.ask("BYE", cseq=4, to_tag=tag)) == [500]


def test_hold_and_resume_give_the_handler_each_offer(bench: Bench) -> None:
    tag = bench.call()
    hold = OFFER + b"a=sendonly\r\n"
    [ok] = bench.ask("INVITE", cseq=2, to_tag=tag, body=hold)
    assert isinstance(ok, Response)
    assert (ok.status, ok.body) == (200, bench.handler.reanswer)
    bench.ask("ACK", cseq=2, to_tag=tag)
    assert statuses(bench.ask("UPDATE", cseq=3, to_tag=tag, body=OFFER)) == [200]
    assert bench.handler.reoffers == [hold, OFFER]
    bench.advance(30)
    assert bench.take() == []


def test_a_new_offer_that_the_handler_refuses_gets_488_and_the_call_goes_on(bench: Bench) -> None:
    tag = bench.call()
    bench.handler.reanswer = None
    assert statuses(bench.ask("INVITE", cseq=2, to_tag=tag, body=OFFER)) == [488]
    assert bench.core.calls == 1


def test_a_reinvite_without_sdp_gets_an_offer_and_its_ack_the_answer(bench: Bench) -> None:
    tag = bench.call()
    bench.handler.calls[0].on_offer_request = lambda: b"v=0\r\ns=fresh\r\n"
    [ok] = bench.ask("INVITE", cseq=2, to_tag=tag)
    assert ok.body == b"v=0\r\ns=fresh\r\n"
    bench.ask("ACK", cseq=2, to_tag=tag, body=OFFER)
    assert bench.handler.answers == [OFFER]


def test_a_reinvite_before_the_ack_is_put_off(bench: Bench) -> None:
    tag = bench.call(ack=False)
    assert statuses(bench.ask("INVITE", cseq=2, to_tag=tag, body=OFFER)) == [491]


def test_a_reinvite_moves_the_remote_target(bench: Bench) -> None:
    tag = bench.call()
    bench.ask("INVITE", cseq=2, to_tag=tag, body=OFFER, headers={"Contact": "<sip:moved@192.0.2.7:5099>"})
    bench.ask("ACK", cseq=2, to_tag=tag)
    bench.handler.calls[0].hang_up()
    [bye] = bench.take()
    assert isinstance(bye, Request)
    assert bye.uri == "sip:moved@192.0.2.7:5099"


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", b"Signal=7\r\nDuration=160\r\n", "7"),
        ("application/dtmf-relay", b"Signal= *\nDuration= 160", "*"),
        ("application/dtmf-relay", b"Duration=250\r\nSignal=11", "#"),
        ("application/dtmf", b"9\r\n", "9"),
    ],
)
def test_a_key_comes_by_info(bench: Bench, kind: str, body: bytes, key: str) -> None:
    tag = bench.call()
    assert statuses(bench.ask("INFO", cseq=2, to_tag=tag, body=body, headers={"Content-Type": kind})) == [200]
    assert bench.handler.keys == [key]


def test_info_that_is_no_key_is_refused_and_one_without_a_body_is_not(bench: Bench) -> None:
    tag = bench.call()
    no = bench.ask("INFO", cseq=2, to_tag=tag, body=b"x", headers={"Content-Type": "application/media_control+xml"})
    assert statuses(no) == [415]
    assert statuses(bench.ask("INFO", cseq=3, to_tag=tag)) == [200]
    assert bench.handler.keys == []


def test_a_withheld_number_stays_withheld(bench: Bench) -> None:
    bench.ask("INVITE", body=OFFER, headers={"Privacy": "id", "P-Asserted-Identity": "<tel:+33612345678>"})
    bench.ask("INVITE", body=OFFER, call_id="c2", headers={"P-Asserted-Identity": "<tel:+33612345678>"})
    assert [call.caller for call in bench.handler.calls] == [None, "+33612345678"]


def test_a_call_shows_no_number(bench: Bench) -> None:
    bench.call()
    [call] = bench.handler.calls
    assert "0612345678" not in repr(call)
    assert call.id != "c1"


def test_responses_go_to_the_port_that_rport_says() -> None:
    bench = Bench()
    bench.flow.peer = ("192.0.2.7", 40123)
    [ok] = bench.ask("OPTIONS")
    assert bench.flow.ports == [40123]
    assert ok.via.parameters["rport"] == "40123"
    assert ok.via.parameters["received"] == "192.0.2.7"


def test_over_tcp_the_contact_says_so_and_carries_the_connections_port() -> None:
    bench = Bench(transport="TCP")
    bench.flow.local = ("192.0.2.1", 43210)
    [ok] = bench.ask("INVITE", body=OFFER)
    assert ok.headers.get("Contact") == "<sip:voicebot@192.0.2.1:43210;transport=tcp>"


def test_our_requests_do_not_follow_a_contact_to_a_third_party(bench: Bench) -> None:
    bench.call(Contact="<sip:victim@198.51.100.66:5060>")
    bench.handler.calls[0].hang_up()
    assert methods(bench.take()) == ["BYE"]  # it went back to the caller


def test_our_requests_follow_a_route_to_an_allowed_proxy(bench: Bench) -> None:
    proxy = MemoryFlow(peer=("192.0.2.8", 5060))
    bench.network.known["UDP", "192.0.2.8", 5060] = proxy
    bench.call(Record_Route="<sip:192.0.2.8;lr>")
    bench.handler.calls[0].hang_up()
    assert bench.take() == []
    assert proxy.sent[0].startswith(b"BYE sip:caller@192.0.2.7:5060")


def test_a_lost_connection_ends_a_call_when_we_say_goodbye() -> None:
    bench = Bench(transport="TCP")
    bench.call()
    bench.flow.closed = True
    bench.core.flow_closed(bench.flow)
    bench.handler.calls[0].hang_up()
    assert bench.core.idle


def test_stopping_says_goodbye_and_refuses_new_calls(bench: Bench) -> None:
    bench.call()
    bench.core.stop()
    assert methods(bench.take()) == ["BYE"]
    assert bench.handler.ends == ["stopped"]
    assert statuses(bench.ask("INVITE", body=OFFER, call_id="late")) == [503]


def test_nothing_is_left_when_calls_are_over(bench: Bench) -> None:
    for number in range(20):
        [ok] = bench.ask("INVITE", body=OFFER, call_id=f"n{number}")
        bench.ask("ACK", call_id=f"n{number}", to_tag=ok.to.tag)
        bench.ask("BYE", call_id=f"n{number}", cseq=2, to_tag=ok.to.tag)
    bench.advance(100)
    assert bench.timers.next_at is None
    assert bench.core.idle
    assert not bench.core.layer._servers


def test_a_refusal_must_be_a_refusal() -> None:
    with pytest.raises(ValueError, match="400 to 699"):
        Rejected(200, "OK")


def test_the_handler_may_hang_up_while_it_answers(bench: Bench) -> None:
    def answer(call: IncomingCall) -> Accepted:
        call.on_end = bench.handler.ends.append
        call.hang_up("closed")
        return Accepted(ANSWER)

    bench.handler.answer = answer  # type: ignore[method-assign]
    assert statuses(bench.ask("INVITE", body=OFFER)) == [480]
    assert bench.handler.ends == ["closed"]
    assert bench.core.calls == 0


def test_an_ack_of_another_request_is_not_taken(bench: Bench) -> None:
    tag = bench.call(ack=False)
    bench.ask("ACK", cseq=7, to_tag=tag)
    bench.advance(0.6)
    assert statuses(bench.take()) == [200]


def test_an_ack_with_the_branch_of_its_invite_is_taken(bench: Bench) -> None:
    [ok] = bench.ask("INVITE", body=OFFER, branch="z9hG4bKold")
    bench.ask("ACK", to_tag=ok.to.tag, branch="z9hG4bKold")
    bench.advance(31)
    assert bench.take() == []


def test_what_comes_while_we_say_goodbye_gets_481(bench: Bench) -> None:
    tag = bench.call()
    bench.handler.calls[0].hang_up()
    bench.take()
    body = {"body": b"Signal=1", "headers": {"Content-Type": "application/dtmf-relay"}}
    assert statuses(bench.ask("INFO", cseq=2, to_tag=tag, **body)) == [481]
    assert bench.handler.keys == []


def test_a_challenge_inside_a_call_is_answered_once() -> None:
    settings = RegistrationSettings("192.0.2.9", "bot", Credentials("bot", "secret"))
    bench = Bench(registration=settings)
    bench.call()
    bench.handler.calls[0].hang_up()
    [bye] = bench.take()
    bench.reply(bye, 407, Proxy_Authenticate='Digest realm="r", nonce="n", qop="auth"')
    [again] = bench.take()
    assert isinstance(again, Request)
    assert again.cseq[0] == bye.cseq[0] + 1
    assert (again.headers.get("Proxy-Authorization") or "").startswith('Digest username="bot"')
    bench.reply(again, 407, Proxy_Authenticate='Digest realm="r", nonce="n2", qop="auth"')
    assert bench.take() == []
    assert bench.core.idle


def test_over_tcp_our_requests_stay_on_the_callers_connection() -> None:
    bench = Bench(transport="TCP")
    other = MemoryFlow(transport="TCP")
    bench.network.known["TCP", "192.0.2.7", 5060] = other
    bench.call()
    bench.handler.calls[0].hang_up()
    assert methods(bench.take()) == ["BYE"]
    assert other.sent == []


def test_a_connection_that_broke_is_made_again_for_the_goodbye() -> None:
    bench = Bench(transport="TCP")
    other = MemoryFlow(transport="TCP")
    bench.network.known["TCP", "192.0.2.7", 5060] = other
    bench.call()
    bench.flow.closed = True
    bench.handler.calls[0].hang_up()
    assert other.sent[0].startswith(b"BYE ")


def test_only_so_many_transactions_are_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.sip.layer.MAX_TRANSACTIONS", 3)
    answered = [bench.ask("OPTIONS", call_id=f"o{number}") for number in range(5)]
    assert [len(messages) for messages in answered] == [1, 1, 1, 0, 0]
    bench.advance(33)
    assert statuses(bench.ask("OPTIONS")) == [200]


def test_a_call_that_does_not_fit_is_sent_to_the_practices_own_telephone() -> None:
    bench = Bench(max_calls=1)
    bench.core.plan.replace({"secretary": "sip:accueil@pbx.example"})
    bench.core.overflow = "secretary"
    bench.call()
    [sent] = bench.ask("INVITE", call_id="c2", body=OFFER)
    assert isinstance(sent, Response)
    assert sent.status == 302
    assert sent.headers.get("Contact") == "<sip:accueil@pbx.example>"
    bench.core.overflow = None
    assert statuses(bench.ask("INVITE", call_id="c3", body=OFFER)) == [486]
    assert len(bench.handler.calls) == 1
