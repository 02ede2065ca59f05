"""The thin edge of the registration: builds REGISTER requests, keeps the timer and the flow (RFC 3261 §10.2)."""

from __future__ import annotations

import logging
import random
import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

from telephony.sip.digest import Authenticator
from telephony.sip.flow import NoWay
from telephony.sip.framing import PING
from telephony.sip.message import MAX_CSEQ, Request, Response
from telephony.sip.registration import (
    Action,
    Open,
    OpenNext,
    Register,
    Registration,
    RegistrationSettings,
    Report,
    Wait,
)
from telephony.sip.timers import Timer

if TYPE_CHECKING:
    from telephony.sip.core import Core
    from telephony.sip.flow import Flow
    from telephony.sip.network import Network

log = logging.getLogger(__name__)

KEEP_ALIVE = 25.0
"""Keeps a NAT binding open (RFC 5626 §4.4), s: UDP bindings last 30 s in many routers."""


class Registrar:
    """Registers one address of record and keeps it registered."""

    def __init__(
        self,
        core: Core,
        network: Network,
        settings: RegistrationSettings,
        on_state: Callable[[str], None],
    ) -> None:
        self._core = core
        self._network = network
        self._settings = settings
        self._on_state = on_state
        self._machine = Registration(settings, chance=random.random)
        self._authenticator = Authenticator(settings.credentials)
        self._flow: Flow | None = None
        self._timer: Timer | None = None
        self._keep_alive: Timer | None = None
        self._call_id = secrets.token_hex(16)
        self._tag = secrets.token_hex(8)
        self._instance = f';+sip.instance="<urn:uuid:{_instance(settings)}>"'
        self._sequence = 0
        self._challenge: Response | None = None
        self._reported = ("", "")
        self._tried: set[tuple[str, int]] = set()
        self._problem = ""

    @property
    def flow(self) -> Flow | None:
        """The way to the trunk, while there is one."""
        return None if self._flow is None or self._flow.closed else self._flow

    def start(self) -> None:
        """Begin to register."""
        self._run(self._machine.start())

    def stop(self) -> None:
        """Withdraw the registration."""
        for timer in (self._timer, self._keep_alive):
            if timer is not None:
                timer.cancel()
        self._run(self._machine.stop())

    def flow_closed(self, flow: Flow) -> None:
        """A connection is gone, perhaps ours."""
        if flow is self._flow:
            self._flow = None
            self._run(self._machine.connection_lost())

    def _run(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Open():
                    self._tried.clear()
                    self._open()
                case OpenNext():
                    self._give_up()
                    self._open()
                case Register(expires, authorize):
                    self._register(expires, authorize)
                case Wait(seconds):
                    if self._timer is not None:
                        self._timer.cancel()
                    self._timer = self._core.timers.after(seconds, lambda: self._run(self._machine.timer()))
                case Report(state):
                    self._report(state)

    def _open(self) -> None:
        settings = self._settings
        self._network.open(
            settings.transport,
            settings.registrar,
            settings.port,
            self._opened,
            avoid=frozenset(self._tried),
            standing=self._flow,
        )

    def _give_up(self) -> None:
        """This server does not serve us now."""
        flow, self._flow = self._flow, None
        if flow is not None:
            self._tried.add(flow.peer)

    def _opened(self, flow: Flow | NoWay) -> None:
        if isinstance(flow, NoWay):
            self._problem = flow.detail
            self._run(self._machine.failed(flow.state))
            return
        self._flow, self._problem = flow, ""
        if self._keep_alive is None:
            self._ping()
        self._run(self._machine.opened())

    def _register(self, expires: int, authorize: bool) -> None:
        flow = self._flow
        if flow is None:
            self._run(self._machine.failed())
            return
        settings = self._settings
        self._sequence = (self._sequence + 1) % MAX_CSEQ
        contact = self._core.contact(flow)
        request = Request(method="REGISTER", uri=settings.request_uri)
        request.headers.add("Max-Forwards", "70")
        request.headers.add("From", f"<{settings.address_of_record}>;tag={self._tag}")
        request.headers.add("To", f"<{settings.address_of_record}>")
        request.headers.add("Call-ID", self._call_id)
        request.headers.add("CSeq", f"{self._sequence} REGISTER")
        request.headers.add("Contact", contact + (self._instance if flow.reliable else ""))
        request.headers.add("Expires", str(expires))
        if authorize and not self._authorize(request):
            self._run(self._machine.unanswerable())
            return

        def answered(response: Response) -> None:
            if response.status >= 200:
                self._challenge = response
                self._run(self._machine.answered(response, contact.strip("<>")))

        def silent(why: str) -> None:
            flow.abort()  # a connection that is dead without having been closed must not be used again
            self._run(self._machine.unanswered())

        self._core.layer.request(request, flow, answered, silent)

    def _authorize(self, request: Request) -> bool:
        challenge = self._challenge
        if challenge is None:
            return False
        proxy = challenge.status == 407
        value = self._authenticator.answer(
            challenge.headers.all("Proxy-Authenticate" if proxy else "WWW-Authenticate"),
            method=request.method,
            uri=request.uri,
        )
        if value is not None:
            request.headers.add("Proxy-Authorization" if proxy else "Authorization", value)
        return value is not None

    def _ping(self) -> None:
        if self._flow is not None:
            self._flow.send(PING)
        self._keep_alive = self._core.timers.after(KEEP_ALIVE, self._ping)

    def _report(self, state: str) -> None:
        problem = f": {self._problem}" if self._problem and state in ("unreachable", "untrusted") else ""
        if (state, problem) == self._reported:
            return
        known, self._reported = self._reported[0], (state, problem)
        level = logging.INFO if state in ("registered", "unregistered") else logging.WARNING
        log.log(level, "SIP trunk: %s%s", state, problem)
        if state != known:
            self._on_state(state)


def _instance(settings: RegistrationSettings) -> UUID:
    """Who we are at every start (RFC 5626 §4.1), so that the binding of a new connection replaces that of the old one.

    Without it a trunk that keeps one binding refuses us until the old one ends, for its Contact has another port.
    """
    return uuid5(NAMESPACE_URL, f"{settings.address_of_record} {socket.gethostname()}")
