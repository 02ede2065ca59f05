"""Calls of ours: rung, answered, refused, given up, challenged (RFC 3261 §9, §13.2, §22)."""

from __future__ import annotations

from typing import Any

import pytest

from telephony.sip.digest import Credentials
from telephony.sip.handler import OutgoingCall
from telephony.sip.message import Request, Response, parse
from telephony.sip.registration import RegistrationSettings
from tests.telephony.sip.peer import ANSWER, OFFER, Bench, methods, statuses
from voicebot.errors import UnavailableError

RING = 20.0
TRUNK = RegistrationSettings("192.0.2.9", "cabinet", Credentials("cabinet", "secret"))
CHALLENGE = 'Digest realm="trunk", nonce="abc", qop="auth", algorithm=MD5'
SECRETARY = "<sip:accueil@pbx.example>;tag=secretary"


class Dialled:
    """A call of ours to the secretary; the bench's network is her telephone."""

    def __init__(self, registration: RegistrationSettings | None = None, **bench: Any) -> None:
        self.bench = Bench(registration=registration, **bench)
        self.bench.core.plan.replace({"secretary": "+33465710011" if registration else "sip:accueil@pbx.example"})
        self.flow = self.bench.network.flow
        self.told: list[object] = []
        self.call = OutgoingCall(lambda ip: ANSWER if ip == "192.0.2.1" else b"")
        self.call.on_ringing = lambda: self.told.append("ringing")
        self.call.on_connected = lambda sdp: self.told.append(sdp)
        self.call.on_failed = lambda reason, code: self.told.append((reason, code))
        self.call.on_end = lambda reason: self.told.append(f"end {reason}")
        self.bench.core.dialer.dial("secretary", self.call, ring_seconds=RING)

    def sent(self) -> list[Request | Response]:
        sent = [parse(data) for data in self.flow.sent]
        self.flow.sent.clear()
        return sent

    def invite(self) -> Request:
        [invite] = self.sent()
        assert isinstance(invite, Request)
        assert invite.method == "INVITE"
        return invite

    def reply(self, request: Request, status: int, *, to: str = SECRETARY, body: bytes = b"", **headers: str) -> None:
        if body:
            headers["Content_Type"] = "application/sdp"
        contact = {"Contact": "<sip:accueil@192.0.2.9:5062>"} if 200 <= status < 300 else {}
        self.bench.reply(request, status, body=body, To=to, **contact, **headers)

    def connect(self) -> Request:
        invite = self.invite()
        self.reply(invite, 180)
        self.reply(invite, 200, body=OFFER)
        [ack] = self.sent()
        assert isinstance(ack, Request)
        return ack


def test_the_invite_offers_our_media_to_the_contact() -> None:
    dialled = Dialled()
    assert dialled.bench.network.opened == [("UDP", "pbx.example", 5060)]
    invite = dialled.invite()
    assert invite.uri == "sip:accueil@pbx.example"
    assert invite.body == ANSWER
    assert invite.headers.get("Content-Type") == "application/sdp"
    assert "tag=" in (invite.headers.get("From") or "")
    assert invite.to.tag is None


def test_it_rings_and_is_answered() -> None:
    dialled = Dialled()
    ack = dialled.connect()
    assert ack.method == "ACK"
    assert ack.uri == "sip:accueil@192.0.2.9:5062"
    assert dialled.told == ["ringing", OFFER]
    dialled.call.hang_up("normal")
    assert methods(dialled.sent()) == ["BYE"]
    assert dialled.told[-1] == "end normal"


def test_a_second_200_is_acknowledged_again_and_nothing_else() -> None:
    dialled = Dialled()
    invite = dialled.invite()
    for _ in range(3):
        dialled.reply(invite, 200, body=OFFER)
    assert methods(dialled.sent()) == ["ACK"] * 3
    assert dialled.told == [OFFER]


