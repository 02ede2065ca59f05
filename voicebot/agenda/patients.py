"""Patients: who is known, and who might be meant. A look-up never picks the first of several."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from voicebot.agenda import ins
from voicebot.agenda.rows import KNOWN
from voicebot.agenda.session import Session
from voicebot.errors import AgendaError, StaleVersionError
from voicebot.french.phonetics import candidates
from voicebot.ports import Patient, PatientClaim

LIKELY = 0.8
"""Least likeness of two names (Jaro-Winkler on sound and spelling) that is worth showing to a person."""

OLDEST = date(1880, 1, 1)
"""Whoever was born before is no longer alive."""

NO_PATIENT = "there is no such patient; find one with: voicebot patient find"

EDITABLE = frozenset(
    {
        *("birth_name", "first_name", "first_names", "used_name", "used_first_name", "birth_date", "sex"),
        *("birth_place", "ins", "ins_oid", "phone", "other_phone", "status", "marked_known", "last_visit"),
        "own_doctor",
    }
)
"""Columns that staff may change."""

SETTLED = ("recuperee", "validee", "qualifiee")
"""Identity statuses (RNIV) that someone has established; a phone call only ever creates ``provisoire``."""


@dataclass(frozen=True)
class Record:
    """What the practice keeps about a patient beyond what a call may use."""

    patient: Patient
    own_doctor: str | None
    version: int


def fold(name: str) -> str:
    """A name as it is compared: letters only, without accents, ligatures, hyphens or case."""
    text = name.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss")
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFD", text))


def search_key(birth_name: str, first_name: str) -> str:
    """The indexed form of a name."""
    return f"{fold(birth_name)}|{fold(first_name)}"


_SELECT = f"select p.*, {KNOWN} as known from patient p"  # noqa: S608


class Patients:
    """The patients of the agenda's database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, id: str, now: datetime) -> Record | None:
        """One patient by id."""
        return next(iter(self._read("where p.id = :id", now, id=id)), None)

    def row(self, id: str) -> dict[str, Any]:
        """Every column of one patient, for staff. Raises AgendaError."""
        found = self._session.rows("select * from patient where id = :id", {"id": id})
        if not found:
            raise AgendaError(NO_PATIENT)
        return found[0]

    def match(self, claim: PatientClaim, now: datetime) -> list[Record]:
        """Patients whose birth name, first name and birth date equal the claim: none, one or homonyms."""
        key = search_key(claim.birth_name, claim.first_name)
        if key.startswith("|") or key.endswith("|"):
            return []
        return self._read(
            "where p.birth_date = :born and p.search_key = :key", now, born=claim.birth_date.isoformat(), key=key
        )

    def reached(self, birth_date: date, phone: str, now: datetime) -> list[Record]:
        """Patients of a birth date whom a number (E.164) reaches."""
        return self._read(
            "where p.birth_date = :born and :phone in (p.phone, p.other_phone)",
            now,
            born=birth_date.isoformat(),
            phone=phone,
        )

    def find(self, text: str, birth_date: date | None, now: datetime) -> list[Record]:
        """Patients by parts of their names, or birth date, for staff."""
        parts = [fold(word) for word in text.split() if fold(word)]
        if birth_date is not None:
            found = self._read("where p.birth_date = :born", now, born=birth_date.isoformat())
        elif parts:
            # What can be told from the indexed form is, so that thousands of patients are not read for three.
            alike = " and ".join(
                f"(replace(p.search_key, '|', '') like :part{place} or p.used_name is not null)"
                for place in range(len(parts))
            )
            found = self._read(
                f"where {alike}", now, **{f"part{place}": f"%{part}%" for place, part in enumerate(parts)}
            )
        else:
            found = []
        return [
            record
            for record in found
            if all(
                part in fold(f"{record.patient.birth_name}{record.patient.first_name}{record.patient.used_name or ''}")
                for part in parts
            )
        ]

    def candidates(self, claim: PatientClaim, now: datetime, *, limit: int) -> list[Record]:
        """Patients who may be meant: the same birth date and a name that sounds alike, or the same name.

        For a person to choose from. Nobody who matches exactly is among them.
        """
        key = search_key(claim.birth_name, claim.first_name)
        found = self._read(
            "where (p.birth_date = :born) + (p.search_key = :key) = 1", now, born=claim.birth_date.isoformat(), key=key
        )
        said = f"{claim.birth_name} {claim.first_name}"
        scored = [(_likeness(said, record.patient), record) for record in found]
        likely = sorted((pair for pair in scored if pair[0] >= LIKELY), key=lambda pair: -pair[0])
        return [record for _, record in likely[:limit]]

    def add(self, claim: PatientClaim, now: datetime, *, source: str, **more: object) -> str:
        """Insert a patient inside a write transaction and return the id. Without a ``status`` it is provisional.

        Raises:
            AgendaError: the identity may not have that status, or a name, the birth date or a number is wrong.
        """
        if not OLDEST <= claim.birth_date <= now.date():
            raise AgendaError(f"birth_date: nobody alive was born on {claim.birth_date}; write YYYY-MM-DD")
        id = secrets.token_hex(8)
        row: dict[str, object] = {
            "id": id,
            "birth_name": claim.birth_name.strip(),
            "first_name": claim.first_name.strip(),
            "first_names": claim.first_name.strip(),
            "used_name": claim.used_name,
            "birth_date": claim.birth_date.isoformat(),
            "phone": claim.phone,
            "status": "provisoire",
            "source": source,
            "created_at": now.isoformat(timespec="minutes"),
            **more,
        }
        self._session.database["patient"].insert(_checked(row, source))
        return id

    def update(self, id: str, changes: Mapping[str, object], *, version: int, source: str) -> None:
        """Change columns of a patient inside a write transaction.

        Raises:
            StaleVersionError: someone else changed the patient meanwhile.
            AgendaError: no such patient or column, or the identity may not have that status.
        """
        found = self._session.rows("select * from patient where id = :id", {"id": id})
        if not found:
            raise AgendaError(NO_PATIENT)
        if found[0]["version"] != version:
            raise StaleVersionError("someone else changed this patient meanwhile; read it again")
        if unknown := set(changes) - EDITABLE:
            raise AgendaError(f"not a field of a patient: {', '.join(sorted(unknown))}")
        self._session.database["patient"].update(
            id, {**_checked({**found[0], **changes}, source), "version": version + 1}
        )

    def _read(self, where: str, now: datetime, **values: object) -> list[Record]:
        rows = self._session.rows(
            f"{_SELECT} {where} order by p.birth_name, p.first_name, p.id",
            {**values, "today": now.date().isoformat(), "now": now.isoformat(timespec="minutes")},
        )
        return [_record(row) for row in rows]


