"""Calls that come from a browser: a patient's, or a secretary's who takes a patient's call over."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress

from telephony.media.relay import Relay
from telephony.media.session import Listener, VoiceSession
from telephony.webrtc.endpoint import WebCall
from voicebot.errors import ProtocolError, UnavailableError
from voicebot.processes.telephony_call import Bridge, connect_speech


class WebDoor:
    """Answers browsers' offers.

    Args:
        enter, leave: told of each bridge, so that all can be ended.
    """

    def __init__(
        self,
        *,
        speech: str,
        addresses: tuple[str, ...],
        enter: Callable[[Bridge], None],
        leave: Callable[[Bridge], None],
    ) -> None:
        self._speech = speech
        self._addresses = addresses
        self._enter = enter
        self._leave = leave
        self._calls: set[WebCall] = set()
        self._forgetting: set[asyncio.Task[None]] = set()

    async def take(self, sdp: str) -> tuple[str, str]:
        """Take a patient's call: its id and the SDP answer. Raises ProtocolError, UnavailableError."""
        call_id = secrets.token_hex(8)
        speech = connect_speech(self._speech)
        call = WebCall(
            addresses=self._addresses,
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
            done=lambda: self._gone(bridge, call),
        )
        self._enter(bridge)
        self._calls.add(call)
        try:
            return call_id, await call.answer(sdp)
        except BaseException as error:
            bridge.end("refused" if isinstance(error, ProtocolError) else "fault")
            raise

    async def join(self, bridge: Bridge, sdp: str) -> str:
        """Let a secretary's page take a call over, once its sound flows: the SDP answer.

        Raises:
            ProtocolError: the offer cannot be answered.
            UnavailableError: the call is being transferred, or was taken over, already.
        """
        if bridge.taken:
            raise UnavailableError("the call is being transferred already")
        takeover = Takeover(bridge, self._addresses, over=self._forget)
        self._calls.add(takeover.page)
        try:
            return await takeover.page.answer(sdp)
        except BaseException:
            takeover.page.close()
            self._forget(takeover.page)
            raise

    def close(self) -> list[asyncio.Task[None]]:
        """Close what is still open; the tasks are done when all has been given back."""
        for call in self._calls:
            call.close()
        return [asyncio.create_task(call.closed()) for call in self._calls]

    @staticmethod
    def _begin(bridge: Bridge, call: WebCall) -> None:
        session = bridge.start(call)
        call.on_media = session.arrived

    def _gone(self, bridge: Bridge, call: WebCall) -> None:
        self._leave(bridge)
        self._forget(call)

    def _forget(self, call: WebCall) -> None:
        async def forget() -> None:
            with suppress(Exception):
                await call.closed()
            self._calls.discard(call)

        task = asyncio.get_running_loop().create_task(forget())
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)


class Takeover:
    """A page that takes a call: until its sound flows the caller stays with the assistant; then nobody else hears."""

    def __init__(self, bridge: Bridge, addresses: tuple[str, ...], *, over: Callable[[WebCall], None]) -> None:
        self._bridge = bridge
        self._over = over
        self._session: VoiceSession | None = None
        self.page = WebCall(
            addresses=addresses,
            on_connected=self._joined,
            on_key=self._key,
            on_end=self._page_gone,
        )

    def _joined(self) -> None:
        # A transfer may have begun since the page asked.
        caller = None if self._bridge.taken else self._bridge.hold(patient=False)
        if caller is None:
            self.page.close()
            self._over(self.page)
            return
        silent = Listener(
            frame=lambda pcm: None, key=lambda digit: None, played=lambda mark: None, ended=self._bridge.end
        )
        self._session = session = VoiceSession(self.page, silent)
        self.page.on_media = session.arrived
        Relay(caller, session, ended=self._bridge.end)
        self._bridge.on_end = self._caller_gone
        session.start()
        self._bridge.detach()

    def _key(self, digit: str) -> None:
        if self._session is not None:
            self._session.key(digit)

    def _page_gone(self, reason: str) -> None:
        if self._session is not None:
            self._bridge.end(reason)
        else:
            self.page.close()
            self._over(self.page)

    def _caller_gone(self) -> None:
        if self._session is not None:
            self._session.close()
        self._over(self.page)
