"""Cutting a byte stream into SIP messages (RFC 3261 §18.3) and keep-alives (RFC 5626 §3.5.1)."""

from __future__ import annotations

from telephony.sip.message import MAX_HEAD, MAX_MESSAGE
from telephony.sip.uri import SipError

PING = b"\r\n\r\n"
PONG = b"\r\n"
_END = b"\r\n\r\n"


class StreamFramer:
    """Collects bytes of one connection; at most one message (64 KiB) is kept."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Complete messages, in order; a keep-alive comes as :data:`PING`.

        Raises:
            SipError: what comes cannot be framed any more; close the connection.
        """
        self._buffer += data
        out: list[bytes] = []
        while (piece := self._next()) is not None:
            if piece:
                out.append(piece)
        return out

    def _next(self) -> bytes | None:
        """One message, ``b""`` for something skipped, None when more is needed."""
        if self._buffer.startswith(PING):
            self._drop(len(PING))
            return PING
        if self._buffer.startswith(PONG):
            if len(self._buffer) < len(PING) and PING.startswith(self._buffer):
                # A lone CRLF may be a pong or half a ping: it is harmless to wait for what follows.
                return None
            self._drop(len(PONG))
            return b""
        end = self._buffer.find(_END, max(0, self._searched - len(_END)))
        if end < 0:
            self._searched = len(self._buffer)
            if self._searched > MAX_HEAD:
                raise SipError("a message's headers are larger than 16 KiB")
            return None
        size = end + len(_END) + _content_length(bytes(self._buffer[:end]))
        if size > MAX_MESSAGE:
            raise SipError("a message is larger than 65,535 bytes")
        if len(self._buffer) < size:
            self._searched = end
            return None
        message = bytes(self._buffer[:size])
        self._drop(size)
        return message

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._searched = 0


def _content_length(head: bytes) -> int:
    """RFC 3261 §20.14: over a stream the length is mandatory; where it is missing there is no body."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() in (b"content-length", b"l"):
            value = value.strip()
            if not value.isdigit() or len(value) > 9:
                raise SipError("Content-Length is malformed")
            return int(value)
    return 0
