"""Patients whom a call has created and who may be someone the practice knows: for a person to settle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from rapidfuzz.fuzz import token_sort_ratio

from voicebot.agenda.patients import fold
from voicebot.database import ConnectionFactory

LIKELY = 72
"""Likeness of two names (0 to 100) from which two people of one birth date may be the same."""
MOST = 200
"""Pairs that are compared."""

_SELECT = (
    "select distinct p.id as id, p.birth_name as birth_name, p.first_name as first_name, p.birth_date as birth_date,"
    " q.id as other, q.birth_name as other_birth_name, q.first_name as other_first_name"
    " from appointment a join patient p on p.id = a.patient_id"
    " join patient q on q.birth_date = p.birth_date and q.id <> p.id"
    " where a.status = 'booked' and a.wall_start >= ? and a.start_utc >= ? and p.status = 'provisoire'"
    " order by p.id, q.id limit ?"
)


@dataclass(frozen=True)
class Pair:
    """Two rows that may be one person."""

    id: str
    name: str
    other: str
    other_name: str
    birth_date: date
    same: bool
    """The names are the same: homonyms, or one person twice."""


class Identities:
    """Finds them. For one thread at a time."""

    def __init__(self, connect: ConnectionFactory) -> None:
        self._connect = connect

    def unsettled(self, now_wall: str, now_utc: int) -> list[Pair]:
        """Pairs among the patients who have an appointment to come (times as the agenda's rows have them)."""
        database = self._connect()
        try:
            rows = list(database.query(_SELECT, [now_wall, now_utc, MOST]))
        finally:
            database.close()
        return [pair for row in rows if (pair := _pair(row)) is not None]


def _pair(row: dict[str, Any]) -> Pair | None:
    name, other = _name(row, ""), _name(row, "other_")
    if token_sort_ratio(_plain(name), _plain(other)) < LIKELY:
        return None
    born = date.fromisoformat(row["birth_date"])
    return Pair(row["id"], name, row["other"], other, born, fold(name) == fold(other))


def _name(row: dict[str, Any], prefix: str) -> str:
    return f"{row[prefix + 'first_name']} {row[prefix + 'birth_name']}"


def _plain(name: str) -> str:
    return " ".join(fold(part) for part in name.split())