def test_the_other_fork_is_hung_up() -> None:
    dialled = Dialled()
    invite = dialled.invite()
    dialled.reply(invite, 200, body=OFFER)
    dialled.sent()
    dialled.reply(invite, 200, to="<sip:accueil@pbx.example>;tag=other", body=OFFER)
    assert methods(dialled.sent()) == ["ACK", "BYE"]
    assert dialled.told == [OFFER]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (486, "busy"),
        (600, "busy"),
        (603, "declined"),
        (403, "declined"),
        (480, "no-answer"),
        (408, "no-answer"),
        (404, "unreachable"),
        (503, "unreachable"),
        (302, "unreachable"),
    ],
)
def test_a_refusal_says_why_and_is_acknowledged(status: int, reason: str) -> None:
    dialled = Dialled()
    dialled.reply(dialled.invite(), status)
    assert methods(dialled.sent()) == ["ACK"]  # and a redirection is not followed
    assert dialled.told == [(reason, status)]
    dialled.bench.advance(200)
    assert dialled.sent() == []
    assert dialled.bench.core.idle


def test_nobody_answers_in_time() -> None:
    dialled = Dialled()
    invite = dialled.invite()
    dialled.reply(invite, 180)
    dialled.bench.advance(RING + 0.1)
    assert dialled.told == ["ringing", ("no-answer", None)]
    [cancel] = dialled.sent()
    assert isinstance(cancel, Request)
    assert cancel.method == "CANCEL"
    assert cancel.uri == invite.uri
    assert str(cancel.via) == str(invite.via)
    assert cancel.cseq == (invite.cseq[0], "CANCEL")
    assert cancel.to.tag is None
    dialled.reply(cancel, 200)
    dialled.reply(invite, 487)
    assert methods(dialled.sent()) == ["ACK"]
    assert dialled.told == ["ringing", ("no-answer", None)]


def test_a_cancel_waits_for_a_provisional_response() -> None:
    dialled = Dialled()
    invite = dialled.invite()
    dialled.call.hang_up("caller-gone")
    assert dialled.sent() == []
    dialled.reply(invite, 100)
    assert methods(dialled.sent()) == ["CANCEL"]
    assert dialled.told == [("caller-gone", None)]


def test_an_answer_that_crosses_the_cancel_is_hung_up() -> None:
    dialled = Dialled()
    invite = dialled.invite()
    dialled.reply(invite, 180)
    dialled.call.hang_up("caller-gone")
    dialled.sent()
    dialled.reply(invite, 200, body=OFFER)
    assert methods(dialled.sent()) == ["ACK", "BYE"]
    assert dialled.told == ["ringing", ("caller-gone", None)]


def test_a_cancelled_call_that_is_never_answered_is_forgotten() -> None:
    dialled = Dialled()
    invite = dialled.invite()
    dialled.reply(invite, 180)
    dialled.call.hang_up("caller-gone")
    dialled.bench.advance(120)
    assert dialled.bench.core.idle


def test_nobody_is_there() -> None:
    dialled = Dialled()
    dialled.bench.core.timers.after(0, lambda: None)
    assert methods(dialled.sent()) == ["INVITE"]
    dialled.bench.advance(RING + 40)
    assert dialled.told == [("no-answer", None)]
    assert dialled.bench.core.idle


def test_the_contacts_name_cannot_be_resolved() -> None:
    bench = Bench()
    bench.network.reachable = False
    bench.core.plan.replace({"secretary": "sip:accueil@pbx.example"})
    told: list[object] = []
    call = OutgoingCall(lambda ip: ANSWER)
    call.on_failed = lambda reason, code: told.append((reason, code))
    bench.core.dialer.dial("secretary", call, ring_seconds=RING)
    assert told == [("unreachable", None)]


def test_an_answer_without_a_description_is_hung_up() -> None:
    dialled = Dialled()
    dialled.reply(dialled.invite(), 200)
    assert methods(dialled.sent()) == ["ACK", "BYE"]
    assert dialled.told == [("unreachable", None)]


