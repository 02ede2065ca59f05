"""What every page of the desk works with: ``Annotated[Desk, Depends(desk)]``."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request
from fastapi.templating import Jinja2Templates
from starlette.responses import HTMLResponse, RedirectResponse, Response

from voicebot.agenda.session import Session
from voicebot.agenda.store import Store
from voicebot.cli.setup import Workspace
from voicebot.desk import navigation
from voicebot.desk.accounts import Accounts
from voicebot.desk.digest import Digests
from voicebot.desk.figures import Board
from voicebot.desk.identities import Identities
from voicebot.desk.labels import clock, day, label, phone
from voicebot.desk.live import LiveCalls
from voicebot.desk.lockout import Lockout
from voicebot.desk.roles import Account
from voicebot.desk.rulebook import Rulebook
from voicebot.desk.sessions import Sessions
from voicebot.journal import Journal
from voicebot.ports import Contact, Dialogue
from voicebot.rehearsal import Rehearsals

HERE = Path(__file__).resolve().parent
VENDOR = HERE / "static" / "vendor" / "htmx.min.js"

Offer = Callable[[str], Awaitable[tuple[str, str]]]
"""Takes a WebRTC SDP offer to telephony and returns its answer and the call's id."""

TOLD_KEPT = 200
"""Messages that wait for a page to show them; the oldest makes room."""

NOTED_FOR = timedelta(minutes=15)
"""How long a page that keeps itself up to date is covered by the line that the trail has of it."""
NOTED_KEPT = 2000
"""Lines that are remembered for that; for one that was forgotten another is written."""


@dataclass(frozen=True)
class Told:
    """What was just done, in French, and the request that undoes it."""

    text: str
    undo: str | None = None
    """The path to post ``fields`` to."""
    fields: Mapping[str, str] = field(default_factory=dict)


class Control(Protocol):
    """What the desk may ask of a call in progress (``voicebot.calls.Calls``); used in the event loop."""

    def transfer(self, call_id: str, contact: Contact) -> None:
        """Ring the practice for a call. Raises UnavailableError."""

    def instruct(self, call_id: str, text: str) -> bool:
        """Tell the assistant what to propose; whether it understood. Raises UnavailableError: the call is over."""

    async def join(self, call_id: str, sdp: str) -> str:
        """Put a browser in the assistant's place: its SDP offer in, the answer out. Raises UnavailableError."""

    def rehearse(self, call_id: str, agenda: Store) -> None:
        """The call that is about to connect books into this copy of the agenda."""

    def rehearsal(self, call_id: str, agenda: Store) -> Dialogue:
        """The mind of a rehearsal in text."""


