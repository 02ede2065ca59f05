"""The forms of an appointment, new or standing, and what they do to the agenda; errors as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fastapi import HTTPException, Request
from starlette.responses import Response

from voicebot.agenda.admission import Placement
from voicebot.desk import diary, disclosure
from voicebot.desk.context import Desk, new_key
from voicebot.desk.dates import read_date, read_moment
from voicebot.desk.labels import motive_label
from voicebot.desk.patient_form import homonyms
from voicebot.desk.roles import Account
from voicebot.errors import AgendaError, NotBookableError, SlotTakenError, StaleVersionError
from voicebot.ports import Appointment, Patient

FOUND = 30
"""Patients that are listed to choose from."""


def move_to(
    desk: Desk, me: Account, appointment_id: str, form: dict[str, str], version: int, key: str
) -> tuple[Appointment, dict[str, str]]:
    """Move an appointment; returns it as it is, and the fields that move it back.

    A form that asks for the reason of an overbooking says so (``asked``): empty, it then means none.

    Raises:
        AgendaError, StaleVersionError: nothing was changed.
    """
    before = appointment_of(desk, appointment_id)
    if before.patient is None:
        raise AgendaError("Ce créneau est gardé pour un appel en cours : il se libère tout seul.")
    slot, stood = before.slot, diary.overbooking_reason(desk.session, appointment_id) or ""
    placement = placement_of(
        desk,
        form["start"] or f"{slot.start:%Y-%m-%dT%H:%M}",
        form["practitioner"] or slot.practitioner,
        form["motive"] or slot.motive,
        before.patient.id,
        form["reason"] if form.get("asked") else form["reason"] or stood,
    )
    made = desk.workspace.agenda.place(
        placement,
        source="desk",
        idempotency_key=key or new_key(),
        replacing=appointment_id,
        version=version or None,
    )
    note(desk, me, "appointment.moved", made, before=appointment_id)
    back = {"start": f"{slot.start:%Y-%m-%dT%H:%M}", "practitioner": slot.practitioner, "motive": slot.motive}
    return made, back | {"reason": stood, "asked": "1", "version": str(made.version)}


def placement_of(desk: Desk, start: str, practitioner: str, motive: str, patient_id: str, reason: str) -> Placement:
    """Raises AgendaError: a field is missing; the message says which."""
    missing = [
        name
        for name, value in (("le motif", motive), ("le jour et l'heure", start), ("le patient", patient_id))
        if not value
    ]
    if missing:
        raise AgendaError(f"Il manque {', '.join(missing)}.")
    at = read_moment(start)
    if at is None:
        raise AgendaError("Le jour ou l'heure ne se lit pas.")
    patient = desk.workspace.agenda.patient(patient_id)
    return Placement(
        motive, at, practitioner or None, patient_id, "known" if patient.known else "new", reason.strip() or None
    )


def new_page(
    request: Request,
    desk: Desk,
    me: Account,
    form: dict[str, str],
    *,
    born: str = "",
    name: str = "",
    error: Exception | None = None,
    key: str = "",
    free: Sequence[object] | None = None,
) -> Response:
    """The form of a new appointment, with the patients found or the one chosen, and the free times asked for."""
    found: list[Patient] | None = None
    chosen = None
    agenda = desk.workspace.agenda
    if form["patient"]:
        chosen = patient_of(desk, form["patient"])
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
        error=explained(error) if error else None,
        may_overbook=may_overbook(error),
        practitioners=practice.practitioners.values(),
        motives=motives_of(desk, me),
        free=free,
        key=key or new_key(),
    )


def one_page(
    request: Request,
    desk: Desk,
    me: Account,
    appointment_id: str,
    *,
    form: dict[str, str] | None = None,
    error: Exception | None = None,
    free: Sequence[object] | None = None,
) -> Response:
    """One appointment, and the forms that change it; what was typed in vain stays."""
    appointment = appointment_of(desk, appointment_id)
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
        asked=bool((form or {}).get("asked")),
        differs=any(asked[name] and asked[name] != value for name, value in here.items()),
        error=explained(error) if error else None,
        stale=stale and error is not None,
        may_overbook=may_overbook(error),
        successor=diary.successor(desk.session, appointment_id) if appointment.status == "moved" else None,
        practitioners=practice.practitioners.values(),
        motives=motives_of(desk, me),
        begun=slot.start <= desk.workspace.clock.now(),
        free=free,
        key=new_key(),
    )


def appointment_of(desk: Desk, appointment_id: str) -> Appointment:
    """An appointment by its id; 404 when there is none."""
    try:
        return desk.workspace.agenda.appointment(appointment_id)
    except AgendaError:
        raise HTTPException(404) from None


def patient_of(desk: Desk, patient_id: str) -> Patient:
    """A patient by id; 404 when there is none."""
    try:
        return desk.workspace.agenda.patient(patient_id)
    except AgendaError:
        raise HTTPException(404) from None


def motives_of(desk: Desk, me: Account) -> list[tuple[str, str]]:
    """Every motive that a form offers: id and label."""
    practice = desk.workspace.rules()
    return [(id, motive_label(practice, id, me)) for id in practice.motives]


def may_overbook(error: Exception | None) -> bool:
    """Whether a reason would place it in spite of this error."""
    return isinstance(error, NotBookableError | SlotTakenError)


_PLACE = re.compile(r"^\S[^\n]*?:\d+: [\w.\[\]-]+: ")


def explained(error: Exception) -> str:
    """What a person reads: the rule's French, without the place in the file."""
    if isinstance(error, StaleVersionError):
        return (
            "Quelqu'un d'autre vient de changer ce rendez-vous. Rien n'a été écrasé : voici comment il est maintenant."
        )
    if isinstance(error, SlotTakenError) and "meanwhile" in str(error):
        return "Ce créneau vient d'être pris."
    text = _PLACE.sub("", str(error))
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def note(desk: Desk, me: Account, action: str, made: Appointment, **detail: Any) -> None:
    """One line of the audit trail about an appointment."""
    patient = made.patient.id if made.patient else None
    desk.audit(me, action, patient, appointment=made.id, **detail)


def in_short(made: Appointment) -> str:
    """When it is, for a message: day and hour, nobody named."""
    return f"{made.slot.start:%d/%m à %H:%M}"


def day_of(made: Appointment) -> str:
    """The address of an appointment's day."""
    return f"/agenda?jour={made.slot.start.date()}"