def test_the_trunk_is_shown_the_password_once_over_the_registrations_connection() -> None:
    dialled = Dialled(TRUNK)
    first = dialled.invite()
    assert first.uri == "sip:+33465710011@192.0.2.9"
    assert first.from_.uri.text == "sip:cabinet@192.0.2.9"
    dialled.reply(first, 407, Proxy_Authenticate=CHALLENGE)
    second, _ = dialled.sent()
    assert isinstance(second, Request)
    assert second.cseq[0] == first.cseq[0] + 1
    assert second.call_id == first.call_id
    assert 'username="cabinet"' in (second.headers.get("Proxy-Authorization") or "")
    dialled.reply(second, 407, Proxy_Authenticate=CHALLENGE)
    assert methods(dialled.sent()) == ["ACK"]
    assert dialled.told == [("unreachable", 407)]


def test_a_telephone_that_is_not_the_trunk_learns_nothing_of_the_password() -> None:
    dialled = Dialled(TRUNK)
    dialled.bench.core.plan.replace({"secretary": "sip:accueil@pbx.example"})
    dialled.sent()
    call = OutgoingCall(lambda ip: ANSWER)
    dialled.bench.core.dialer.dial("secretary", call, ring_seconds=RING)
    dialled.reply(dialled.invite(), 401, WWW_Authenticate=CHALLENGE)
    assert methods(dialled.sent()) == ["ACK"]


@pytest.mark.parametrize("contact", ["on_call", "+33899123456", "sip:accueil@pbx.example"])
def test_nobody_else_is_ever_dialled(contact: str) -> None:
    dialled = Dialled()
    dialled.sent()
    with pytest.raises(UnavailableError):
        dialled.bench.core.dialer.dial(contact, OutgoingCall(lambda ip: ANSWER), ring_seconds=RING)
    assert dialled.sent() == []
    assert len(dialled.bench.network.opened) == 1


def test_what_they_do_during_the_call_is_served() -> None:
    """A new offer, a key and a BYE of the side that was called."""
    dialled = Dialled()
    ack = dialled.connect()
    keys: list[str] = []
    dialled.call.on_key = keys.append
    dialled.call.on_reoffer = lambda offer: ANSWER
    given = {"call_id": ack.call_id, "to_tag": ack.from_.tag, "tag": "secretary"}
    info = {"Content-Type": "application/dtmf-relay"}
    dialled.bench.ask("INFO", cseq=1, body=b"Signal=5\n", headers=info, **given)
    assert keys == ["5"]
    [ok] = dialled.bench.ask("INVITE", cseq=2, body=OFFER, **given)
    assert isinstance(ok, Response)
    assert ok.body == ANSWER
    dialled.bench.ask("ACK", cseq=2, **given)
    assert statuses(dialled.bench.ask("BYE", cseq=3, **given)) == [200]
    assert dialled.told[-1] == "end hung-up"
    assert dialled.bench.core.idle


def test_calls_of_ours_do_not_fill_the_house() -> None:
    dialled = Dialled(max_calls=1)
    dialled.connect()
    assert dialled.bench.core.calls == 0
    dialled.bench.call()


def test_when_the_agent_stops_what_rings_is_cancelled_and_nothing_more_is_dialled() -> None:
    dialled = Dialled()
    dialled.reply(dialled.invite(), 180)
    dialled.bench.core.stop()
    assert methods(dialled.sent()) == ["CANCEL"]
    assert dialled.told == ["ringing", ("stopped", None)]
    with pytest.raises(UnavailableError):
        dialled.bench.core.dialer.dial("secretary", OutgoingCall(lambda ip: ANSWER), ring_seconds=RING)


def test_a_session_that_they_time_is_refreshed_by_us() -> None:
    dialled = Dialled()
    invite = dialled.invite()
    dialled.reply(
        invite, 200, body=OFFER, Session_Expires="90;refresher=uac", Require="timer", Allow="INVITE, UPDATE, BYE"
    )
    dialled.sent()
    dialled.bench.advance(46)
    assert methods(dialled.sent())[0] == "UPDATE"
