"""The SIP user agent (RFC 3261) on an asyncio loop: takes calls on sockets that were bound for it, and registers."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

from telephony.sip.core import Core
from telephony.sip.digest import Credentials
from telephony.sip.flow import Flow, NoWay
from telephony.sip.gate import Gate
from telephony.sip.handler import Accepted, CallHandler, IncomingCall, OutgoingCall, Rejected, Ringing
from telephony.sip.locating import Locator
from telephony.sip.registration import RegistrationSettings
from telephony.sip.stream import StreamFlow, StreamStack
from telephony.sip.targets import Target
from telephony.sip.timers import Timers
from telephony.sip.tls import trust
from telephony.sip.transport import UdpEndpoint, UdpFlow
from voicebot.errors import ConfigurationError, UnavailableError

__all__ = [
    "Accepted",
    "CallHandler",
    "Credentials",
    "IncomingCall",
    "OutgoingCall",
    "RegistrationSettings",
    "Rejected",
    "Ringing",
    "UserAgent",
]

log = logging.getLogger(__name__)


class UserAgent:
    """Answers calls from allowed networks and keeps one registration.

    The sockets come bound (TCP also may listen already); the agent closes them when it stops. Callbacks run in the
    event loop's thread.
    """

    def __init__(
        self,
        *,
        udp: socket.socket | None,
        tcp: socket.socket | None,
        allowed: Sequence[str],
        on_call: CallHandler,
        max_calls: int,
        user_agent: str,
        registration: RegistrationSettings | None = None,
        on_registration: Callable[[str], None] = lambda state: None,
        admits: Callable[[], bool] = lambda: True,
        on_full: Callable[[int], None] = lambda status: None,
        resolver: tuple[str, int] | None = None,
    ) -> None:
        """To be made inside the running loop. ``allowed`` are CIDR networks.

        A call beyond ``max_calls``, or that ``admits`` does not let in, is refused and ``on_full`` told the status.
        ``resolver`` is the address and port of a DNS server, instead of those of this machine.
        Raises ConfigurationError.
        """
        if registration is not None and registration.transport == "UDP" and udp is None:
            raise ConfigurationError("SIP registration: transport is UDP, but there is no UDP port; use TCP")
        self._loop = asyncio.get_running_loop()
        self._gate = Gate(allowed, clock=self._loop.time)
        self._timers = Timers(self._loop.time, self._wake)
        self._tick: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._stopping = False
        self._udp = UdpEndpoint(udp, self._gate, self._received) if udp is not None else None
        self._tcp = StreamStack(tcp, self._gate, self._received, self._flow_closed)
        self._tls: StreamStack | None = None
        if registration is not None and registration.transport == "TLS":
            believed = trust(registration.registrar, registration.ca_file)
            self._tls = StreamStack(None, self._gate, self._received, self._flow_closed, believed)
        self._locator = Locator(self._loop.time, resolver=resolver)
        self._core = Core(
            timers=self._timers,
            network=self,
            handler=on_call,
            max_calls=max_calls,
            user_agent=user_agent,
            registration=registration,
            on_registration=on_registration,
            admits=admits,
            on_full=on_full,
        )

    async def start(self) -> None:
        """Take calls, and begin to register. Raises UnavailableError where a socket cannot be used."""
        try:
            if self._udp is not None:
                udp = self._udp
                udp.socket.setblocking(False)
                await self._loop.create_datagram_endpoint(lambda: udp, sock=udp.socket)
            await self._tcp.start()
        except OSError as error:
            raise UnavailableError(f"SIP: the sockets handed to the user agent cannot be used: {error}") from None
        self._guard(self._core.start)

    async def stop(self, timeout: float = 1.0) -> None:  # noqa: ASYNC109 - the bound is part of the contract
        """Send BYE to every call, withdraw the registration and close, all within ``timeout`` seconds."""
        self._stopping = True
        self._guard(self._core.stop)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout)
        if self._tick is not None:
            self._tick.cancel()
        for task in self._tasks:
            task.cancel()
        stacks = [stack for stack in (self._tcp, self._tls) if stack is not None]
        for stack in stacks:
            stack.close()
        if self._udp is not None:
            self._udp.close()
        await asyncio.sleep(0)  # lets the transports close their sockets
        for stack in stacks:
            stack.cut()
        await asyncio.sleep(0)

    def contacts(self, numbers: Mapping[str, str], *, overflow: str | None = None) -> None:
        """From now on these are the only numbers that are dialled, by name; ``overflow`` takes calls that do not fit.

        Raises:
            ConfigurationError: then nothing changes.
        """
        self._core.plan.replace(numbers)
        self._core.overflow = overflow

    def dial(
        self, contact: str, call: OutgoingCall, *, ring_seconds: float, beside: IncomingCall | None = None
    ) -> None:
        """Call a contact by name; ``beside`` is the call that is transferred. Raises UnavailableError."""
        self._core.dialer.dial(
            contact, call, ring_seconds=ring_seconds, beside=beside.flow if beside is not None else None
        )

    @property
    def calls(self) -> int:
        """Calls that have not ended."""
        return self._core.calls

    # --- what the core needs (core.Network) ---------------------------------------------------------------

    def flow_to(self, transport: str, host: str, port: int) -> Flow | None:
        """A flow to a numeric address, or None when it is not allowed."""
        if not self._gate.admits(host):
            return None
        if transport == "UDP":
            return UdpFlow(self._udp, (host, port)) if self._udp is not None else None
        stack = self._stack(transport)
        return stack.flow_to(host, port) if stack is not None else None

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
        """Find the servers of a configured host, trust their addresses, connect to the first that can be reached."""

        async def task() -> None:
            try:
                flow = await self._open(transport, host, port, avoid, standing)
            except Exception as error:  # whoever waits must hear of it; the text may quote what a server sent
                log.error("SIP: %s while the trunk's server was looked for", type(error).__name__)
                flow = NoWay("unreachable")
            self._guard(lambda: done(flow))

        running = self._loop.create_task(task())
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)

    async def _open(
        self, transport: str, host: str, port: int | None, avoid: Collection[tuple[str, int]], standing: Flow | None
    ) -> Flow | NoWay:
        if isinstance(standing, StreamFlow) and not standing.closed and not standing.rank:
            return standing  # the binding names its port, and nobody better is known
        for peer in avoid:
            self._locator.bury(peer)
        prefer = standing.peer if standing is not None else None
        targets = await self._locator.find(transport, host, port, prefer=prefer)
        if not targets:
            return NoWay("unreachable", "its name cannot be resolved")
        self._gate.trust(host, [target.address for target in targets])
        levels = sorted({target.priority for target in targets})
        ranked = {target: levels.index(target.priority) for target in targets if target.peer not in avoid}
        return self._over_udp(list(ranked)) if transport == "UDP" else await self._connect(transport, ranked, standing)

    def _over_udp(self, targets: Sequence[Target]) -> Flow | NoWay:
        """Whether the first one lives, only a request can tell."""
        ours = self._udp.socket.family if self._udp is not None else None
        usable = [target for target in targets if ":" not in target.address or ours == socket.AF_INET6]
        return UdpFlow(self._udp, usable[0].peer) if self._udp is not None and usable else NoWay("unreachable")

    async def _connect(self, transport: str, ranked: Mapping[Target, int], standing: Flow | None) -> Flow | NoWay:
        """The first target that takes a connection; one to a lesser target is kept where no better one lives.

        A connection that is left for a better one goes on serving its calls until the peer closes it.
        """
        stack = self._stack(transport)
        assert stack is not None, "TLS without trust"
        kept = standing if isinstance(standing, StreamFlow) and not standing.closed else None
        problem = NoWay("unreachable")
        for target, rank in ranked.items():
            if kept is not None and rank >= kept.rank:
                return kept
            flow = StreamFlow(stack, target.peer)
            flow.rank = rank
            failed = await stack.connect(flow)
            if failed is None:
                return flow
            self._locator.bury(target.peer)
            if problem.state != "untrusted":
                problem = failed
        return kept or problem

    def _stack(self, transport: str) -> StreamStack | None:
        return self._tls if transport == "TLS" else self._tcp

    # --- the loop -----------------------------------------------------------------------------------------

    def _received(self, data: bytes, flow: Flow) -> None:
        self._guard(lambda: self._core.receive(data, flow))

    def _flow_closed(self, flow: Flow) -> None:
        self._guard(lambda: self._core.flow_closed(flow))

    def _wake(self, when: float) -> None:
        if self._tick is not None and self._tick.when() > when:
            self._tick.cancel()
            self._tick = None
        if self._tick is None:
            self._tick = self._loop.call_at(when, self._run_timers)

    def _run_timers(self) -> None:
        self._tick = None
        self._guard(self._timers.run)
        due = self._timers.next_at
        if due is not None:
            self._wake(due)

    def _guard(self, step: Callable[[], None]) -> None:
        """One message or timer can end its own call only. An error's text may quote a caller, so it is not logged."""
        try:
            step()
        except Exception as error:
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"
            log.error("SIP: %s at %s; the user agent goes on", type(error).__name__, where)
        if self._stopping and self._core.idle:
            self._idle.set()
