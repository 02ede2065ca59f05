"""One call in the telephony process: its media on one side, its connection with the speech process on the other."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

from wyoming.event import Event

from telephony.media.session import Line, Listener, VoiceSession
from voicebot.errors import ProtocolError, UnavailableError
from voicebot.wire import VERSION, read_event, write_event

log = logging.getLogger("voicebot.telephony")

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
    ) -> None:
        self.id = call_id
        self._kind = kind
        self._caller = caller
        self._speech = speech
        self._hang_up = hang_up
        self._done = done
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._session: VoiceSession | None = None
        self._over = False

    def start(self, line: Line) -> VoiceSession:
        """Sound can flow: tell the speech process and begin. Not to be called twice."""
        listener = Listener(frame=self._frame, key=self.key, played=self._played, ended=self.end)
        self._session = VoiceSession(line, listener)
        self._task = asyncio.get_running_loop().create_task(self._run(self._session))
        return self._session

    def key(self, digit: str) -> None:
        """The caller pressed a key."""
        self._tell("key", {"digit": digit})

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
                if (reason := self._obey(event, session)) is not None:
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

    def _frame(self, pcm: bytes) -> None:
        if self._session is not None:
            self._tell("audio-chunk", {"rate": self._session.rate}, pcm)

    def _played(self, mark: object) -> None:
        self._tell("played", {"mark": mark})

    def _tell(self, kind: str, data: dict[str, object], payload: bytes | None = None) -> None:
        if self._writer is None or self._over:
            return
        if self._writer.transport.get_write_buffer_size() > STALLED:
            self.end("speech-stalled")
            return
        with suppress(ConnectionError):
            write_event(self._writer, kind, data, payload)
