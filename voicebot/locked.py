"""A service whose key is protected and that was started by no person: it waits until someone types the passphrase.

Two doors: a page on the desk's own address, and a Unix socket (0600) in the data directory for ``voicebot key unlock``.
The passphrase passes through memory only; one attempt at a time, each at the cost of argon2id.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fastapi import FastAPI
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from voicebot.desk.security import Guard
from voicebot.errors import ConfigurationError, UnavailableError
from voicebot.servers import PageServer
from voicebot.sockets import bind_unix, reachable
from voicebot.tls import Tls

log = logging.getLogger("voicebot.locked")

SOCKET = "unlock.sock"
LONGEST = 1024
"""Bytes of a passphrase."""

ATTEMPT_SECONDS = 1.0
"""Least time between two attempts, s; beside what argon2id takes."""


class Locked:
    """Waits for the passphrase.

    Args:
        data: the data directory.
        page: the desk's bound socket, or None where it has no door.
        practice: the practice's name, for the page.
        open_key: takes a passphrase and returns the key. Raises ConfigurationError: it is wrong. Blocking.
    """

    def __init__(
        self,
        data: Path,
        page: socket.socket | None,
        practice: str,
        open_key: Callable[[str], bytes],
        tls: Tls | None = None,
    ) -> None:
        self._path = data / SOCKET
        self._page = page
        self._tls = tls
        self._practice = practice
        self._open_key = open_key
        self._attempt = asyncio.Lock()
        self._key: asyncio.Future[bytes] | None = None

    async def wait(self) -> bytes:
        """Serve both doors until the right passphrase has come, and return the key."""
        self._key = asyncio.get_running_loop().create_future()
        server = await asyncio.start_unix_server(self._typed, sock=bind_unix(self._path), limit=LONGEST * 2)
        page = None
        if self._page is not None:
            page = PageServer(Guard(self._app(), tls=self._tls is not None), self._page.dup(), self._tls)
            await page.start()
        try:
            return await self._key
        finally:
            server.close()
            with suppress(OSError):
                self._path.unlink()
            if page is not None:
                await page.stop()

    async def try_passphrase(self, passphrase: str) -> str | None:
        """None when it was right, else what is wrong."""
        if self._key is None or len(passphrase.encode()) > LONGEST:
            return "the passphrase is wrong"
        async with self._attempt:
            if self._key.done():
                return None
            pause = asyncio.create_task(asyncio.sleep(ATTEMPT_SECONDS))
            try:
                key = await asyncio.to_thread(self._open_key, passphrase)
            except ConfigurationError as error:
                log.warning("an attempt to unlock failed")
                await pause
                return str(error)
            pause.cancel()
            if not self._key.done():
                self._key.set_result(key)
            return None

    async def _typed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ValueError):
            wrong = await self.try_passphrase(str(json.loads(await reader.readline())["passphrase"]))
            writer.write(json.dumps({"error": wrong}).encode() + b"\n")
            await writer.drain()
        writer.close()

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        static = Path(__file__).parent / "desk" / "static"
        app.mount("/static", StaticFiles(directory=static))
        environment = Environment(loader=PackageLoader("voicebot.desk"), autoescape=True, undefined=StrictUndefined)

        def page(state: str, status: int = 200) -> Response:
            template = environment.get_template("unlock.html")
            vendor = (static / "vendor").is_dir()
            return HTMLResponse(template.render(practice=self._practice, vendor=vendor, state=state, told=None), status)

        @app.get("/{path:path}")
        async def ask(path: str) -> Response:
            return page("ask")

        @app.post("/deverrouiller")
        async def unlock(request: Request) -> Response:
            form = await request.form(max_files=0, max_fields=2)
            wrong = await self.try_passphrase(str(form.get("passphrase", "")))
            return page("ask" if wrong is None else "wrong", 403) if wrong else page("opened")

        return app


def send_passphrase(data: Path, passphrase: str) -> None:
    """Give the passphrase to the service that waits on ``data``.

    Raises:
        UnavailableError: none waits.
        ConfigurationError: it is wrong.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            with reachable(data / SOCKET) as name:
                connection.connect(name)
        except OSError:
            raise UnavailableError(f"no service waits for its passphrase on {data}") from None
        with connection.makefile("rwb") as stream:
            stream.write(json.dumps({"passphrase": passphrase}).encode() + b"\n")
            stream.flush()
            answer = json.loads(stream.readline() or b'{"error": "the service went away"}')
    if answer["error"]:
        raise ConfigurationError(answer["error"])
