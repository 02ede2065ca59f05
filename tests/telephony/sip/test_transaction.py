"""The four transactions against the figures of RFC 3261 §17 and RFC 6026."""

from __future__ import annotations

from telephony.sip.message import Request, Response, parse, respond
from telephony.sip.transaction import (
    Action,
    Client,
    Done,
    Failed,
    InviteClient,
    InviteServer,
    NonInviteClient,
    NonInviteServer,
    Pass,
    Send,
    Start,
)
from tests.telephony.sip.peer import Bench


def request(method: str) -> Request:
    read = parse(bytes(Bench().request(method)))
    assert isinstance(read, Request)
    return read


def started(actions: list[Action]) -> dict[str, float]:
    return {action.timer: action.seconds for action in actions if isinstance(action, Start)}


def sends(actions: list[Action]) -> int:
    return sum(isinstance(action, Send) for action in actions)


def test_an_invite_is_sent_again_at_doubling_intervals_until_timer_b() -> None:
    client = InviteClient(request("INVITE"), reliable=False)
    assert started(client.start()) == {"A": 0.5, "B": 32}
    assert [started(client.timer("A"))["A"] for _ in range(4)] == [1, 2, 4, 8]
    assert client.timer("B") == [Failed("timeout"), Done()]


def test_a_provisional_response_stops_the_invites_retransmission() -> None:
    client = InviteClient(request("INVITE"), reliable=False)
    client.start()
    ringing = respond(client.request, 180)
    assert client.receive(ringing) == [Pass(ringing)]
    assert client.timer("A") == []
    assert client.timer("B") == []


def test_a_refused_invite_is_acknowledged_each_time_with_its_own_branch() -> None:
    client = InviteClient(request("INVITE"), reliable=False)
    client.start()
    busy = respond(client.request, 486, tag="t")
    first = client.receive(busy)
    assert started(first) == {"D": 32}
    [ack] = [action.message for action in first if isinstance(action, Send)]
    assert isinstance(ack, Request)
    assert (ack.method, ack.cseq, ack.to.tag) == ("ACK", (1, "ACK"), "t")
    assert ack.via.branch == client.request.via.branch
    assert client.receive(busy) == [Send(ack)]
    assert client.timer("D") == [Done()]


def test_every_2xx_is_passed_on_so_that_it_gets_its_ack() -> None:
    client = InviteClient(request("INVITE"), reliable=False)
    client.start()
    ok = respond(client.request, 200)
    assert started(client.receive(ok)) == {"M": 32}
    assert client.receive(ok) == [Pass(ok)]
    assert client.timer("M") == [Done()]


def test_over_tcp_nothing_is_sent_again() -> None:
    for client in (InviteClient(request("INVITE"), reliable=True), NonInviteClient(request("BYE"), reliable=True)):
        assert set(started(client.start())) <= {"B", "F"}
        assert client.receive(respond(client.request, 486))[-1] == Done()


def test_another_request_is_sent_again_up_to_every_four_seconds() -> None:
    client = NonInviteClient(request("BYE"), reliable=False)
    assert started(client.start()) == {"E": 0.5, "F": 32}
    assert [started(client.timer("E"))["E"] for _ in range(5)] == [1, 2, 4, 4, 4]
    client.receive(respond(client.request, 100))
    assert started(client.timer("E")) == {"E": 4}
    done = respond(client.request, 200)
    assert client.receive(done) == [Pass(done), Start("K", 5)]
    assert client.receive(done) == []
    assert client.timer("F") == []
    assert client.timer("K") == [Done()]


def test_a_transport_that_fails_is_told_once() -> None:
    clients: list[Client] = [
        InviteClient(request("INVITE"), reliable=True),
        NonInviteClient(request("BYE"), reliable=True),
    ]
    for client in clients:
        client.start()
        assert client.transport_failed() == [Failed("transport"), Done()]
        assert client.transport_failed() == []


def test_an_invite_that_waits_gets_trying() -> None:
    server = InviteServer(request("INVITE"), reliable=False)
    assert started(server.start()) == {"100": 0.2}
    [trying] = server.timer("100")
    assert isinstance(trying, Send)
    assert isinstance(trying.message, Response)
    assert trying.message.status == 100
    assert server.receive(server.request) == [trying]


def test_a_refusal_is_sent_again_until_its_ack() -> None:
    server = InviteServer(request("INVITE"), reliable=False)
    server.start()
    busy = respond(server.request, 486)
    assert started(server.respond(busy)) == {"G": 0.5, "H": 32}
    assert [started(server.timer("G"))["G"] for _ in range(4)] == [1, 2, 4, 4]
    assert server.receive(server.request) == [Send(busy)]
    ack = request("ACK")
    assert server.receive(ack) == [Start("I", 5)]
    assert server.timer("G") == []
    assert server.receive(server.request) == []
    assert server.timer("I") == [Done()]


def test_a_refusal_without_ack_is_given_up() -> None:
    server = InviteServer(request("INVITE"), reliable=True)
    server.start()
    assert started(server.respond(respond(server.request, 486))) == {"H": 32}
    assert server.timer("H") == [Failed("timeout"), Done()]


def test_after_a_2xx_the_invite_is_absorbed_and_the_user_may_send_it_again() -> None:
    server = InviteServer(request("INVITE"), reliable=False)
    server.start()
    ok = respond(server.request, 200)
    assert started(server.respond(ok)) == {"L": 32}
    assert server.receive(server.request) == []
    assert server.respond(ok) == [Send(ok)]
    assert server.respond(respond(server.request, 486)) == []
    ack = request("ACK")
    assert server.receive(ack) == [Pass(ack)]
    assert server.timer("L") == [Done()]


def test_a_final_response_is_given_once() -> None:
    server = InviteServer(request("INVITE"), reliable=False)
    server.start()
    server.respond(respond(server.request, 487))
    assert server.respond(respond(server.request, 200)) == []


def test_another_request_is_answered_again_as_before() -> None:
    server = NonInviteServer(request("BYE"), reliable=False)
    assert sends(server.start()) == 0
    assert server.receive(server.request) == []
    ok = respond(server.request, 200)
    assert server.respond(ok) == [Send(ok), Start("J", 32)]
    assert server.receive(server.request) == [Send(ok)]
    assert server.respond(respond(server.request, 500)) == []
    assert server.timer("J") == [Done()]
