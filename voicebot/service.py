"""The service: starts, watches and stops the processes, and wires every adapter to its port.

This is the parent process. It owns the database, the minds of the calls, the journal and the web pages, and it hears
nothing: sound passes only between telephony and speech.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from voicebot.calls import Calls, settings_of
from voicebot.children import Child, Spawn
from voicebot.cli.setup import Workspace
from voicebot.control import ControlServer, path_of, service_now
from voicebot.errors import UnavailableError
from voicebot.journal import Journal
from voicebot.maintenance import Maintenance, note_rules
from voicebot.metrics import Metrics
from voicebot.practice import calendars
from voicebot.processes.rasa_service import RasaService
from voicebot.sockets import bind, bind_unix, same_port
from voicebot.telephony_link import TelephonyLink, telephony_settings
from voicebot.thinking.conversation import prepare
from voicebot.thinking.phrases import fixed_phrases
from voicebot.tls import Tls
from voicebot.web import PAGES, WebServers

log = logging.getLogger("voicebot.service")

SPEECH_READY = 60.0
TELEPHONY_READY = 45.0
"""How long each child may take to be ready on a busy machine, s; each is a few seconds on a quiet one."""

REREAD_SECONDS = 1.0
"""How often the practice's file is looked at, s."""


@dataclass(frozen=True)
class Ports:
    """The ports asked for on the command line; None leaves that door closed, 0 takes a free one."""

    sip: int | None = None
    web: int | None = None
    http: int | None = None
    metrics: int | None = None
    host: str = "127.0.0.1"
    """The address of the patient's page and the desk."""
    tls: Tls | None = None
    """What they are served with; needed off this machine."""


