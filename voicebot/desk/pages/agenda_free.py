"""The next free times for the form of an appointment, new or to be moved: pressing one fills the form in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from voicebot.desk.appointment_form import appointment_of, new_page, one_page, patient_of
from voicebot.desk.context import Desk
from voicebot.desk.dates import read_moment
from voicebot.desk.parameters import BookingForm, MoveForm, Staff, Text, TheDesk
from voicebot.errors import AgendaError, NotBookableError
from voicebot.ports import PatientKind, SlotQuery

router = APIRouter()

FREE = 6
"""Times that a form proposes."""


@dataclass(frozen=True)
class Free:
    """One free time, as the form's button has it."""

    start: datetime
    practitioner: str
    name: str

    @property
    def pick(self) -> str:
        """The button's value."""
        return f"{self.start:%Y-%m-%dT%H:%M}|{self.practitioner}"


@router.post("/agenda/nouveau/creneaux")
def for_new(
    request: Request,
    desk: TheDesk,
    me: Staff,
    form: BookingForm,
    key: Text = "",
    pick: Text = "",
    born: Text = "",
    name: Text = "",
) -> Response:
    """The form of a new appointment with what is free, from the day in the form on."""
    if pick:
        return new_page(request, desk, me, form | _picked(pick), key=key, born=born, name=name)
    known = patient_of(desk, form["patient"]).known if form["patient"] else None
    try:
        free = _free(desk, form, known)
    except AgendaError as error:
        return new_page(request, desk, me, form, key=key, born=born, name=name, error=error)
    return new_page(request, desk, me, form, key=key, born=born, name=name, free=free)


@router.post("/agenda/{appointment_id}/creneaux")
def for_move(
    appointment_id: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    form: MoveForm,
    pick: Text = "",
) -> Response:
    """The form of a move with what is free, from the day in the form on."""
    if pick:
        return one_page(request, desk, me, appointment_id, form=form | _picked(pick))
    patient = appointment_of(desk, appointment_id).patient
    try:
        free = _free(desk, form, patient.known if patient else None)
    except AgendaError as error:
        return one_page(request, desk, me, appointment_id, form=form, error=error)
    return one_page(request, desk, me, appointment_id, form=form, free=free)


def _picked(pick: str) -> dict[str, str]:
    start, _, practitioner = pick.partition("|")
    return {"start": start, "practitioner": practitioner}


def _free(desk: Desk, form: dict[str, str], known: bool | None) -> list[Free]:
    """Raises AgendaError: no motive, or one that only a person places, at any time that suits."""
    practice, now = desk.workspace.rules(), desk.workspace.clock.now()
    motive = practice.motives.get(form["motive"])
    if motive is None:
        raise AgendaError("Choisissez d'abord le motif : sa durée dit quels créneaux conviennent.")
    kind: PatientKind = "known" if known or (known is None and motive.patients == "known") else "new"
    asked = read_moment(form["start"])
    first = now if asked is None else max(now, asked.replace(hour=0, minute=0))
    query = SlotQuery(
        motive.id,
        kind,
        form["practitioner"] if form["practitioner"] in practice.practitioners else None,
        ((first, first + timedelta(days=motive.horizon_days)),),
    )
    try:
        found = sorted(desk.workspace.agenda.offers(query, limit=FREE), key=lambda slot: slot.start)
    except NotBookableError:
        raise AgendaError("Pour ce motif et ce patient, choisissez vous-même le jour et l'heure.") from None
    return [Free(slot.start, slot.practitioner, practice.name_of(slot.practitioner)) for slot in found]
