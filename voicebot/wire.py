"""Wyoming event framing between our processes, with bounds.

One event is a JSON header line, optional JSON data and an optional binary payload (the protocol of
https://github.com/rhasspy/wyoming). Unlike that package's reader, malformed or oversized input is an error and never
looks like the end of the stream.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from wyoming.event import Event

from voicebot.errors import ProtocolError

VERSION = 1
"""Version of our use of the framing; carried by ``call-start``."""

MAX_HEADER = 4096
MAX_DATA = 64 * 1024
MAX_PAYLOAD = 64 * 1024
"""Bounds, bytes. A second of 16 kHz PCM is 32,000 bytes."""


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """Read one event; None at a clean end of stream.

    Raises:
        ProtocolError: malformed, oversized or cut off in the middle.
    """
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise ProtocolError("an event header was cut off") from None
    except asyncio.LimitOverrunError:
        raise ProtocolError(f"an event header exceeds {MAX_HEADER} bytes") from None
    except ConnectionError:
        return None
    if len(line) > MAX_HEADER:
        raise ProtocolError(f"an event header exceeds {MAX_HEADER} bytes")
    header = _object(line, "header")
    data = header.get("data") or {}
    if not isinstance(data, dict):
        raise ProtocolError("event data is not an object")
    try:
        if size := _size(header, "data_length", MAX_DATA):
            data = {**data, **_object(await reader.readexactly(size), "data")}
        size = _size(header, "payload_length", MAX_PAYLOAD)
        payload = await reader.readexactly(size) if size else None
    except (asyncio.IncompleteReadError, ConnectionError):
        raise ProtocolError("an event was cut off") from None
    kind = header.get("type")
    if not isinstance(kind, str):
        raise ProtocolError("an event has no type")
    return Event(kind, data, payload)


def encode(kind: str, data: Mapping[str, object] | None = None, payload: bytes | None = None) -> bytes:
    """Bytes of one event."""
    body = json.dumps(data, ensure_ascii=False).encode() if data else b""
    header: dict[str, object] = {"type": kind, "version": f"voicebot-{VERSION}"}
    if body:
        header["data_length"] = len(body)
    if payload:
        header["payload_length"] = len(payload)
    if len(body) > MAX_DATA or (payload and len(payload) > MAX_PAYLOAD):
        raise ProtocolError(f"event {kind} is too large to send")
    return json.dumps(header).encode() + b"\n" + body + (payload or b"")


def write_event(
    writer: asyncio.StreamWriter,
    kind: str,
    data: Mapping[str, object] | None = None,
    payload: bytes | None = None,
) -> None:
    """Queue one event for sending; the caller drains where it may wait."""
    if not writer.is_closing():
        writer.write(encode(kind, data, payload))


def _object(raw: bytes, what: str) -> dict[str, object]:
    try:
        value = json.loads(raw)
    except ValueError:
        raise ProtocolError(f"an event {what} is not JSON") from None
    if not isinstance(value, dict):
        raise ProtocolError(f"an event {what} is not an object")
    return value


def _size(header: Mapping[str, object], name: str, bound: int) -> int:
    value = header.get(name) or 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0 or value > bound:
        raise ProtocolError(f"an event's {name} is out of bounds (0 to {bound})")
    return value
