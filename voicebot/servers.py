"""One web application on one socket that is already bound."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from voicebot.tls import Tls

STOP_SECONDS = 1.0
"""How long requests may take to end when the page is closed, s."""


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: the service decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class PageServer:
    """Serves until it is stopped; the socket is closed then."""

    def __init__(self, app: ASGIApp, bound: socket.socket, tls: Tls | None = None) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=16 * 1024,
            limit_concurrency=200,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
        self._server = _Server(config)
        self._bound = bound
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to serve."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._bound]))
        while not self._server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Close the page."""
        self._server.should_exit = True
        self._server.force_exit = True
        if self._task is not None:
            _, late = await asyncio.wait([self._task], timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
        with suppress(OSError):
            self._bound.close()
