"""A caller in memory: a clock that is moved by hand, a network that keeps what is sent, and SIP requests."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import count

from telephony.sip.core import Core
from telephony.sip.flow import Flow, NoWay
from telephony.sip.handler import Accepted, IncomingCall, Rejected, Ringing
from telephony.sip.message import Request, Response, parse
from telephony.sip.registration import RegistrationSettings
from telephony.sip.timers import Timers

OFFER = b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
ANSWER = b"v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n"
PEER = ("192.0.2.7", 5060)
US = ("192.0.2.1", 5060)


class Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(eq=False)
class MemoryFlow:
    """Keeps what is sent."""

    transport: str = "UDP"
    peer: tuple[str, int] = PEER
    local: tuple[str, int] = US
    closed: bool = False
    sent: list[bytes] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)

    @property
    def reliable(self) -> bool:
        return self.transport != "UDP"

    @property
    def sent_by(self) -> tuple[str, int]:
        return self.local

    def send(self, data: bytes) -> bool:
        if self.closed:
            return False
        self.sent.append(data)
        return True

    def towards(self, port: int) -> MemoryFlow:
        self.ports.append(port)
        return self

    def abort(self) -> None:
        self.closed = self.reliable


class MemoryNetwork:
    """Opens flows at once, unless told that nobody is there; ``flow_to`` knows only ``known`` addresses."""

    def __init__(self) -> None:
        self.reachable = True
        self.opened: list[tuple[str, str, int | None]] = []
        self.flow = MemoryFlow(peer=("192.0.2.9", 5060))
        self.second: MemoryFlow | None = None
        self.known: dict[tuple[str, str, int], MemoryFlow] = {}

    def flow_to(self, transport: str, host: str, port: int) -> Flow | None:
        return self.known.get((transport, host, port))

    def open(
        self,
        transport: str,
        host: str,
        port: int | None,
        done: Callable[[Flow | NoWay], None],
        *,
        avoid: Collection[tuple[str, int]] = (),
        standing: Flow | None = None,
    ) -> None:
        self.opened.append((transport, host, port))
        servers = [flow for flow in (self.flow, self.second) if flow is not None and flow.peer not in avoid]
        if servers and self.reachable:
            servers[0].closed = False
            done(servers[0])
        else:
            done(NoWay("unreachable"))


class Handler:
    """Answers as it is told and keeps what happens."""

    def __init__(self) -> None:
        self.decision: Accepted | Rejected | Ringing = Accepted(ANSWER)
        self.calls: list[IncomingCall] = []
        self.ends: list[str] = []
        self.keys: list[str] = []
        self.reoffers: list[bytes] = []
        self.answers: list[bytes] = []
        self.reanswer: bytes | None = ANSWER.replace(b"7 1", b"7 2")

    def answer(self, call: IncomingCall) -> Accepted | Rejected | Ringing:
        self.calls.append(call)
        call.on_end = self.ends.append
        call.on_key = self.keys.append
        call.on_reoffer = self.reoffer
        call.on_answer = self.answers.append
        return self.decision

    def reoffer(self, offer: bytes) -> bytes | None:
        self.reoffers.append(offer)
        return self.reanswer


class Bench:
    """A user agent on a bench, with one caller."""

    def __init__(
        self, *, transport: str = "UDP", max_calls: int = 2, registration: RegistrationSettings | None = None
    ) -> None:
        self.clock = Clock()
        self.timers = Timers(self.clock)
        self.network = MemoryNetwork()
        self.handler = Handler()
        self.flow = MemoryFlow(transport=transport)
        self.states: list[str] = []
        self.core = Core(
            timers=self.timers,
            network=self.network,
            handler=self.handler,
            max_calls=max_calls,
            user_agent="test",
            registration=registration,
            on_registration=self.states.append,
        )
        self._branches = count(1)

    def advance(self, seconds: float) -> None:
        """Move the clock, stopping at every timer."""
        end = self.clock.now + seconds
        while (due := self.timers.next_at) is not None and due <= end:
            self.clock.now = max(due, self.clock.now)
            self.timers.run()
        self.clock.now = end

    def take(self) -> list[Request | Response]:
        """What was sent to the caller since the last time."""
        sent = [parse(data) for data in self.flow.sent]
        self.flow.sent.clear()
        return sent

    def request(
        self,
        method: str,
        *,
        cseq: int = 1,
        to_tag: str | None = None,
        call_id: str = "c1",
        branch: str | None = None,
        uri: str = "sip:bot@192.0.2.1",
        body: bytes = b"",
        tag: str = "them",
        headers: dict[str, str] | None = None,
    ) -> Request:
        """Build a request of the caller."""
        request = Request(method=method, uri=uri, body=body)
        branch = branch or f"z9hG4bK{next(self._branches)}"
        via = f"SIP/2.0/{self.flow.transport} 192.0.2.7:5060;branch={branch};rport"
        given = {
            "Via": via,
            "Max-Forwards": "70",
            "From": f'"A Caller" <sip:0612345678@192.0.2.7>;tag={tag}',
            "To": "<sip:bot@192.0.2.1>" + (f";tag={to_tag}" if to_tag else ""),
            "Call-ID": call_id,
            "CSeq": f"{cseq} {method}",
            "Contact": "<sip:caller@192.0.2.7:5060>",
        }
        if body:
            given["Content-Type"] = "application/sdp"
        for name, value in {**given, **(headers or {})}.items():
            request.headers.add(name, value)
        return request

    def send(self, message: Request | Response) -> list[Request | Response]:
        """Give a message to the user agent and return what it sent."""
        self.core.receive(bytes(message), self.flow)
        return self.take()

    def ask(self, method: str, **given: object) -> list[Request | Response]:
        """Build and send a request."""
        return self.send(self.request(method, **given))  # type: ignore[arg-type]

    def reply(self, request: Request | Response, status: int, *, body: bytes = b"", **headers: str) -> None:
        """Answer a request of the user agent."""
        assert isinstance(request, Request)
        response = Response(status=status, reason="As Told", body=body)
        for name in ("Via", "From", "To", "Call-ID", "CSeq"):
            for value in request.headers.all(name):
                response.headers.add(name, value)
        for name, value in headers.items():
            response.headers.set(name.replace("_", "-"), value)
        self.core.receive(bytes(response), self.flow)

    def call(self, *, ack: bool = True, body: bytes = OFFER, **headers: str) -> str:
        """Set a call up and return our tag."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        [ok] = self.ask("INVITE", body=body, headers=named)
        assert isinstance(ok, Response)
        assert ok.status == 200
        tag = ok.to.tag
        assert tag
        if ack:
            assert self.ask("ACK", to_tag=tag) == []
        return tag


def statuses(messages: list[Request | Response]) -> list[int]:
    return [message.status for message in messages if isinstance(message, Response)]


def methods(messages: list[Request | Response]) -> list[str]:
    return [message.method for message in messages if isinstance(message, Request)]
