"""Copy a practice's ``patients.csv`` into a new agenda."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from voicebot.agenda.ins import matricule_problem, status_problem
from voicebot.agenda.patients import SETTLED
from voicebot.agenda.store import Store
from voicebot.errors import ConfigurationError
from voicebot.ports import PatientClaim

COLUMNS = (
    *("birth_name", "first_name", "used_name", "birth_date", "sex", "birth_place", "phone"),
    *("status", "ins", "ins_oid", "last_visit", "known", "own_doctor"),
)


def import_patients(agenda: Store, path: Path) -> int:
    """Import the patients of a file once, when the agenda has never had any, and return how many.

    Lines that begin with ``#`` are comments. Columns are documented in the sample's file.

    Raises:
        ConfigurationError: naming file and line, never a patient.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = [(number, line) for number, line in enumerate(file, 1) if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(line for _, line in lines)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise ConfigurationError(f"{path}:{lines[0][0] if lines else 1}: the columns must be {','.join(COLUMNS)}")
    patients: list[tuple[PatientClaim, dict[str, object]]] = []
    for (number, _), row in zip(lines[1:], reader, strict=True):
        try:
            patients.append(_patient(row))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{path}:{number}: {error}; correct this line") from None
    return agenda.seed(patients)


def _patient(row: dict[str, str]) -> tuple[PatientClaim, dict[str, object]]:
    cells = {key: value.strip() for key, value in row.items()}
    for key in ("birth_name", "first_name"):
        if not cells[key]:
            raise ValueError(f"{key} is empty")
    for key in ("birth_date", "last_visit"):
        if cells[key]:
            _date(key, cells[key])
    if cells["status"] not in ("provisoire", *SETTLED):
        raise ValueError(f"status must be one of provisoire, {', '.join(SETTLED)}")
    if cells["sex"] not in ("", "M", "F", "I"):
        raise ValueError("sex must be M, F or I (indéterminé), or empty")
    if cells["ins"] and (problem := matricule_problem(cells["ins"])):
        raise ValueError(f"ins: {problem}")
    traits = {**cells, "first_names": cells["first_name"]}
    if problem := status_problem(cells["status"], traits, source="terminal"):
        raise ValueError(problem)
    if cells["known"] not in ("", "oui"):
        raise ValueError("known must be empty or oui")
    claim = PatientClaim(
        birth_name=cells["birth_name"],
        first_name=cells["first_name"],
        birth_date=_date("birth_date", cells["birth_date"]),
        phone=cells["phone"] or None,
        used_name=cells["used_name"] or None,
    )
    more: dict[str, object] = {
        **{key: cells[key] or None for key in ("sex", "birth_place", "ins", "ins_oid")},
        "status": cells["status"],
        "marked_known": int(cells["known"] == "oui"),
        "last_visit": cells["last_visit"] or None,
        "own_doctor": cells["own_doctor"] or None,
    }
    return claim, more


def _date(key: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{key} must be a date like 1978-03-12") from None
