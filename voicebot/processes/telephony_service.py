"""What runs in the telephony process: the SIP user agent, the WebRTC endpoint, the control connection."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from telephony.sip.agent import UserAgent
from telephony.webrtc.endpoint import WebCall
from voicebot.errors import ConfigurationError, ProtocolError, UnavailableError, VoicebotError
from voicebot.processes.telephony import Contacts, Settings
from voicebot.processes.telephony_call import Bridge, connect_speech
from voicebot.processes.telephony_sip import SipDoor, registration_settings
from voicebot.processes.telephony_transfer import Transfer
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
        self._bridges: dict[str, Bridge] = {}
        self._user_agent: UserAgent | None = None
        self._contacts = settings.contacts
        self._transfers: dict[str, Transfer] = {}
        self._web: set[WebCall] = set()
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
        closing = [asyncio.create_task(call.closed()) for call in self._web]
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
        return len(self._bridges) < self._settings.max_calls and not self._stop.is_set()

    def _refused(self, status: int) -> None:
        """A call was not answered: the parent keeps count."""
        write_event(self._control, "refused", {"code": status})

    def _enter(self, bridge: Bridge) -> None:
        self._bridges[bridge.id] = bridge

    def _leave(self, bridge: Bridge) -> None:
        self._bridges.pop(bridge.id, None)
        self._transfers.pop(bridge.id, None)

    # --- transfers ---

    def _transfer(self, call_id: str, contact: str) -> None:
        """Pass a call to a contact by name; any other name, and any number, is refused by the dial plan."""

        def report(state: str, reason: str | None, code: int | None) -> None:
            write_event(self._control, "transfer", {"call": call_id, "state": state, "reason": reason, "code": code})

        bridge, agent, before = self._bridges.get(call_id), self._user_agent, self._transfers.get(call_id)
        if bridge is None or agent is None or (before is not None and not before.over):
            report("failed", "unavailable", None)
            return
        transfer = Transfer(
            bridge,
            contact,
            agent=agent,
            contacts=self._contacts,
            rtp_ports=self._settings.rtp_ports,
            report=report,
        )
        self._transfers[call_id] = transfer
        transfer.start()

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
                        task = asyncio.create_task(self._answer(str(event.data.get("id")), str(event.data.get("sdp"))))
                        self._answering.add(task)
                        task.add_done_callback(self._answering.discard)
                    case "hangup":
                        if (bridge := self._bridges.get(str(event.data.get("call")))) is not None:
                            bridge.end("normal")
                    case "transfer":
                        self._transfer(str(event.data.get("call")), str(event.data.get("contact")))
                    case "contacts":
                        self._replace_contacts(event.data)
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

    async def _answer(self, offer_id: str, sdp: str) -> None:
        try:
            call_id, answer = await self._take(sdp)
        except (ProtocolError, UnavailableError) as error:
            write_event(self._control, "answer", {"id": offer_id, "error": str(error)})
        else:
            write_event(self._control, "answer", {"id": offer_id, "sdp": answer, "call": call_id})

    async def _take(self, sdp: str) -> tuple[str, str]:
        """Answer a browser's offer: the call's id and the SDP answer. Raises ProtocolError, UnavailableError."""
        if not self._admits():
            self._refused(486)
            raise UnavailableError("every line is busy: call again in a few minutes")
        call_id = secrets.token_hex(8)
        speech = connect_speech(self._settings.speech)
        call = WebCall(
            addresses=self._settings.web_addresses,
            on_connected=lambda: self._begin(bridge, call),
            on_key=lambda digit: bridge.key(digit),
            on_end=lambda reason: bridge.end(reason),
        )
        bridge = Bridge(
            call_id,
            kind="webrtc",
            caller=None,
            speech=speech,
            hang_up=lambda reason: call.close(),
            done=lambda: self._leave_web(bridge, call),
        )
        self._enter(bridge)
        self._web.add(call)
        try:
            return call_id, await call.answer(sdp)
        except BaseException as error:
            bridge.end("refused" if isinstance(error, ProtocolError) else "fault")
            raise

    @staticmethod
    def _begin(bridge: Bridge, call: WebCall) -> None:
        session = bridge.start(call)
        call.on_media = session.arrived

    def _leave_web(self, bridge: Bridge, call: WebCall) -> None:
        self._leave(bridge)

        async def forget() -> None:
            with suppress(Exception):
                await call.closed()
            self._web.discard(call)

        task = asyncio.get_running_loop().create_task(forget())
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)


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
