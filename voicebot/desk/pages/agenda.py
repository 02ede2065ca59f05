"""Agenda: the day and the week by practitioner, one appointment, and the stream of what others change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from voicebot.desk import diary
from voicebot.desk.appointment_form import (
    appointment_of,
    new_page,
    one_page,
)
from voicebot.desk.context import Desk
from voicebot.desk.dates import read_date
from voicebot.desk.parameters import MoveForm, Staff, Text, TheDesk

router = APIRouter()


PAUSE = 0.7
"""How often other processes' changes are looked for, s."""
BEAT = 15.0
"""A stream whose session is over ends within this, s."""


@dataclass(frozen=True)
class View:
    """What of the agenda is looked at."""

    kind: Literal["jour", "semaine"]
    day: date
    who: str
    """A practitioner, or empty for all."""

    @property
    def first(self) -> date:
        """The first day shown."""
        return self.day if self.kind == "jour" else self.day - timedelta(days=self.day.weekday())

    @property
    def last(self) -> date:
        """The last day shown."""
        return self.day if self.kind == "jour" else self.first + timedelta(days=6)

    def told(self) -> dict[str, str]:
        """What the audit trail says of it."""
        return {"day": self.first.isoformat(), "view": self.kind, "practitioner": self.who}

    def link(self, day: date | None = None, kind: str | None = None, who: str | None = None) -> str:
        """The address of another view."""
        chosen = self.who if who is None else who
        return f"/agenda?vue={kind or self.kind}&jour={day or self.day}" + (f"&praticien={chosen}" if chosen else "")


# --- looking ---


@router.get("/agenda")
def agenda(request: Request, desk: TheDesk, me: Staff, jour: str = "", vue: str = "", praticien: str = "") -> Response:
    """One day of everyone, or a week of one practitioner."""
    view = _view(desk, jour, vue, praticien)
    practice, who = desk.workspace.rules(), _who(desk, view)
    desk.audit(me, "agenda.read", **view.told())
    shown = diary.rows(desk.workspace.agenda, desk.session, practice, me, view.first, view.last, who)
    low, high = diary.span(practice, view.first, view.last, who, shown)
    step = timedelta(days=1 if view.kind == "jour" else 7)
    today = desk.workspace.clock.now().date()
    return desk.page(
        request,
        "agenda/page.html",
        view=view,
        days=_by_day(view, shown),
        practitioners=practice.practitioners.values(),
        who=[practice.practitioners[id] for id in who],
        low=low,
        high=high,
        before=view.link(view.day - step),
        after=view.link(view.day + step),
        today=today,
        now=desk.workspace.clock.now(),
        version=desk.workspace.agenda.version(),
        closed=_labels(diary.closed(practice, view.first, view.last, who)),
    )


@router.get("/agenda/lignes")
def feed(desk: TheDesk, me: Staff, jour: str = "", vue: str = "", praticien: str = "") -> Response:
    """What the calendar draws: JSON."""
    view = _view(desk, jour, vue, praticien)
    desk.audit_refresh(me, "agenda.read", **view.told())
    practice, who = desk.workspace.rules(), _who(desk, view)
    shown = diary.rows(desk.workspace.agenda, desk.session, practice, me, view.first, view.last, who)
    closed = diary.closed(practice, view.first, view.last, who)
    return JSONResponse([*map(diary.as_background, closed), *map(diary.as_event, shown)])


@router.get("/agenda/flux")
async def stream(request: Request, desk: TheDesk, me: Staff) -> Response:
    """Server-sent events: the agenda's version, each time that anyone changed it."""
    token = request.cookies.get(desk.cookie)
    return StreamingResponse(
        _versions(desk, token), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _versions(desk: Desk, token: str | None) -> AsyncIterator[str]:
    said, waited = -1, 0.0
    while await run_in_threadpool(desk.sessions.find, token, touch=False) is not None:
        version = await run_in_threadpool(desk.workspace.agenda.version)
        if version != said:
            said = version
            yield f"data: {version}\n\n"
        elif waited >= BEAT:
            waited = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(PAUSE)
        waited += PAUSE


@router.get("/agenda/liste")
def listing(request: Request, desk: TheDesk, me: Staff, jour: str = "", vue: str = "", praticien: str = "") -> Response:
    """The list of the page alone, for a page that is open while the agenda changes."""
    view = _view(desk, jour, vue, praticien)
    desk.audit_refresh(me, "agenda.read", **view.told())
    practice, who = desk.workspace.rules(), _who(desk, view)
    shown = diary.rows(desk.workspace.agenda, desk.session, practice, me, view.first, view.last, who)
    closed = _labels(diary.closed(practice, view.first, view.last, who))
    people = [practice.practitioners[id] for id in who]
    return HTMLResponse(
        desk.fragment("agenda/list.html", view=view, days=_by_day(view, shown), who=people, closed=closed)
    )


@router.get("/agenda/nouveau")
def new(
    request: Request,
    desk: TheDesk,
    me: Staff,
    start: str = "",
    practitioner: str = "",
    motive: str = "",
    patient: str = "",
    reason: str = "",
) -> Response:
    """The form of a new appointment."""
    form = {"start": start[:16], "practitioner": practitioner, "motive": motive, "patient": patient, "reason": reason}
    return new_page(request, desk, me, form)


@router.post("/agenda/nouveau/patient")
def find(
    request: Request,
    desk: TheDesk,
    me: Staff,
    form: MoveForm,
    born: Text = "",
    name: Text = "",
) -> Response:
    """The same form with the patients found, by birth date first; posted, so that no address holds a name."""
    form |= {"start": form["start"][:16], "patient": ""}
    return new_page(request, desk, me, form, born=born, name=name)


@router.get("/agenda/{appointment_id}")
def one(appointment_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """One appointment and what can be done with it: all that the mouse does, by keyboard."""
    return one_page(request, desk, me, appointment_id)


@router.get("/agenda/{appointment_id}/version")
def version_of(appointment_id: str, desk: TheDesk, me: Staff) -> Response:
    """The version and status of an appointment, for a page that shows it."""
    found = appointment_of(desk, appointment_id)
    return JSONResponse({"version": found.version, "status": found.status})


# --- what they share ---


def _view(desk: Desk, day: str, kind: str, who: str) -> View:
    practice = desk.workspace.rules()
    chosen = who if who in practice.practitioners else ""
    at = read_date(day) or desk.workspace.clock.now().date()
    week = kind == "semaine"
    if week and not chosen:
        chosen = next(iter(practice.practitioners))
    return View("semaine" if week else "jour", at, chosen)


def _who(desk: Desk, view: View) -> list[str]:
    return [view.who] if view.who else list(desk.workspace.rules().practitioners)


def _by_day(view: View, shown: list[diary.Row]) -> list[tuple[date, list[diary.Row]]]:
    return [
        (day, [row for row in shown if row.appointment.slot.start.date() == day])
        for day in diary.days_of(view.first, view.last)
    ]


def _labels(closed: list[diary.Closed]) -> list[diary.Closed]:
    """Those that a rule names: absences, exceptions, public holidays."""
    return [span for span in closed if span.label]
