"""Patients who may be one person: found for a person to settle, and settled for good as two different people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rapidfuzz.fuzz import token_sort_ratio

from voicebot.agenda.patients import fold
from voicebot.agenda.session import Session

LIKELY = 72
"""Likeness of two names (0 to 100) from which two people of one birth date may be the same."""
MOST = 200
"""Pairs that are compared."""

_SELECT = (
    "select distinct p.id as id, p.birth_name as birth_name, p.first_name as first_name, p.phone as phone,"
    " p.birth_date as birth_date, q.id as other, q.birth_name as other_birth_name, q.first_name as other_first_name,"
    " q.phone as other_phone"
    " from appointment a join patient p on p.id = a.patient_id"
    " join patient q on q.birth_date = p.birth_date and q.id <> p.id"
    " where a.status = 'booked' and a.wall_start >= :wall and a.start_utc >= :utc and p.status = 'provisoire'"
    " and not exists (select 1 from patient_distinct d where d.one = min(p.id, q.id) and d.other = max(p.id, q.id))"
    " order by p.id, q.id limit :most"
)


@dataclass(frozen=True)
class Pair:
    """Two rows that may be one person."""

    id: str
    name: str
    phone: str | None
    """E.164."""
    other: str
    other_name: str
    other_phone: str | None
    birth_date: date
    same: bool
    """The names are the same: homonyms, or one person twice."""


class Identities:
    """Finds them, and keeps what a person has found. Threads may share it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def unsettled(self, now_wall: str, now_utc: int) -> list[Pair]:
        """Pairs among the patients who have an appointment to come (times as the agenda's rows have them)."""
        found = self._session.rows(_SELECT, {"wall": now_wall, "utc": now_utc, "most": MOST})
        pairs = {frozenset((pair.id, pair.other)): pair for row in found if (pair := _pair(row)) is not None}
        return list(pairs.values())

    def settle(self, one: str, other: str, *, author: str, at: datetime) -> None:
        """Two different people; they are not asked about again."""
        row = (*_ordered(one, other), at.isoformat(timespec="seconds"), author)
        with self._session.write():
            self._session.execute("insert or ignore into patient_distinct values(?, ?, ?, ?)", row)

    def unsettle(self, one: str, other: str) -> None:
        """It is to be settled after all."""
        with self._session.write():
            self._session.execute("delete from patient_distinct where one = ? and other = ?", _ordered(one, other))

    def others(self, patient_id: str) -> frozenset[str]:
        """Who was found to be somebody else than this patient."""
        found = self._session.tuples(
            "select other from patient_distinct where one = ? union select one from patient_distinct where other = ?",
            (patient_id, patient_id),
        )
        return frozenset(id for (id,) in found)


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _pair(row: dict[str, Any]) -> Pair | None:
    name, other = _name(row, ""), _name(row, "other_")
    if token_sort_ratio(_plain(name), _plain(other)) < LIKELY:
        return None
    born = date.fromisoformat(row["birth_date"])
    same = fold(name) == fold(other)
    return Pair(row["id"], name, row["phone"], row["other"], other, row["other_phone"], born, same)


def _name(row: dict[str, Any], prefix: str) -> str:
    return f"{row[prefix + 'first_name']} {row[prefix + 'birth_name']}"


def _plain(name: str) -> str:
    return " ".join(fold(part) for part in name.split())
