"""What runs in the telephony process: the SIP user agent, the WebRTC endpoint, the control connection."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from telephony.sip.agent import UserAgent
from voicebot.errors import ConfigurationError, ProtocolError, UnavailableError, VoicebotError
from voicebot.processes.telephony import Contacts, Settings
from voicebot.processes.telephony_call import Bridge
from voicebot.processes.telephony_sip import SipDoor, registration_settings
from voicebot.processes.telephony_transfer import Transfer
from voicebot.processes.telephony_web import WebDoor
from voicebot.wire import read_event, write_event

log = logging.getLogger("voicebot.telephony")

AGENT_STOP = 1.0
"""How long the user agent may take to say BYE, s."""
WEB_STOP = 0.5
"""How long WebRTC connections may take to close, s."""


def run(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve until told to stop; ``ready`` is called once calls can be taken. Raises VoicebotError."""
    asyncio.run(_Service(settings).serve(ready))


class _Service:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limit = settings.max_calls
        self._bridges: dict[str, Bridge] = {}
        self._user_agent: UserAgent | None = None
        self._contacts = settings.contacts
        self._web = WebDoor(
            speech=settings.speech, addresses=settings.web_addresses, enter=self._enter, leave=self._leave
        )
        self._answering: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()

    async def serve(self, ready: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_fault)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        control = _inherited(self._settings.control_fd, "control_fd")
        reader, self._control = await asyncio.open_connection(sock=control)
        agent = None
        obeying = None
        try:
            self._user_agent = agent = self._agent()
            if agent is not None:
                agent.contacts(self._contacts.numbers, overflow=self._contacts.overflow)
                await agent.start()
            write_event(self._control, "ready")
            ready()
            obeying = asyncio.create_task(self._obey(reader))
            self._watch_parent()
            await self._stop.wait()
        finally:
            self._stop.set()
            for number in (signal.SIGTERM, signal.SIGINT):  # a second signal must not disturb the goodbyes
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_IGN)
            for task in (*self._answering, *([obeying] if obeying else [])):
                task.cancel()
            await self._end_calls(agent)
            self._control.close()
            await asyncio.gather(self._control.wait_closed(), return_exceptions=True)
            await asyncio.sleep(0)  # lets the transports close what they hold

    async def _end_calls(self, agent: UserAgent | None) -> None:
        for bridge in tuple(self._bridges.values()):
            bridge.end("stopped")
        closing = self._web.close()
        if agent is not None:
            await agent.stop(AGENT_STOP)
        if closing:
            await asyncio.wait(closing, timeout=WEB_STOP)

    def _agent(self) -> UserAgent | None:
        settings = self._settings
        if settings.sip_udp_fd is None and settings.sip_tcp_fd is None:
            return None
        door = SipDoor(
            speech=settings.speech,
            rtp_ports=settings.rtp_ports,
            srtp_required=settings.srtp_required,
            refused=self._refused,
            enter=self._enter,
            leave=self._leave,
        )
        account = settings.registration
        udp = _inherited(settings.sip_udp_fd, "sip_udp_fd") if settings.sip_udp_fd is not None else None
        tcp = _inherited(settings.sip_tcp_fd, "sip_tcp_fd") if settings.sip_tcp_fd is not None else None
        try:
            return UserAgent(
                udp=udp,
                tcp=tcp,
                allowed=settings.allowed,
                on_call=door,
                max_calls=settings.max_calls,
                user_agent=settings.user_agent,
                registration=registration_settings(account) if account is not None else None,
                on_registration=lambda state: write_event(self._control, "registration", {"state": state}),
                admits=self._admits,
                on_full=self._refused,
            )
        except VoicebotError:
            for inherited in (udp, tcp):
                if inherited is not None:
                    inherited.close()
            raise

    # --- calls ---

    def _admits(self) -> bool:
        return len(self._bridges) < self._limit and not self._stop.is_set()

    def _refused(self, status: int) -> None:
        """A call was not answered: the parent keeps count."""
        write_event(self._control, "refused", {"code": status})

    def _enter(self, bridge: Bridge) -> None:
        self._bridges[bridge.id] = bridge

    def _leave(self, bridge: Bridge) -> None:
        self._bridges.pop(bridge.id, None)

    # --- transfers ---

    def _transfer(self, call_id: str, contact: str) -> None:
        """Pass a call to a contact by name; any other name, and any number, is refused by the dial plan."""

        def report(state: str, reason: str | None, code: int | None) -> None:
            write_event(self._control, "transfer", {"call": call_id, "state": state, "reason": reason, "code": code})

        bridge, agent = self._bridges.get(call_id), self._user_agent
        if bridge is None or agent is None or bridge.taken:
            report("failed", "unavailable", None)
            return
        Transfer(
            bridge,
            contact,
            agent=agent,
            contacts=self._contacts,
            rtp_ports=self._settings.rtp_ports,
            srtp_required=self._settings.srtp_required,
            report=report,
        ).start()

    def _replace_contacts(self, data: Mapping[str, Any]) -> None:
        try:
            contacts = Contacts.parse(data)
            if self._user_agent is not None:
                self._user_agent.contacts(contacts.numbers, overflow=contacts.overflow)
        except ConfigurationError as error:
            log.error("the contacts stay as they were: %s", error)
        else:
            self._contacts = contacts

    # --- the control connection ---

    async def _obey(self, reader: asyncio.StreamReader) -> None:
        """Do what the parent says until it goes away."""
        try:
            while (event := await read_event(reader)) is not None:
                match event.type:
                    case "offer":
                        join = event.data.get("join")
                        task = asyncio.create_task(
                            self._answer(
                                str(event.data.get("id")),
                                str(event.data.get("sdp")),
                                str(join) if join is not None else None,
                            )
                        )
                        self._answering.add(task)
                        task.add_done_callback(self._answering.discard)
                    case "hangup":
                        if (bridge := self._bridges.get(str(event.data.get("call")))) is not None:
                            bridge.end("normal")
                    case "transfer":
                        self._transfer(str(event.data.get("call")), str(event.data.get("contact")))
                    case "contacts":
                        self._replace_contacts(event.data)
                    case "limit":
                        self._limit = min(int(event.data.get("calls", 0)), self._settings.max_calls)
                    case _:
                        raise ProtocolError("an event that is not of this wire")
        except (ProtocolError, ConnectionError) as error:
            log.error("the control connection broke: %s", error)
        finally:
            self._stop.set()

    def _watch_parent(self) -> None:
        """No child outlives its parent: the end of stdin is the end."""
        loop = asyncio.get_running_loop()

        def read() -> None:
            if not os.read(0, 4096):
                loop.remove_reader(0)
                self._stop.set()

        # Where stdin is a file (a trial by hand) nothing can be watched, and the control connection decides alone.
        with suppress(PermissionError):
            loop.add_reader(0, read)

    async def _join(self, call_id: str, sdp: str) -> str:
        """Let a page of the desk take a call over. Raises ProtocolError, UnavailableError."""
        bridge = self._bridges.get(call_id)
        if bridge is None:
            raise UnavailableError("this call is over")
        return await self._web.join(bridge, sdp)

    async def _answer(self, offer_id: str, sdp: str, join: str | None) -> None:
        try:
            if join is not None:
                call_id, answer = join, await self._join(join, sdp)
            elif self._admits():
                call_id, answer = await self._web.take(sdp)
            else:
                self._refused(486)
                raise UnavailableError("every line is busy: call again in a few minutes")
        except (ProtocolError, UnavailableError) as error:
            write_event(self._control, "answer", {"id": offer_id, "error": str(error)})
        else:
            write_event(self._control, "answer", {"id": offer_id, "sdp": answer, "call": call_id})


def _log_fault(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say where a background task or callback failed: its message might hold what a caller sent."""
    error = context.get("exception")
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    log.error("a fault in the background: %s at %s", type(error).__name__, place)


def _inherited(number: int, name: str) -> socket.socket:
    """The socket behind an inherited descriptor. Raises UnavailableError."""
    try:
        inherited = socket.socket(fileno=number)
    except OSError as error:
        raise UnavailableError(f"telephony: {name} {number} is not a socket ({error.strerror})") from None
    inherited.setblocking(False)
    return inherited