def _checked(row: dict[str, Any], source: str) -> dict[str, Any]:
    """A row with its search key, if its identity is consistent."""
    for name in ("birth_name", "first_name"):
        if not fold(str(row[name])):
            raise AgendaError(f"{name}: a patient is found by it; write it in Latin letters")
    if row.get("ins") and (problem := ins.matricule_problem(row["ins"])):
        raise AgendaError(f"ins: {problem}")
    if row.get("ins_oid") and row["ins_oid"] not in ins.OIDS:
        raise AgendaError(f"ins_oid: no such authority; it is one of {', '.join(ins.OIDS)}")
    if problem := ins.status_problem(row["status"], row, source=source):
        raise AgendaError(problem)
    return {**row, "search_key": search_key(row["birth_name"], row["first_name"])}


def _record(row: dict[str, Any]) -> Record:
    return Record(
        Patient(
            id=row["id"],
            birth_name=row["birth_name"],
            first_name=row["first_name"],
            birth_date=date.fromisoformat(row["birth_date"]),
            phone=row["phone"],
            used_name=row["used_name"],
            status=row["status"],
            known=bool(row["known"]),
        ),
        row["own_doctor"],
        row["version"],
    )


def _likeness(said: str, patient: Patient) -> float:
    """How alike a name as heard and a patient's names are, 0 to 1."""
    names = [f"{patient.birth_name} {patient.first_name}", f"{patient.used_name or ''} {patient.first_name}"]
    return max((score for _, score in candidates(said, names, limit=1, threshold=0.0)), default=0.0)


def as_patients(records: Sequence[Record]) -> list[Patient]:
    """Only what a call may use."""
    return [record.patient for record in records]
