"""Agenda: the day and the week by practitioner; create, move, cancel, overbook; nothing of a colleague's is lost."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from voicebot.agenda.admission import Placement
from voicebot.desk import diary, disclosure
from voicebot.desk.bookings import place_again
from voicebot.desk.context import Desk, desk, new_key
from voicebot.desk.labels import motive_label
from voicebot.desk.patient_form import homonyms, read_date
from voicebot.desk.roles import Account, role
from voicebot.errors import AgendaError, SlotTakenError, StaleVersionError, UnavailableError
from voicebot.ports import Appointment, Patient

router = APIRouter()

TheDesk = Annotated[Desk, Depends(desk)]
Staff = Annotated[Account, Depends(role("secretary", "practitioner"))]
Text = Annotated[str, Form(max_length=200)]

PAUSE = 0.7
"""How often other processes' changes are looked for, s."""
BEAT = 15.0
"""A stream whose session is over ends within this, s."""

FOUND = 30
"""Patients that are listed to choose from."""


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
    desk.audit(me, "agenda.read", day=view.first.isoformat(), view=view.kind, practitioner=view.who)
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
    return _new(request, desk, me, form)


@router.post("/agenda/nouveau/patient")
def find(
    request: Request,
    desk: TheDesk,
    me: Staff,
    start: Text = "",
    practitioner: Text = "",
    motive: Text = "",
    reason: Text = "",
    born: Text = "",
    name: Text = "",
) -> Response:
    """The same form with the patients found, by birth date first; posted, so that no address holds a name."""
    form = {"start": start[:16], "practitioner": practitioner, "motive": motive, "patient": "", "reason": reason}
    return _new(request, desk, me, form, born=born, name=name)


