"""The web servers: the patient's page and the desk, each on its own door."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress

from starlette.types import ASGIApp

from voicebot.cli.setup import Workspace
from voicebot.desk.accounts import Accounts
from voicebot.desk.app import create_desk
from voicebot.desk.context import Control, Desk, Offer
from voicebot.desk.patient_page import create_patient_page
from voicebot.desk.sessions import Sessions
from voicebot.journal import Journal
from voicebot.servers import PageServer
from voicebot.tls import Tls

log = logging.getLogger("voicebot.web")


PAGES = ("web", "http")
"""Doors that people's browsers use; others stay on this machine."""


class WebServers:
    """Serves ``web`` (the patient's page and its signalling) and ``http`` (the desk) on sockets already bound."""

    def __init__(
        self,
        doors: Mapping[str, socket.socket],
        workspace: Workspace,
        journal: Journal,
        offer: Offer,
        control: Control,
        *,
        demo: bool = False,
        tls: Tls | None = None,
    ) -> None:
        self.access_code = secrets.token_urlsafe(9)
        """Makes the first administrator, and opens a demonstration's desk; shown only in the terminal."""
        self.desk: Desk | None = None
        self._tls = {name: tls for name in doors if name in PAGES}
        self.addresses = {name: _address(bound, self._tls.get(name)) for name, bound in doors.items()}
        self._doors = dict(doors)
        self._apps: dict[str, ASGIApp] = {}
        if "web" in doors:
            self._apps["web"] = create_patient_page(workspace.practice, offer, tls=tls is not None)
        if "http" in doors:
            connect = workspace.connect
            accounts, sessions = Accounts(connect), Sessions(connect)
            self.desk = Desk(
                *(workspace, journal, accounts, sessions, control, offer, self.access_code),
                demo=demo,
                tls=tls is not None,
            )
            self._apps["http"] = create_desk(self.desk)
        self._servers: list[PageServer] = []

    @property
    def first_run(self) -> bool:
        """Whether the desk waits for its first administrator."""
        return self.desk is not None and self.desk.accounts.first_run()

    def serve(self, name: str, app: ASGIApp) -> None:
        """Serve one more application on the door of that name; before :meth:`start`."""
        self._apps[name] = app

    async def start(self) -> None:
        """Serve until :meth:`stop`."""
        self._servers = [PageServer(app, self._doors[name], self._tls.get(name)) for name, app in self._apps.items()]
        await asyncio.gather(*(server.start() for server in self._servers))

    async def stop(self) -> None:
        """Close the pages."""
        await asyncio.gather(*(server.stop() for server in self._servers))
        for bound in self._doors.values():
            with suppress(OSError):
                bound.close()
        if self.desk is not None:
            self.desk.close()


def _address(bound: socket.socket, tls: Tls | None) -> str:
    host, port = bound.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{name}:{port}/"
