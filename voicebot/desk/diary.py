"""The agenda as a calendar shows it: appointments, holds, and the hours at which nobody receives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from voicebot.agenda import rules
from voicebot.agenda.session import Session
from voicebot.agenda.store import Store
from voicebot.desk.labels import motive_label
from voicebot.desk.roles import Account
from voicebot.ports import Appointment
from voicebot.practice.calendars import public_holiday
from voicebot.practice.localtime import at_minute
from voicebot.practice.schema import Practice

HELD = "créneau gardé pendant un appel"

STATES = {"held": "gardé", "booked": "prévu", "done": "venu", "noshow": "pas venu", "cancelled": "annulé"}
"""What people read; ``moved`` never stands in the agenda."""


@dataclass(frozen=True)
class Row:
    """One appointment or hold, as this person may see it."""

    appointment: Appointment
    motive: str
    who: str
    patient: str
    """Names as used; for a hold, what it is."""
    state: str
    reason: str | None
    """Why it was placed beside another."""

    @property
    def held(self) -> bool:
        """Whether it is kept for a call."""
        return self.appointment.status == "held"


@dataclass(frozen=True)
class Closed:
    """A time at which a practitioner does not receive, and why where a rule says so."""

    practitioner: str
    start: datetime
    end: datetime
    label: str


def days_of(first: date, last: date) -> Iterator[date]:
    """Every day from ``first`` to ``last``, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def rows(
    agenda: Store, session: Session, practice: Practice, me: Account, first: date, last: date, who: Sequence[str]
) -> list[Row]:
    """What stands in the agenda of some practitioners, in order."""
    standing = [a for day in days_of(first, last) for a in agenda.day(day) if a.slot.practitioner in who]
    beside = {}
    if standing:
        marks = ", ".join("?" * len(standing))
        beside = dict(
            session.tuples(
                f"select id, overbooking_reason from appointment where lane > 0 and id in ({marks})",  # noqa: S608
                [appointment.id for appointment in standing],
            )
        )
    return [row(practice, me, appointment, beside.get(appointment.id)) for appointment in standing]


def row(practice: Practice, me: Account, appointment: Appointment, reason: str | None = None) -> Row:
    """One appointment as this person may see it."""
    patient, slot = appointment.patient, appointment.slot
    return Row(
        appointment,
        motive_label(practice, slot.motive, me),
        practice.name_of(slot.practitioner),
        f"{patient.used_name or patient.birth_name} {patient.first_name}" if patient else HELD,
        STATES.get(appointment.status, appointment.status),
        reason,
    )


def closed(practice: Practice, first: date, last: date, who: Sequence[str]) -> list[Closed]:
    """The times at which some practitioners do not receive."""
    found: list[Closed] = []
    for practitioner in who:
        for day in days_of(first, last):
            found += _closed_on(practice, practitioner, day)
    return found


def _closed_on(practice: Practice, who: str, day: date) -> Iterator[Closed]:
    midnight, end_of_day = at_minute(day, 0), at_minute(day, 1440)
    label = ""
    if exception := rules.deciding_exception(practice, who, day):
        label = exception.label
    elif holiday := public_holiday(practice.holiday_zone, day):
        label = holiday
    # A window of the day before may reach past midnight.
    open_spans = sorted(
        (max(window.start, midnight), min(window.end, end_of_day))
        for offset in (-1, 0)
        for window in rules.windows(practice, who, day + timedelta(days=offset))
        if window.end > midnight
    )
    at = midnight
    for start, end in open_spans:
        if start > at:
            yield Closed(who, at, start, label)
        at = max(at, end)
    if at < end_of_day:
        yield Closed(who, at, end_of_day, label if not open_spans else "")
    for start, end, rule in rules.absences(practice, who, day, day):
        start, end = max(start, midnight), min(end, end_of_day)
        if start < end and any(start < b and a < end for a, b in open_spans):
            yield Closed(who, start, end, rule.label or "absence")


def span(practice: Practice, first: date, last: date, who: Sequence[str], shown: Sequence[Row]) -> tuple[int, int]:
    """The hours that a calendar shows: those at which someone receives, and every appointment."""
    times = [(row.appointment.slot.start, row.appointment.slot.end) for row in shown]
    for practitioner in who:
        for day in days_of(first, last):
            times += [(window.start, window.end) for window in rules.windows(practice, practitioner, day)]
    low = min((start.hour for start, _ in times), default=8)
    high = max((24 if end.date() > start.date() else end.hour + bool(end.minute) for start, end in times), default=19)
    return low, max(high, low + 1)


def as_event(row: Row) -> dict[str, Any]:
    """A row as the calendar component takes it."""
    appointment, slot = row.appointment, row.appointment.slot
    movable = appointment.status == "booked"
    return {
        "id": appointment.id,
        "start": f"{slot.start:%Y-%m-%dT%H:%M}",
        "end": f"{slot.end:%Y-%m-%dT%H:%M}",
        "resourceIds": [slot.practitioner],
        "title": f"{row.patient}, {row.motive}, {row.state}",
        "startEditable": movable,
        "durationEditable": False,
        "classNames": [f"is-{appointment.status}", *(["is-beside"] if row.reason is not None else [])],
        "extendedProps": {
            "version": appointment.version,
            "patient": row.patient,
            "motive": row.motive,
            "state": row.state,
            "reason": row.reason,
            "phone": appointment.source == "phone",
            "held": row.held,
        },
    }


def as_background(span: Closed) -> dict[str, Any]:
    """A closed time as the calendar component takes it."""
    return {
        "start": f"{span.start:%Y-%m-%dT%H:%M}",
        "end": f"{span.end:%Y-%m-%dT%H:%M}",
        "resourceIds": [span.practitioner],
        "display": "background",
        "title": span.label,
        "classNames": ["is-closed"],
    }


def successor(session: Session, appointment_id: str) -> str | None:
    """The appointment that one was moved to."""
    found = session.tuples("select id from appointment where moved_from = ? and status <> 'held'", (appointment_id,))
    return found[0][0] if found else None


def overbooking_reason(session: Session, appointment_id: str) -> str | None:
    """Why an appointment was placed beside another."""
    found = session.tuples("select overbooking_reason from appointment where id = ?", (appointment_id,))
    return found[0][0] if found else None
