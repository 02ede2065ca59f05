"""The running service's own Unix socket (0600): other verbs ask it for live events and for its clock.

One JSON request a line, JSON answers a line: ``{"ask": "clock"}`` → ``{"now": ISO}``; ``{"ask": "follow"}`` → first
``{"following": true}``, then one event a line until either side closes.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from voicebot.errors import UnavailableError
from voicebot.journal import Journal
from voicebot.sockets import reachable

NAME = "service.sock"
"""The socket's name inside the data directory."""

MAX_REQUEST = 4096
"""Bytes of one request line."""


def path_of(data: Path) -> Path:
    """The service's socket for a data directory."""
    return data / NAME


class ControlServer:
    """Answers the verbs that run beside the service."""

    def __init__(self, listening: socket.socket, journal: Journal, now: Callable[[], datetime]) -> None:
        self._listening = listening
        self._journal = journal
        self._now = now
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_unix_server(self._serve, sock=self._listening, limit=MAX_REQUEST)

    async def stop(self) -> None:
        """Cut everyone off."""
        if self._server is not None:
            self._server.close()
        for client in tuple(self._clients):
            client.cancel()
        if self._clients:
            await asyncio.wait(self._clients, timeout=1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)
        with suppress(ConnectionError, ValueError, asyncio.CancelledError):
            match json.loads(await reader.readline() or b"{}").get("ask"):
                case "clock":
                    writer.write(json.dumps({"now": self._now().isoformat()}).encode() + b"\n")
                    await writer.drain()
                case "follow":
                    events = self._journal.follow()
                    writer.write(b'{"following": true}\n')
                    async for event in events:
                        writer.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")
                        await writer.drain()
                case other:
                    writer.write(json.dumps({"error": f"unknown request {other!r}"}).encode() + b"\n")
        writer.close()


def follow(data: Path) -> Iterator[dict[str, Any]]:
    """Yield the live events of the service that runs on ``data``. Blocking. Raises UnavailableError."""
    with _connect(data) as connection, connection.makefile("rwb") as stream:
        stream.write(b'{"ask": "follow"}\n')
        stream.flush()
        for line in stream:
            if "event" in (event := json.loads(line)):
                yield event


def service_now(data: Path) -> datetime | None:
    """The clock of the service that runs on ``data``, or None when none runs."""
    try:
        with _connect(data) as connection, connection.makefile("rwb") as stream:
            stream.write(b'{"ask": "clock"}\n')
            stream.flush()
            return datetime.fromisoformat(json.loads(stream.readline())["now"])
    except (UnavailableError, ValueError, KeyError, OSError):
        return None


def _connect(data: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        with reachable(path_of(data)) as name:
            connection.connect(name)
    except OSError:
        connection.close()
        raise UnavailableError(f"no service runs on {data}: start it with voicebot serve --data {data}") from None
    return connection
