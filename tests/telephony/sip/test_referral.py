"""Blind transfer: REFER, its answer, and the NOTIFYs that say how it went (RFC 3515)."""

from __future__ import annotations

import pytest

from telephony.sip.message import Request, Response
from telephony.sip.referral import ReferralEnd, fragment_status
from tests.telephony.sip.peer import Bench, methods, statuses
from voicebot.errors import UnavailableError

PATIENCE = 30.0


class Transfer:
    """A call under way that is being referred to the secretary."""

    def __init__(self, answer: int | None = 202) -> None:
        self.bench = Bench()
        self.bench.core.plan.replace({"secretary": "sip:accueil@pbx.example"})
        self.tag = self.bench.call()
        self.ends: list[ReferralEnd] = []
        [self.call] = self.bench.handler.calls
        self.call.refer("secretary", patience=PATIENCE, done=self.ends.append)
        [self.refer] = self.bench.take()
        if answer is not None:
            self.bench.reply(self.refer, answer)
        self._cseq = 10

    def notify(self, body: str, state: str = "active;expires=60", event: str = "refer", kind: str = "") -> list[int]:
        self._cseq += 1
        headers = {"Event": event, "Subscription-State": state, "Content-Type": kind or "message/sipfrag;version=2.0"}
        return statuses(self.bench.ask("NOTIFY", cseq=self._cseq, to_tag=self.tag, body=body.encode(), headers=headers))


def test_the_refer_names_the_contact_and_who_refers() -> None:
    refer = Transfer().refer
    assert isinstance(refer, Request)
    assert refer.method == "REFER"
    assert refer.headers.get("Refer-To") == "<sip:accueil@pbx.example>"
    assert refer.headers.get("Referred-By") == "<sip:voicebot@192.0.2.1:5060>"


def test_acceptance_is_not_the_end_and_the_final_notify_is() -> None:
    transfer = Transfer()
    assert transfer.ends == []
    assert transfer.notify("SIP/2.0 100 Trying\r\n") == [200]
    assert transfer.notify("SIP/2.0 180 Ringing\r\n") == [200]
    assert transfer.ends == []
    assert transfer.notify("SIP/2.0 200 OK\r\n", "terminated;reason=noresource") == [200]
    assert transfer.ends == [ReferralEnd("answered", 200)]
    assert transfer.bench.handler.ends == []  # the call is ours to end
    transfer.call.hang_up("transferred")
    assert methods(transfer.bench.take()) == ["BYE"]


@pytest.mark.parametrize("status", [486, 603, 480, 404, 503])
def test_a_failure_gives_the_caller_back(status: int) -> None:
    transfer = Transfer()
    transfer.notify(f"SIP/2.0 {status} No\r\n", "terminated;reason=noresource")
    assert transfer.ends == [ReferralEnd("failed", status)]
    assert transfer.bench.handler.ends == []
    assert transfer.bench.core.calls == 1


@pytest.mark.parametrize("status", [603, 405, 501, 403, 420, 488])
def test_a_refused_refer_leaves_the_call_as_it_was(status: int) -> None:
    transfer = Transfer(status)
    assert transfer.ends == [ReferralEnd("refused", status)]
    assert transfer.notify("SIP/2.0 200 OK\r\n") == [481]
    assert transfer.bench.core.calls == 1


def test_a_refer_that_nobody_answers_is_refused_in_time_and_the_call_stays() -> None:
    transfer = Transfer(None)
    transfer.bench.advance(10.1)
    assert transfer.ends == [ReferralEnd("refused")]
    transfer.bench.advance(40)  # also timer F passes
    assert transfer.ends == [ReferralEnd("refused")]
    assert transfer.bench.core.calls == 1


def test_a_request_timeout_from_a_proxy_does_not_end_the_call() -> None:
    transfer = Transfer(408)
    assert transfer.ends == [ReferralEnd("refused")]
    assert transfer.bench.core.calls == 1


def test_a_peer_that_does_not_know_the_call_any_more_ends_it() -> None:
    transfer = Transfer(481)
    assert transfer.bench.handler.ends == ["lost"]
    assert transfer.ends == []


