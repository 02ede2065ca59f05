"""Registering with a trunk: the answer to its challenge, the refresh, and coming back after a failure."""

from __future__ import annotations

import pytest

from telephony.sip.digest import Credentials
from telephony.sip.framing import PING
from telephony.sip.message import Request, Response, parse
from telephony.sip.registration import RegistrationSettings, granted_expires
from tests.telephony.sip.peer import Bench, MemoryFlow
from voicebot.errors import ConfigurationError

SETTINGS = RegistrationSettings("registrar.example.org", "bot", Credentials("bot", "secret"), domain="pbx.test")
CHALLENGE = 'Digest realm="pbx.test", nonce="n1", qop="auth"'


@pytest.fixture
def bench() -> Bench:
    bench = Bench(registration=SETTINGS)
    bench.core.start()
    return bench


def register(bench: Bench) -> Request:
    """The REGISTER that was sent last."""
    sent = [parse(data) for data in bench.network.flow.sent if data != PING]
    bench.network.flow.sent.clear()
    assert sent, "no REGISTER was sent"
    assert isinstance(sent[-1], Request)
    return sent[-1]


def accept(bench: Bench, expires: int = 300) -> None:
    asked = register(bench)
    bench.reply(asked, 401, WWW_Authenticate=CHALLENGE)
    again = register(bench)
    bench.reply(again, 200, Contact=f"{again.headers.get('Contact')};expires={expires}")


def test_a_challenge_is_answered_and_the_state_told(bench: Bench) -> None:
    first = register(bench)
    assert (first.uri, first.to.uri.text, first.headers.get("Expires")) == ("sip:pbx.test", "sip:bot@pbx.test", "300")
    assert first.headers.get("Contact") == "<sip:bot@192.0.2.1:5060>"
    assert "Authorization" not in first.headers
    bench.reply(first, 401, WWW_Authenticate=CHALLENGE)
    second = register(bench)
    assert 'username="bot"' in (second.headers.get("Authorization") or "")
    assert "secret" not in bytes(second).decode()
    assert (second.call_id, second.cseq[0]) == (first.call_id, first.cseq[0] + 1)
    assert bench.states == []
    bench.reply(second, 200)
    assert bench.states == ["registered"]


def test_a_proxys_challenge_is_answered_in_its_own_header(bench: Bench) -> None:
    bench.reply(register(bench), 407, Proxy_Authenticate=CHALLENGE)
    assert register(bench).headers.get("Proxy-Authorization")


def test_the_binding_is_refreshed_before_it_ends(bench: Bench) -> None:
    accept(bench, expires=200)
    bench.advance(135)
    assert [data for data in bench.network.flow.sent if data != PING] == []
    bench.advance(2)  # 200 − 64 s
    accept(bench, expires=60)
    bench.advance(31)
    assert register(bench).method == "REGISTER"
    assert bench.states == ["registered"]


def test_a_nat_binding_is_kept_open(bench: Bench) -> None:
    accept(bench)
    bench.advance(100)
    assert bench.network.flow.sent.count(PING) == 4


def test_a_wrong_password_is_not_tried_again_at_once(bench: Bench) -> None:
    bench.reply(register(bench), 401, WWW_Authenticate=CHALLENGE)
    bench.reply(register(bench), 401, WWW_Authenticate=CHALLENGE)
    assert bench.states == ["refused"]
    bench.network.flow.sent.clear()
    bench.advance(299)
    assert [data for data in bench.network.flow.sent if data != PING] == []
    bench.advance(2)
    accept(bench)
    assert bench.states == ["refused", "registered"]


def test_a_stale_nonce_is_no_wrong_password(bench: Bench) -> None:
    bench.reply(register(bench), 401, WWW_Authenticate=CHALLENGE)
    bench.reply(register(bench), 401, WWW_Authenticate=CHALLENGE.replace("n1", "n2") + ", stale=TRUE")
    third = register(bench)
    assert 'nonce="n2"' in (third.headers.get("Authorization") or "")
    bench.reply(third, 401, WWW_Authenticate=CHALLENGE + ", stale=true")
    assert bench.states == ["refused"]


def test_a_challenge_that_we_cannot_answer_is_a_refusal(bench: Bench) -> None:
    bench.reply(register(bench), 401, WWW_Authenticate='Digest realm="x", nonce="y", algorithm=UNKNOWN')
    assert bench.states == ["refused"]


def test_a_registrar_that_is_away_is_tried_again_at_growing_intervals() -> None:
    bench = Bench(registration=SETTINGS)
    bench.network.reachable = False
    bench.core.start()
    tries = []
    for _ in range(600):
        bench.advance(1)
        tries.append(len(bench.network.opened))
    assert bench.states == ["unreachable"]
    assert 3 <= tries[29] <= 6
    assert 8 <= tries[599] <= 17  # never farther apart than two minutes
    bench.network.reachable = True
    for _ in range(121):
        if not bench.network.flow.sent:
            bench.advance(1)
    accept(bench)
    assert bench.states == ["unreachable", "registered"]


def test_a_registrar_that_does_not_answer_is_tried_again(bench: Bench) -> None:
    bench.advance(40)
    assert bench.states == ["unreachable"]
    bench.network.flow.sent.clear()
    bench.advance(10)
    accept(bench)
    assert bench.states == ["unreachable", "registered"]