@dataclass
class Desk:
    """The desk of one practice."""

    workspace: Workspace
    journal: Journal
    accounts: Accounts
    sessions: Sessions
    control: Control
    offer: Offer
    access_code: str
    """Shown in the terminal only: makes the first administrator, and opens the demonstration."""
    demo: bool = False
    tls: bool = False
    served: frozenset[str] = frozenset()
    """Paths that routes serve."""
    counters: dict[str, Callable[[], int]] = field(default_factory=dict)
    """What waits on a page, by its path; the navigation shows it."""

    def __post_init__(self) -> None:
        self.lockout = Lockout()
        self.session = Session(self.workspace.connect)
        """Reads and writes what belongs to the desk alone, and reads of the agenda what the store does not tell."""
        self.board = Board(self.session)
        self.digests = Digests(self.session)
        self.identities = Identities(self.session)
        self.rulebook = Rulebook(
            self.workspace.rules, self.workspace.practice.directory, self.session, self.workspace.clock.now
        )
        self.live = LiveCalls()
        self.rehearsals = Rehearsals(self.workspace, self.control.rehearsal)
        self.journal.listen(self.live.take)
        self.counters.setdefault("/", lambda: len(self.live.calls()))
        self.counters.setdefault("/relire", self.workspace.call_log.waiting)
        self.counters.setdefault("/a-faire", self.workspace.todo.waiting)
        self.templates = Jinja2Templates(HERE / "templates")
        self.templates.env.filters.update(
            {"named": lambda code, table: label(table, code), "day": day, "clock": clock, "phone": phone}
        )
        self._told: OrderedDict[str, Told] = OrderedDict()
        self._noted: OrderedDict[tuple[object, ...], datetime] = OrderedDict()

    @property
    def cookie(self) -> str:
        """The session cookie's name; over TLS the browser lets no other host or path set it."""
        return "__Host-session" if self.tls else "session"

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page, with the frame's values: navigation, account, what was just done."""
        account: Account | None = getattr(request.state, "account", None)
        frame: dict[str, Any] = {
            "practice": self.workspace.rules().name,
            "vendor": VENDOR.exists(),
            "account": account,
            "told": None,
        }
        if account is not None:
            counts, path = self.counts(), request.url.path
            frame["navigation"] = navigation.entries(account, path, self.served, counts)
            # The page of live calls has a stream of its own.
            frame["watched"] = {"page": path, "vu": counts[path]} if path in counts and path != "/" else {}
            frame["told"] = self._told.pop(self._reader(request), None)
        return self.templates.TemplateResponse(request, template, frame | values, status_code=status)

    def counts(self) -> dict[str, int]:
        """How much waits on each page that counts."""
        return {path: count() for path, count in self.counters.items()}

    def fragment(self, template: str, **values: Any) -> str:
        """A part of a page, for a stream."""
        return self.templates.env.get_template(template).render(values)

    def done(
        self, request: Request, path: str, text: str = "", *, undo: str | None = None, **fields: str
    ) -> RedirectResponse:
        """After an act: go to ``path`` (303), which then says ``text`` with a button that undoes it."""
        if text:
            self._told[self._reader(request)] = Told(text, undo, fields)
            if len(self._told) > TOLD_KEPT:
                self._told.popitem(last=False)
        return RedirectResponse(path, 303)

    def enter(self, request: Request, response: Response, account: Account, *, stage: Any = "open") -> Response:
        """Open a new session for an account, in the place of the one before."""
        token = self.sessions.open(account.id, stage, replacing=request.cookies.get(self.cookie))
        response.set_cookie(
            self.cookie, token, max_age=12 * 3600, httponly=True, samesite="strict", secure=self.tls, path="/"
        )
        return response

    def audit(self, account: Account, action: str, subject: str | None = None, **detail: Any) -> None:
        """Write one line of the audit trail for a person's act; codes and ids only."""
        self.workspace.audit.record(f"user:{account.id}", action, subject, detail)
        self._noted[_key(account, action, subject, detail)] = self.workspace.clock.now()
        if len(self._noted) > NOTED_KEPT:
            self._noted.popitem(last=False)

    def audit_refresh(self, account: Account, action: str, subject: str | None = None, **detail: Any) -> None:
        """The same for what brings an open page up to date: not again within ``NOTED_FOR`` of the page's own line."""
        noted = self._noted.get(_key(account, action, subject, detail))
        if noted is None or not noted <= self.workspace.clock.now() < noted + NOTED_FOR:
            self.audit(account, action, subject, **detail)

    def home(self, account: Account) -> str:
        """The first page that a person may see."""
        return navigation.home(account, self.served)

    def close(self) -> None:
        """Close the connections."""
        self.rehearsals.close_all()
        self.accounts.close()
        self.sessions.close()
        self.session.close()

    def _reader(self, request: Request) -> str:
        return request.cookies.get(self.cookie, "")


def desk(request: Request) -> Desk:
    """The desk that serves this request."""
    found: Desk = request.app.state.desk
    return found


def _key(account: Account, action: str, subject: str | None, detail: Mapping[str, Any]) -> tuple[object, ...]:
    return account.id, action, subject, *sorted(detail.items())


def new_key() -> str:
    """An idempotency key for a form: posting the form twice acts once."""
    return secrets.token_hex(8)
