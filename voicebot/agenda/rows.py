"""Rows of the agenda's tables ↔ the nouns of the ports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from voicebot.agenda.session import Connection, Session
from voicebot.agenda.slots import Busy
from voicebot.agenda.timeline import granules
from voicebot.ports import Appointment, Patient, Slot
from voicebot.practice.localtime import to_utc

LONGEST = 2880
"""Longest occupancy, min (the schema checks it): nothing that began earlier still lasts."""

KNOWN = """
(p.marked_known or (p.status <> 'provisoire' and (p.last_visit < :today or exists(
  select 1 from appointment b where b.patient_id = p.id and b.status in ('done', 'booked') and b.wall_end < :now))))
"""
"""Whether a patient ``p`` is known: marked by staff, or settled and seen before ``:today`` or ``:now``."""

SELECT = f"""
select a.*, p.birth_name, p.first_name, p.used_name, p.birth_date, p.phone, p.status as patient_status, {KNOWN} as known
from appointment a left join patient p on p.id = a.patient_id
"""  # noqa: S608


def minute(moment: datetime) -> str:
    """Wall time as it is stored."""
    return moment.isoformat(timespec="minutes")


def seconds(now: datetime, zone: ZoneInfo) -> int:
    """UTC seconds of a wall time, for the end of holds."""
    return to_utc(now, zone) * 60 + now.second


def appointment(row: Mapping[str, Any]) -> Appointment:
    """A row of ``SELECT``."""
    patient = None
    if row["patient_id"] is not None:
        patient = Patient(
            id=row["patient_id"],
            birth_name=row["birth_name"],
            first_name=row["first_name"],
            birth_date=date.fromisoformat(row["birth_date"]),
            phone=row["phone"] or row["contact_phone"],
            used_name=row["used_name"],
            status=row["patient_status"],
            known=bool(row["known"]),
        )
    return Appointment(
        row["id"],
        row["status"],
        slot(row),
        patient,
        row["source"],
        row["version"],
        contact_name=row["contact_name"],
        contact_phone=row["contact_phone"],
    )


def slot(row: Mapping[str, Any]) -> Slot:
    """The slot of an appointment's row."""
    start, end = datetime.fromisoformat(row["wall_start"]), datetime.fromisoformat(row["wall_end"])
    return Slot(start, end, row["practitioner"], row["motive"], row["site"])


def read_busy(session: Session, low: int, high: int, now: int, *, without: Sequence[str] = (), limits: bool) -> Busy:
    """What is taken between two UTC minutes, lane by lane alike, holds that have expired left out.

    Args:
        now: UTC seconds.
        without: appointments that do not count, being replaced.
        limits: whether any rule counts the assistant's appointments a day.
    """
    skip = json.dumps(without)
    rows = session.tuples(
        "select resource, start_utc, end_utc from occupancy where start_utc < ? and start_utc > ? and end_utc > ?"
        " and (hold_until is null or hold_until > ?) and appointment_id not in (select value from json_each(?))",
        (high, low - LONGEST, low, now, skip),
    )
    spans: dict[str, list[tuple[int, int]]] = {}
    for resource, start, end in rows:
        spans.setdefault(resource, []).append((start, end))
    taken: dict[tuple[str, date], int] = {}
    if limits:
        counted = session.tuples(
            "select practitioner, motive, substr(wall_start, 1, 10), count(*) from appointment"
            " where source = 'phone' and start_utc < ? and start_utc > ?"
            " and (status in ('booked', 'done', 'noshow') or (status = 'held' and hold_until > ?))"
            " and id not in (select value from json_each(?)) group by 1, 2, 3",
            (high, low - LONGEST, now, skip),
        )
        for practitioner, motive, day, count in counted:
            for name in (practitioner, motive):
                key = (name, date.fromisoformat(day))
                taken[key] = taken.get(key, 0) + count
    return Busy(spans, taken)


def less(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of a span, UTC minutes, without others."""
    left = [span]
    for start, end in taken:
        left = [part for low, high in left for part in ((low, min(high, start)), (max(low, end), high))]
        left = [(low, high) for low, high in left if low < high]
    return left


def occupied(database: Connection, appointment_id: str) -> dict[str, list[tuple[int, int]]]:
    """What an appointment occupies in the assistant's lane: resource → spans of UTC minutes."""
    found: dict[str, list[tuple[int, int]]] = {}
    for resource, start, end in database.conn.execute(
        "select resource, start_utc, end_utc from occupancy where appointment_id = ? and lane = 0", (appointment_id,)
    ).fetchall():
        found.setdefault(resource, []).append((start, end))
    return found


def occupy(
    database: Connection,
    appointment_id: str,
    resources: Sequence[str],
    span: tuple[int, int],
    *,
    lane: int = 0,
    hold_until: int | None = None,
) -> None:
    """Take spans and granules of resources for an appointment; a taken one fails the transaction."""
    start, end = span
    database.conn.executemany(
        "insert into occupancy values(?, ?, ?, ?, ?, ?)",
        [(appointment_id, resource, lane, start, end, hold_until) for resource in resources],
    )
    database.conn.executemany(
        "insert into granule(resource, lane, g, appointment_id) values(?, ?, ?, ?)",
        [(resource, lane, g, appointment_id) for resource in resources for g in granules(start, end)],
    )


def vacate(database: Connection, appointment_id: str) -> None:
    """Give back everything that an appointment occupies."""
    database.conn.execute("delete from occupancy where appointment_id = ?", (appointment_id,))
    database.conn.execute("delete from granule where appointment_id = ?", (appointment_id,))