def test_a_registrar_that_is_overloaded_says_when_to_come_back(bench: Bench) -> None:
    bench.reply(register(bench), 503, Retry_After="500 (back soon)")
    bench.network.flow.sent.clear()
    bench.advance(499)
    assert [data for data in bench.network.flow.sent if data != PING] == []
    bench.advance(2)
    accept(bench)


def test_an_interval_that_is_too_short_is_raised(bench: Bench) -> None:
    bench.reply(register(bench), 423, Min_Expires="1800")
    assert register(bench).headers.get("Expires") == "1800"


def test_stopping_withdraws_the_registration(bench: Bench) -> None:
    accept(bench)
    bench.core.stop()
    last = register(bench)
    assert last.headers.get("Expires") == "0"
    assert not bench.core.idle
    bench.reply(last, 401, WWW_Authenticate=CHALLENGE)
    last = register(bench)
    assert last.headers.get("Expires") == "0"
    bench.reply(last, 200)
    assert bench.states == ["registered", "unregistered"]
    assert bench.core.idle
    bench.advance(1000)
    assert [data for data in bench.network.flow.sent if data != PING] == []


def test_a_connection_that_breaks_is_made_again() -> None:
    bench = Bench(registration=RegistrationSettings("r", "bot", Credentials("bot", "x"), transport="TCP"))
    bench.network.flow.transport = "TCP"
    bench.core.start()
    contact = register(bench).headers.get("Contact") or ""
    assert contact.startswith("<sip:bot@192.0.2.1:5060;transport=tcp>;+sip.instance=")
    bench.core.flow_closed(bench.network.flow)
    bench.advance(5)
    accept(bench)
    bench.core.flow_closed(bench.network.flow)
    bench.advance(5)
    accept(bench)
    assert bench.states == ["unreachable", "registered", "unreachable", "registered"]


def test_over_tls_our_contact_is_the_connection_and_says_so() -> None:
    bench = Bench(registration=RegistrationSettings("r", "bot", Credentials("bot", "x"), transport="TLS"))
    bench.network.flow.transport = "TLS"
    bench.core.start()
    asked = register(bench)
    assert (asked.headers.get("Contact") or "").startswith("<sip:bot@192.0.2.1:5060;transport=tls>;+sip.instance=")
    assert asked.via.transport == "TLS"
    assert bench.network.opened == [("TLS", "r", None)]


@pytest.mark.parametrize("how", ["silence", "503", "408", "a broken connection"])
def test_the_next_server_is_asked_at_once_when_one_does_not_serve(bench: Bench, how: str) -> None:
    first, bench.network.second = bench.network.flow, MemoryFlow(peer=("192.0.2.10", 5060))
    asked = register(bench)
    match how:
        case "silence":
            bench.advance(32)
        case "a broken connection":
            bench.core.flow_closed(first)
        case status:
            bench.reply(asked, int(status), Retry_After="100")
    bench.network.flow, first.sent[:] = bench.network.second, []
    accept(bench)
    assert bench.states == ["registered"]
    assert bench.network.flow.peer == ("192.0.2.10", 5060)


def test_a_connection_that_gives_no_answer_is_cut_and_made_again() -> None:
    bench = Bench(registration=RegistrationSettings("r", "bot", Credentials("bot", "x"), transport="TCP"))
    bench.network.flow.transport = "TCP"
    bench.core.start()
    bench.advance(32)
    assert bench.network.flow.closed
    assert bench.states == ["unreachable"]
    bench.network.flow.sent.clear()
    bench.advance(5)
    accept(bench)
    assert bench.states == ["unreachable", "registered"]


def test_when_no_server_serves_all_are_tried_again_after_the_pause_that_was_asked_for(bench: Bench) -> None:
    bench.reply(register(bench), 503, Retry_After="100")
    assert bench.states == ["unreachable"]
    bench.advance(99)
    assert [data for data in bench.network.flow.sent if data != PING] == []
    bench.advance(2)
    accept(bench)
    assert bench.states == ["unreachable", "registered"]


def test_a_refusal_is_the_trunks_and_no_other_server_is_asked(bench: Bench) -> None:
    bench.network.second = MemoryFlow(peer=("192.0.2.10", 5060))
    bench.reply(register(bench), 403)
    assert (bench.states, bench.network.second.sent) == (["refused"], [])


def test_our_own_binding_counts_among_several() -> None:
    response = Response(status=200)
    response.headers.add("Contact", "<sip:bot@198.51.100.1>;expires=9, <sip:bot@192.0.2.1:5060>;expires=77;q=1")
    response.headers.add("Expires", "5")
    assert granted_expires(response, "sip:bot@192.0.2.1:5060", 300) == 77
    assert granted_expires(response, "sip:other@192.0.2.1:5060", 300) == 5
    assert granted_expires(Response(status=200), "sip:bot@192.0.2.1", 300) == 300


@pytest.mark.parametrize(
    "wrong",
    [{"user": ""}, {"user": "a b"}, {"registrar": "h>x"}, {"domain": "a\r\nb"}, {"transport": "SCTP"}],
)
def test_settings_that_make_no_uri_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        RegistrationSettings(**{"registrar": "r", "user": "u", "credentials": Credentials("u", "p"), **wrong})  # type: ignore[arg-type]
