"""The SIP user agent (RFC 3261) on an asyncio loop: takes calls on sockets that were bound for it, and registers."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from telephony.sip.core import Core
from telephony.sip.digest import Credentials
from telephony.sip.flow import Flow
from telephony.sip.gate import Gate, normal
from telephony.sip.handler import Accepted, CallHandler, IncomingCall, OutgoingCall, Rejected, Ringing
from telephony.sip.registration import RegistrationSettings
from telephony.sip.timers import Timers
from telephony.sip.transport import TcpFlow, TcpStack, UdpEndpoint, UdpFlow
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
    ) -> None:
        """To be made inside the running loop. ``allowed`` are CIDR networks.

        A call beyond ``max_calls``, or that ``admits`` does not let in, is refused and ``on_full`` told the status.
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
        self._tcp = TcpStack(tcp, self._gate, self._received, self._flow_closed)
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
        self._tcp.close()
        if self._udp is not None:
            self._udp.close()
        await asyncio.sleep(0)  # lets the transports close their sockets

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
        if transport == "TCP":
            return self._tcp.flow_to(host, port)
        return UdpFlow(self._udp, (host, port)) if self._udp is not None and transport == "UDP" else None

    def open(self, transport: str, host: str, port: int, done: Callable[[Flow | None], None]) -> None:
        """Resolve a configured host, trust what its name stands for, and connect.

        Only A and AAAA records are asked for; NAPTR and SRV (RFC 3263 §4.1) have their place here.
        """

        async def task() -> None:
            flow = await self._open(transport, host, port)
            self._guard(lambda: done(flow))

        running = self._loop.create_task(task())
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)

    async def _open(self, transport: str, host: str, port: int) -> Flow | None:
        try:
            found = await self._loop.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except OSError:
            log.warning("SIP: the name of the registrar or of a contact cannot be resolved")
            return None
        addresses = list(dict.fromkeys(normal(str(entry[4][0])) for entry in found))
        self._gate.trust(host, addresses)
        if transport != "TCP":
            ours = self._udp.socket.family if self._udp is not None else None
            usable = [a for a in addresses if ":" not in a or ours == socket.AF_INET6]
            return UdpFlow(self._udp, (usable[0], port)) if self._udp is not None and usable else None
        for address in addresses:
            flow = TcpFlow(self._tcp, (address, port))
            if await self._tcp.connect(flow):
                return flow
        return None

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