def test_without_a_notify_the_transfer_fails_when_patience_ends() -> None:
    transfer = Transfer()
    transfer.bench.advance(PATIENCE + 0.1)
    assert transfer.ends == [ReferralEnd("failed")]
    assert transfer.notify("SIP/2.0 200 OK\r\n") == [481]
    assert transfer.bench.core.calls == 1


def test_a_notify_may_overtake_the_response() -> None:
    transfer = Transfer(None)
    assert transfer.notify("SIP/2.0 200 OK\r\n", "terminated") == [200]
    transfer.bench.reply(transfer.refer, 202)
    assert transfer.ends == [ReferralEnd("answered", 200)]


def test_a_subscription_that_ends_without_a_result_is_a_failure() -> None:
    transfer = Transfer()
    transfer.notify("SIP/2.0 100 Trying\r\n", "Terminated ; reason=timeout")
    assert transfer.ends == [ReferralEnd("failed", 100)]


def test_a_caller_who_hangs_up_meanwhile_ends_it_without_a_result() -> None:
    transfer = Transfer()
    assert statuses(transfer.bench.ask("BYE", cseq=30, to_tag=transfer.tag)) == [200]
    assert transfer.bench.handler.ends == ["hung-up"]
    transfer.bench.advance(PATIENCE * 2)
    assert transfer.ends == []


def test_a_notify_of_another_package_or_without_a_refer_is_refused() -> None:
    transfer = Transfer()
    assert transfer.notify("SIP/2.0 200 OK\r\n", event="presence") == [481]
    assert transfer.ends == []
    bench = Bench()
    tag = bench.call()
    assert statuses(bench.ask("NOTIFY", cseq=2, to_tag=tag, headers={"Event": "refer"})) == [481]


def test_the_challenge_of_a_trunk_without_our_password_is_a_refusal() -> None:
    transfer = Transfer(401)
    assert transfer.ends == [ReferralEnd("refused", 401)]


@pytest.mark.parametrize("contact", ["on_call", "+33899123456", "sip:accueil@pbx.example"])
def test_nobody_else_is_ever_referred_to(contact: str) -> None:
    transfer = Transfer(603)
    with pytest.raises(UnavailableError):
        transfer.call.refer(contact, patience=PATIENCE, done=transfer.ends.append)
    assert transfer.bench.take() == []


def test_one_transfer_at_a_time() -> None:
    transfer = Transfer()
    with pytest.raises(UnavailableError):
        transfer.call.refer("secretary", patience=PATIENCE, done=transfer.ends.append)


def test_their_refer_is_always_declined() -> None:
    transfer = Transfer()
    headers = {"Refer-To": "<sip:+33899123456@trunk.example>"}
    assert statuses(transfer.bench.ask("REFER", cseq=40, to_tag=transfer.tag, headers=headers)) == [603]
    assert statuses(transfer.bench.ask("REFER", call_id="other", headers=headers)) == [603]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"SIP/2.0 200 OK", "message/sipfrag", 200),
        (b"SIP/2.0 180 Ringing\r\nTo: <sip:a@b>\r\n", "Message/SIPfrag;version=2.0", 180),
        (b"\r\nsip/2.0  486 Busy Here\r\n", "message/sipfrag", 486),
        (b"SIP/2.0 200", "message/sipfrag", 200),
        (b"SIP/2.0 2000 OK", "message/sipfrag", None),
        (b"SIP/2.0 700 What", "message/sipfrag", None),
        (b"INVITE sip:a@b SIP/2.0\r\n", "message/sipfrag", None),
        (b"SIP/2.0 200 OK", "text/plain", None),
        (b"", "message/sipfrag", None),
        (b"\xff\xfe", "message/sipfrag", None),
    ],
)
def test_the_status_of_a_fragment(body: bytes, kind: str, status: int | None) -> None:
    request = Request(method="NOTIFY", uri="sip:a@b", body=body)
    request.headers.add("Content-Type", kind)
    assert fragment_status(request) == status


def test_an_answer_to_our_bye_after_the_transfer_frees_the_call() -> None:
    transfer = Transfer()
    transfer.notify("SIP/2.0 200 OK\r\n", "terminated")
    transfer.call.hang_up("transferred")
    [bye] = transfer.bench.take()
    assert not isinstance(bye, Response)
    transfer.bench.reply(bye, 200)
    assert transfer.bench.core.idle