class Service:
    """Everything that runs for one practice."""

    def __init__(self, workspace: Workspace, ports: Ports, *, models: str | None = None, demo: bool = False) -> None:
        self.workspace = workspace
        self.journal = Journal(workspace.clock.now, workspace.events)
        self.journal.listen(workspace.call_log.take)
        self.journal.listen(workspace.todo.take)
        self.metrics = Metrics()
        self.journal.listen(self.metrics.take)
        self._ports = ports
        self._models = models
        self._demo = demo
        self._runtime = Path(tempfile.mkdtemp(prefix="voicebot-"))
        self._children: list[Child] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._sockets: list[socket.socket] = []
        self._understander = RasaService()
        self._telephony = TelephonyLink(
            on_registration=lambda state: log.info("registration: %s", state),
            on_transfer=lambda *told: self.calls.transferring(*told),
            on_refused=lambda code: self.journal.record(secrets.token_hex(8), "refused", code=code),
        )
        self.calls = Calls(workspace, self.journal, self._understander, self._telephony, sip=ports.sip is not None)
        self.web: WebServers | None = None
        self.sip_port: int | None = None

    # --- start ---

    async def start(self) -> None:
        """Bind every port, start every child and wait until a call can be taken.

        Raises:
            UnavailableError, ConfigurationError: one clear line that says what to mend.
        """
        data = self.workspace.data
        if service_now(data) is not None:
            raise UnavailableError(f"a service already runs on {data}: stop it, or give this one another --data")
        await asyncio.to_thread(self.workspace.call_log.recover, self.workspace.events.of_call)
        self._bind()
        control = ControlServer(bind_unix(path_of(data)), self.journal, self.workspace.clock.now)
        self._control = control
        await control.start()
        self._minds = await asyncio.start_unix_server(self.calls.take, sock=bind_unix(self._runtime / "mind.sock"))

        self._children = [self._understander.child, self._speech(), self._telephone()]
        starting = [asyncio.create_task(child.start()) for child in self._children]
        starting.append(asyncio.create_task(asyncio.to_thread(self._prepare)))
        try:
            await asyncio.gather(*starting)
        except BaseException:
            for task in starting:
                task.cancel()
            await asyncio.gather(*starting, return_exceptions=True)
            raise
        if self.web is not None:
            if self._ports.metrics is not None:
                self.web.serve("metrics", self.metrics.app())
            await self.web.start()
        self._tasks = [asyncio.create_task(child.supervise()) for child in self._children]
        self._tasks.append(asyncio.create_task(self._reread()))
        self._tasks.append(asyncio.create_task(self._maintenance().run()))

    def _maintenance(self) -> Maintenance:
        space = self.workspace
        return Maintenance(space.vault, space.audit, space.clock, space.data, space.rules, lambda: self.calls.live)

    def _bind(self) -> None:
        """Take the doors that callers and the desk use."""
        practice, ports = self.workspace.practice, self._ports
        host = practice.sip.bind
        self._sip: tuple[socket.socket, socket.socket] | None = None
        if ports.sip is not None:
            self._sip = same_port(host, ports.sip, "--sip-port")
            self._sockets += self._sip
            self.sip_port = self._sip[0].getsockname()[1]
        self._speech_socket = bind_unix(self._runtime / "speech.sock")
        self._sockets.append(self._speech_socket)
        doors: dict[str, socket.socket] = {}
        for name, port in (("web", ports.web), ("http", ports.http), ("metrics", ports.metrics)):
            if port is not None:
                host = ports.host if name in PAGES else "127.0.0.1"
                doors[name] = bind(host, port, socket.SOCK_STREAM, f"--{name}-port")
        if doors:
            self.web = WebServers(
                *(doors, self.workspace, self.journal, self._telephony.offer, self.calls),
                demo=self._demo,
                tls=ports.tls,
            )

    def _speech(self) -> Child:
        async def spawn() -> Spawn:
            fd = self._speech_socket.fileno()
            settings = {
                "listen_fd": fd,
                "mind": str(self._runtime / "mind.sock"),
                "phrases": list(fixed_phrases(self.workspace.practice)),
                "models": self._models,
            }
            return Spawn([sys.executable, "-m", "voicebot.processes.speech"], settings, [fd])

        def ready(told: Mapping[str, object]) -> None:
            if isinstance(calls := told.get("calls"), int):
                log.info("this machine takes %d calls at once", calls)
                self._telephony.limit(calls)

        return Child("speech", spawn, ready_within=SPEECH_READY, on_ready=ready)

    def _telephone(self) -> Child:
        async def spawn() -> Spawn:
            ours, theirs = socket.socketpair()
            settings = telephony_settings(
                self.workspace.practice, theirs.fileno(), str(self._runtime / "speech.sock"), self._sip
            )
            await self._telephony.attach(ours)
            fds = [theirs.detach(), *(s.fileno() for s in self._sip or ())]
            argv = [sys.executable, "-m", "voicebot.processes.telephony"]
            return Spawn(argv, settings.to_json(), fds, close_after=fds[:1])

        def ready(_: Mapping[str, object]) -> None:
            # One that is started again begins with the file as it was; only these numbers may be dialled.
            self._telephony.tell_contacts(self.workspace.rules().transfer)

        return Child("telephony", spawn, ready_within=TELEPHONY_READY, on_ready=ready)

    # --- while it runs ---

    async def _reread(self) -> None:
        """Take up changes of the practice's file; a wrong file changes nothing but the log, once."""
        rules, told = self.workspace.rules, None
        known = rules()
        await asyncio.to_thread(note_rules, self.workspace.audit, known)
        while True:
            await asyncio.sleep(REREAD_SECONDS)
            await asyncio.to_thread(rules.refresh)
            # The desk reads the file as soon as it has written it: what holds now is compared, not who has read it.
            if (now := rules()) is not known:
                known = now
                log.warning("the practice's file was read again")
                await asyncio.to_thread(note_rules, self.workspace.audit, known)
                self._telephony.tell_contacts(known.transfer)
            if rules.error is not None and rules.error is not told:
                log.error("the practice's file is not used as it stands:\n%s", rules.error)
            told = rules.error

    def _prepare(self) -> None:
        """Load now what the first turn of the first call, or the first look at the agenda, would wait for."""
        practice, now = self.workspace.practice, self.workspace.clock.now()
        calendars.load(practice.holiday_zone, practice.school_zone, range(now.year - 1, now.year + 2))
        prepare(practice, self.workspace.agenda, now, settings_of(practice))

    # --- stop ---

    async def stop(self) -> None:
        """End the calls, the pages and the children, within two seconds."""
        for task in self._tasks:
            task.cancel()
        await self.calls.stop()
        stops = [child.stop() for child in self._children]
        if self.web is not None:
            stops.append(self.web.stop())
        if hasattr(self, "_control"):
            stops.append(self._control.stop())
        await asyncio.gather(*stops, return_exceptions=True)
        self._telephony.detach()
        await self._understander.close()
        for bound in self._sockets:
            bound.close()
        with suppress(OSError):
            path_of(self.workspace.data).unlink()
        shutil.rmtree(self._runtime, ignore_errors=True)
        self.workspace.close()


async def run_until(service: Service, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Start, say that a call can be taken, and run until ``stop``."""
    try:
        await service.start()
        ready()
        await stop.wait()
    finally:
        await service.stop()
