"""The agenda as the desk shows it: a list of days, each a list of rows, in French."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from voicebot.cli.setup import Workspace
from voicebot.french.speak import say_date
from voicebot.ports import Appointment

UNNAMED = "(créneau gardé pendant un appel)"


@dataclass(frozen=True)
class Row:
    """One appointment or hold."""

    time: str
    motive: str
    practitioner: str
    patient: str
    held: bool


@dataclass(frozen=True)
class Day:
    """One day that has rows."""

    title: str
    rows: tuple[Row, ...]


def days(workspace: Workspace) -> tuple[Day, ...]:
    """Appointments and holds to come."""
    coming = sorted(workspace.agenda.appointments(), key=lambda row: row.slot)
    return tuple(
        Day(say_date(day).capitalize(), tuple(_row(workspace, appointment) for appointment in rows))
        for day, rows in groupby(coming, key=lambda row: row.slot.start.date())
    )


def _row(workspace: Workspace, appointment: Appointment) -> Row:
    slot, patient = appointment.slot, appointment.patient
    motive = workspace.practice.motives.get(slot.motive)
    return Row(
        f"{slot.start:%H:%M}–{slot.end:%H:%M}",
        motive.label if motive else slot.motive,
        workspace.practice.name_of(slot.practitioner),
        f"{patient.first_name} {patient.birth_name}, né(e) le {patient.birth_date:%d/%m/%Y}" if patient else UNNAMED,
        appointment.status == "held",
    )
