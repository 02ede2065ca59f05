"""One call in the telephony process: its media on one side, its connection with the speech process on the other."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from wyoming.event import Event

from telephony.media.ringback import ringback
from telephony.media.session import Line, Listener, VoiceSession
from telephony.sip.handler import IncomingCall
from voicebot.errors import ProtocolError, UnavailableError
from voicebot.wire import VERSION, read_event, write_event

log = logging.getLogger("voicebot.telephony")

TRANSFERRED = "transferred"
"""Why the speech process is told that a call is over that someone else has taken."""
STALLED = 320_000
"""Bytes of unread frames at which the speech process is given up for this call: 10 s at 16 kHz."""
MAX_REASON = 40


def connect_speech(path: str) -> socket.socket:
    """Connect to the speech process at once. Raises UnavailableError when it is away or cannot take more calls."""
    connection = socket.socket(socket.AF_UNIX)
    connection.setblocking(False)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise UnavailableError(f"the speech process takes no call ({error.strerror})") from None
    return connection


class Bridge:
    """Carries one call's frames, keys and marks between its line and the speech process.

    Args:
        hang_up: ends the call towards the caller; called once with the reason unless the caller ended it.
        leg: the call in SIP, where it is one.
        secured: whether the trunk sends its sound by SRTP.
        done: called once when everything is over.
    """

    def __init__(
        self,
        call_id: str,
        *,
        kind: str,
        caller: str | None,
        speech: socket.socket,
        hang_up: Callable[[str], None],
        done: Callable[[], None],
        leg: IncomingCall | None = None,
        secured: Callable[[], bool] = lambda: False,
    ) -> None:
        self.id = call_id
        self.leg = leg
        self.secured = secured
        self.on_end: Callable[[], None] | None = None
        """Called once when the call is over, before ``done``."""
        self._kind = kind
        self._caller = caller
        self._speech = speech
        self._hang_up = hang_up
        self._done = done
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._session: VoiceSession | None = None
        self._spoken_to: VoiceSession | None = None
        self._over = False

    def start(self, line: Line) -> VoiceSession:
        """Sound can flow: tell the speech process and begin. Not to be called twice."""
        self._listener = Listener(frame=self._frame, key=self._key, played=self.played, ended=self.end)
        self._session = self._spoken_to = VoiceSession(line, self._listener)
        self._task = asyncio.get_running_loop().create_task(self._run(self._session))
        return self._session

    def key(self, digit: str) -> None:
        """The caller pressed a key."""
        if self._session is not None:
            self._session.key(digit)

    # --- while someone else is rung, and after ---

    @property
    def taken(self) -> bool:
        """Whether someone else is being rung for this call or has it; whoever does so sets :attr:`on_end`."""
        return self.on_end is not None

    def hold(self, *, patient: bool) -> VoiceSession | None:
        """Let the speech process hear nothing and play ringing to the caller; None when the call is over.

        ``patient``: the trunk transfers the call and may send no media meanwhile.
        """
        session = self._session
        if session is None or self._over:
            return None
        tone = ringback(session.rate).tobytes()

        def ring(pcm: bytes) -> None:
            if not session.plays.seconds:
                session.play(tone, session.rate)

        session.patient = patient
        session.plays.paused = False
        session.listen(replace(self._listener, frame=ring, key=lambda digit: None))
        return session

    def brief(self, other: VoiceSession) -> None:
        """Until :meth:`resume` the speech process speaks to whoever is asked to take the call; it hears neither."""
        self._spoken_to = other

    def played(self, mark: object) -> None:
        """What the speech process wanted to be said has left."""
        self._tell("played", {"mark": mark})

    def resume(self) -> None:
        """Nobody came: the speech process hears the caller again."""
        if self._session is not None and not self._over:
            self._spoken_to = self._session
            self._session.patient = False
            self._session.plays.flush()
            self._session.listen(self._listener)

    def detach(self) -> None:
        """Someone took the call: for the speech process it is over. It goes on until :meth:`end`."""
        if self._writer is not None:
            write_event(self._writer, "call-end", {"reason": TRANSFERRED})
            self._writer.close()
            self._writer = None
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        if self._session is not None:
            self._session.patient = False

    def end(self, reason: str, *, by_caller: bool = False) -> None:
        """End the call; safe to call twice."""
        if self._over:
            return
        self._over = True
        log.info("call %s ended: %s", self.id, reason)
        if self._writer is not None:
            write_event(self._writer, "call-end", {"reason": reason})
            self._writer.close()
        elif self._task is None:  # else the task gives the socket back when it is cancelled
            self._speech.close()
        if self._session is not None:
            self._session.close()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        if not by_caller:
            self._hang_up(reason)
        if self.on_end is not None:
            self.on_end()
        self._done()

    async def _run(self, session: VoiceSession) -> None:
        reader, self._writer = await asyncio.open_connection(sock=self._speech)
        self._tell(
            "call-start",
            {
                "version": VERSION,
                "call": self.id,
                "rate": session.rate,
                "kind": self._kind,
                "caller": self._caller,
            },
        )
        session.start()
        log.info("call %s began: %s", self.id, self._kind)
        try:
            while (event := await read_event(reader)) is not None:
                if (reason := self._obey(event, self._spoken_to or session)) is not None:
                    self.end(reason)
                    return
            self.end("speech-lost")
        except (ProtocolError, ValueError) as error:
            log.error("call %s: the speech process broke the protocol: %s", self.id, error)
            self.end("protocol")
        except ConnectionError:
            self.end("speech-lost")

    def _obey(self, event: Event, session: VoiceSession) -> str | None:
        """Do what the speech process says; a reason means that the call is over."""
        match event.type:
            case "audio-chunk":
                rate = event.data.get("rate")
                if not isinstance(rate, int):
                    raise ProtocolError("an audio-chunk has no rate")
                session.play(event.payload or b"", rate)
            case "mark":
                session.plays.mark(event.data.get("mark"))
            case "pause":
                session.plays.paused = True
            case "resume":
                session.plays.paused = False
            case "flush":
                session.plays.flush()
            case "hangup":
                return str(event.data.get("reason") or "normal")[:MAX_REASON]
            case _:
                raise ProtocolError("an event that is not of this wire")
        return None

    def _key(self, digit: str) -> None:
        self._tell("key", {"digit": digit})

    def _frame(self, pcm: bytes) -> None:
        if self._session is not None:
            self._tell("audio-chunk", {"rate": self._session.rate}, pcm)

    def _tell(self, kind: str, data: dict[str, object], payload: bytes | None = None) -> None:
        if self._writer is None or self._over:
            return
        if self._writer.transport.get_write_buffer_size() > STALLED:
            self.end("speech-stalled")
            return
        with suppress(ConnectionError):
            write_event(self._writer, kind, data, payload)
