"""Correct from the desk what a call has booked, with what undoes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from voicebot.agenda.admission import Placement
from voicebot.agenda.store import Store
from voicebot.desk.dates import read_moment
from voicebot.errors import AgendaError
from voicebot.ports import Appointment, PatientKind

NAMES = ("birth_name", "first_name")


@dataclass(frozen=True)
class Wanted:
    """How an appointment and its patient's name should be."""

    motive: str
    practitioner: str
    start: datetime
    birth_name: str
    first_name: str

    def fields(self) -> dict[str, str]:
        """As a form's fields."""
        return {
            "motive": self.motive,
            "practitioner": self.practitioner,
            "start": f"{self.start:%Y-%m-%dT%H:%M}",
            "birth_name": self.birth_name,
            "first_name": self.first_name,
        }


def wanted(form: Mapping[str, str]) -> Wanted:
    """Read a form. Raises AgendaError."""
    start = read_moment(form["start"])
    if start is None:
        raise AgendaError("Donnez un jour et une heure.")
    if not form["birth_name"].strip() or not form["first_name"].strip():
        raise AgendaError("Donnez le nom et le prénom.")
    names = (form["birth_name"].strip(), form["first_name"].strip())
    return Wanted(form["motive"], form["practitioner"], start, *names)


def as_it_is(appointment: Appointment) -> Wanted:
    """An appointment as it stands."""
    slot, patient = appointment.slot, appointment.patient
    if patient is None:
        raise AgendaError("Ce rendez-vous n'a pas de patient.")
    return Wanted(slot.motive, slot.practitioner, slot.start, patient.birth_name, patient.first_name)


def standing(agenda: Store, appointment_id: str | None) -> Appointment | None:
    """An appointment by its id, whatever has become of it; None when it is no longer there."""
    if appointment_id is None:
        return None
    try:
        return agenda.appointment(appointment_id)
    except AgendaError:
        return None


def correct(agenda: Store, appointment_id: str, version: int, to: Wanted, key: str) -> Appointment:
    """Move an appointment and rename its patient, as far as either differs; returns the one that now stands.

    Raises:
        SlotTakenError, NotBookableError, StaleVersionError, AgendaError: nothing was changed of the appointment.
    """
    now = agenda.appointment(appointment_id)
    before, patient = as_it_is(now), now.patient
    if patient is None:
        return now
    renamed = (before.birth_name, before.first_name) != (to.birth_name, to.first_name)
    if renamed and patient.status != "provisoire":
        raise AgendaError("Cette identité a été vérifiée : elle se corrige dans la fiche du patient, pas ici.")
    stands = appointment_id
    if (before.motive, before.practitioner, before.start) != (to.motive, to.practitioner, to.start):
        placement = Placement(to.motive, to.start, to.practitioner, patient.id, "known" if patient.known else "new")
        stands = agenda.place(
            placement, source="desk", idempotency_key=key, replacing=appointment_id, version=version
        ).id
    if renamed:
        # Last: a time that is refused leaves the name alone.
        row: dict[str, Any] = agenda.patients.row(patient.id)
        changes = {"birth_name": to.birth_name, "first_name": to.first_name}
        agenda.update_patient(patient.id, changes, version=row["version"], source="desk")
    return agenda.appointment(stands)


def place_again(agenda: Store, appointment_id: str, key: str, reason: str | None = None) -> Appointment:
    """Put back an appointment that was cancelled, where it was; beside others when it stood there for ``reason``.

    Raises SlotTakenError, NotBookableError.
    """
    old = agenda.appointment(appointment_id)
    if old.patient is None:
        raise AgendaError("Ce rendez-vous n'a pas de patient.")
    kind: PatientKind = "known" if old.patient.known else "new"
    slot = old.slot
    placement = Placement(slot.motive, slot.start, slot.practitioner, old.patient.id, kind, reason)
    return agenda.place(placement, source="desk", idempotency_key=key)