@router.get("/agenda/{appointment_id}")
def one(appointment_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """One appointment and what can be done with it: all that the mouse does, by keyboard."""
    return _one(request, desk, me, appointment_id)


@router.get("/agenda/{appointment_id}/version")
def version_of(appointment_id: str, desk: TheDesk, me: Staff) -> Response:
    """The version and status of an appointment, for a page that shows it."""
    found = _appointment(desk, appointment_id)
    return JSONResponse({"version": found.version, "status": found.status})


# --- changing ---


@router.post("/agenda/nouveau")
def create(
    request: Request,
    desk: TheDesk,
    me: Staff,
    start: Text = "",
    practitioner: Text = "",
    motive: Text = "",
    patient: Text = "",
    reason: Text = "",
    key: Text = "",
) -> Response:
    """Book for a patient who has a file."""
    form = {"start": start, "practitioner": practitioner, "motive": motive, "patient": patient, "reason": reason}
    try:
        placement = _placement(desk, start, practitioner, motive, patient, reason)
        made = desk.workspace.agenda.place(placement, source="desk", idempotency_key=key or new_key())
    except (AgendaError, UnavailableError) as error:
        return _new(request, desk, me, form, error=error, key=key)
    _audit(desk, me, "appointment.booked", made)
    return desk.done(
        request,
        _day_of(made),
        f"Rendez-vous pris : {_said(made)}.",
        undo=f"/agenda/{made.id}/annuler",
        version=str(made.version),
    )


@router.post("/agenda/{appointment_id}/deplacer")
def move(
    appointment_id: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    start: Text = "",
    practitioner: Text = "",
    motive: Text = "",
    reason: Text = "",
    version: Annotated[int, Form()] = 0,
    key: Text = "",
) -> Response:
    """Move to another time, practitioner or motive."""
    form = {"start": start, "practitioner": practitioner, "motive": motive, "reason": reason}
    try:
        before, made = _move(desk, me, appointment_id, form, version, key)
    except (AgendaError, UnavailableError) as error:
        return _one(request, desk, me, appointment_id, form=form, error=error)
    return desk.done(
        request,
        _day_of(made),
        f"Rendez-vous déplacé : {_said(made)}.",
        undo=f"/agenda/{made.id}/deplacer",
        **_back(before, made),
    )


@router.post("/agenda/{appointment_id}/glisser")
def drag(
    appointment_id: str,
    desk: TheDesk,
    me: Staff,
    start: Text = "",
    practitioner: Text = "",
    version: Annotated[int, Form()] = 0,
    key: Text = "",
) -> Response:
    """The same for a mouse: JSON, so that the calendar can put the row back when it is refused."""
    form = {"start": start, "practitioner": practitioner, "motive": "", "reason": ""}
    try:
        before, made = _move(desk, me, appointment_id, form, version, key)
    except (AgendaError, UnavailableError) as error:
        again = f"/agenda/{appointment_id}?start={start[:16]}&practitioner={practitioner}"
        return JSONResponse({"text": _explained(error), "more": again}, 409)
    return JSONResponse(
        {
            "text": f"Rendez-vous déplacé : {_said(made)}.",
            "undo": f"/agenda/{made.id}/deplacer",
            "fields": _back(before, made),
        }
    )


@router.post("/agenda/{appointment_id}/annuler")
def cancel(
    appointment_id: str, request: Request, desk: TheDesk, me: Staff, version: Annotated[int, Form()] = 0
) -> Response:
    """Cancel; the toast brings it back while the time is free."""
    try:
        made = desk.workspace.agenda.cancel(
            appointment_id, source="desk", idempotency_key=new_key(), version=version or None
        )
    except (AgendaError, UnavailableError) as error:
        return _one(request, desk, me, appointment_id, error=error)
    _audit(desk, me, "appointment.cancelled", made)
    return desk.done(
        request, _day_of(made), f"Rendez-vous annulé : {_said(made)}.", undo=f"/agenda/{made.id}/reprendre"
    )


@router.post("/agenda/{appointment_id}/reprendre")
def take_back(appointment_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """Undo a cancellation."""
    try:
        made = place_again(desk.workspace.agenda, appointment_id, f"again-{appointment_id}")
    except (AgendaError, UnavailableError) as error:
        return _one(request, desk, me, appointment_id, error=error)
    _audit(desk, me, "appointment.booked", made)
    return desk.done(request, _day_of(made), f"Rendez-vous rétabli : {_said(made)}.")


@router.post("/agenda/{appointment_id}/presence")
def mark(
    appointment_id: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    status: Text = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Note that the patient came, or did not."""
    if status not in ("done", "noshow"):
        raise HTTPException(422)
    known: Literal["done", "noshow"] = "done" if status == "done" else "noshow"
    try:
        made = desk.workspace.agenda.mark(
            appointment_id, known, source="desk", idempotency_key=new_key(), version=version or None
        )
    except (AgendaError, UnavailableError) as error:
        return _one(request, desk, me, appointment_id, error=error)
    _audit(desk, me, "appointment.marked", made)
    said = "Noté : le patient est venu." if known == "done" else "Noté : le patient n'est pas venu."
    return desk.done(request, f"/agenda/{made.id}", said)


# --- what they share ---


def _move(
    desk: Desk, me: Account, appointment_id: str, form: dict[str, str], version: int, key: str
) -> tuple[Appointment, Appointment]:
    before = _appointment(desk, appointment_id)
    if before.patient is None:
        raise AgendaError("Ce créneau est gardé pour un appel en cours : il se libère tout seul.")
    slot = before.slot
    placement = _placement(
        desk,
        form["start"] or f"{slot.start:%Y-%m-%dT%H:%M}",
        form["practitioner"] or slot.practitioner,
        form["motive"] or slot.motive,
        before.patient.id,
        form["reason"] or diary.overbooking_reason(desk.session, appointment_id) or "",
    )
    made = desk.workspace.agenda.place(
        placement,
        source="desk",
        idempotency_key=key or new_key(),
        replacing=appointment_id,
        version=version or None,
    )
    _audit(desk, me, "appointment.moved", made, before=appointment_id)
    return before, made


def _placement(desk: Desk, start: str, practitioner: str, motive: str, patient_id: str, reason: str) -> Placement:
    """Raises AgendaError: a field is missing; the message says which."""
    missing = [
        name
        for name, value in (("le motif", motive), ("le jour et l'heure", start), ("le patient", patient_id))
        if not value
    ]
    if missing:
        raise AgendaError(f"Il manque {', '.join(missing)}.")
    try:
        at = datetime.fromisoformat(start).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        raise AgendaError("Le jour ou l'heure ne se lit pas.") from None
    patient = desk.workspace.agenda.patient(patient_id)
    return Placement(
        motive, at, practitioner or None, patient_id, "known" if patient.known else "new", reason.strip() or None
    )


def _new(
    request: Request,
    desk: Desk,
    me: Account,
    form: dict[str, str],
    *,
    born: str = "",
    name: str = "",
    error: Exception | None = None,
    key: str = "",
) -> Response:
    found: list[Patient] | None = None
    chosen = None
    agenda = desk.workspace.agenda
    if form["patient"]:
        chosen = _patient(desk, form["patient"])
        desk.audit(me, "patient.read", chosen.id)
    elif born or name.strip():
        found = agenda.find_patients(name, read_date(born))[:FOUND]
        disclosure.found(desk.workspace.audit, me, found)
    practice = desk.workspace.rules()
    return desk.page(
        request,
        "agenda/new.html",
        409 if error else 200,
        form=form,
        chosen=chosen,
        found=found,
        homonyms=homonyms(found or []),
        born=born,
        name=name,
        error=_explained(error) if error else None,
        may_overbook=_may_overbook(error),
        practitioners=practice.practitioners.values(),
        motives=_motives(desk, me),
        key=key or new_key(),
    )


def _one(
    request: Request,
    desk: Desk,
    me: Account,
    appointment_id: str,
    *,
    form: dict[str, str] | None = None,
    error: Exception | None = None,
) -> Response:
    appointment = _appointment(desk, appointment_id)
    practice, slot = desk.workspace.rules(), appointment.slot
    if appointment.patient is not None:
        desk.audit(me, "patient.read", appointment.patient.id)
    asked = {
        "start": (form or {}).get("start") or request.query_params.get("start", "")[:16],
        "practitioner": (form or {}).get("practitioner") or request.query_params.get("practitioner", ""),
        "motive": (form or {}).get("motive") or "",
        "reason": (form or {}).get("reason") or "",
    }
    here = {"start": f"{slot.start:%Y-%m-%dT%H:%M}", "practitioner": slot.practitioner, "motive": slot.motive}
    stale = isinstance(error, StaleVersionError) or appointment.status in ("moved", "cancelled")
    return desk.page(
        request,
        "agenda/one.html",
        409 if error else 200,
        row=diary.row(practice, me, appointment, diary.overbooking_reason(desk.session, appointment_id)),
        appointment=appointment,
        form={**asked, **{name: value for name, value in here.items() if not asked[name]}},
        differs=any(asked[name] and asked[name] != value for name, value in here.items()),
        error=_explained(error) if error else None,
        stale=stale and error is not None,
        may_overbook=_may_overbook(error),
        successor=diary.successor(desk.session, appointment_id) if appointment.status == "moved" else None,
        practitioners=practice.practitioners.values(),
        motives=_motives(desk, me),
        begun=slot.start <= desk.workspace.clock.now(),
        key=new_key(),
    )


def _appointment(desk: Desk, appointment_id: str) -> Appointment:
    try:
        return desk.workspace.agenda.appointment(appointment_id)
    except AgendaError:
        raise HTTPException(404) from None


def _patient(desk: Desk, patient_id: str) -> Patient:
    try:
        return desk.workspace.agenda.patient(patient_id)
    except AgendaError:
        raise HTTPException(404) from None


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


def _motives(desk: Desk, me: Account) -> list[tuple[str, str]]:
    practice = desk.workspace.rules()
    return [(id, motive_label(practice, id, me)) for id in practice.motives]


def _may_overbook(error: Exception | None) -> bool:
    return isinstance(error, AgendaError) and not isinstance(error, StaleVersionError)


_PLACE = re.compile(r"^\S[^\n]*?:\d+: [\w.\[\]-]+: ")


def _explained(error: Exception) -> str:
    """What a person reads: the rule's French, without the place in the file."""
    if isinstance(error, StaleVersionError):
        return (
            "Quelqu'un d'autre vient de changer ce rendez-vous. Rien n'a été écrasé : voici comment il est maintenant."
        )
    if isinstance(error, SlotTakenError) and "meanwhile" in str(error):
        return "Ce créneau vient d'être pris."
    text = _PLACE.sub("", str(error))
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _audit(desk: Desk, me: Account, action: str, made: Appointment, **detail: Any) -> None:
    patient = made.patient.id if made.patient else None
    desk.audit(me, action, patient, appointment=made.id, **detail)


def _back(before: Appointment, made: Appointment) -> dict[str, str]:
    """The fields that move it back."""
    slot = before.slot
    return {
        "start": f"{slot.start:%Y-%m-%dT%H:%M}",
        "practitioner": slot.practitioner,
        "motive": slot.motive,
        "version": str(made.version),
    }


def _said(made: Appointment) -> str:
    return f"{made.slot.start:%d/%m à %H:%M}"


def _day_of(made: Appointment) -> str:
    return f"/agenda?jour={made.slot.start.date()}"
