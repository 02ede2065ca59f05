"""The national health identity (INS) of a patient: its number, its key and what each identity status demands.

Sources: «Référentiel national d'identitovigilance» (RNIV) and «Référentiel INS», ministère de la Santé. A phone call
never asks for any of this, and never raises an identity above ``provisoire``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

OIDS = {
    "1.2.250.1.213.1.4.8": "NIR",
    "1.2.250.1.213.1.4.9": "NIA",
    "1.2.250.1.213.1.4.10": "NIR de test",
    "1.2.250.1.213.1.4.11": "NIR de démonstration",
}
"""The authorities that give a number."""

TRAITS = ("birth_name", "first_names", "birth_date", "sex", "birth_place")
"""The five traits: birth name, first names, birth date, sex, place of birth (INSEE code)."""

_NUMBER = re.compile(r"[1-478]\d{2}(?:0[1-9]|1[0-2]|[2-3]\d|4[0-2]|[5-9]\d)(?:\d{2}|2[AB])\d{6}\d{2}")


def matricule_problem(number: str) -> str | None:
    """Why a number of 15 characters (13 and the key) cannot be an INS, or None."""
    compact = number.replace(" ", "").upper()
    if not _NUMBER.fullmatch(compact):
        return "the number must have 15 characters, key included, like 2 55 08 14 168 025 38"
    if key_of(compact[:13]) != int(compact[13:]):
        return "the key (the last two digits) does not belong to the number; one of the digits is wrong"
    return None


def key_of(body: str) -> int:
    """The key of the first 13 characters: 97 - (number mod 97), with 2A read as 19 and 2B as 18."""
    return 97 - int(body.upper().replace("2A", "19").replace("2B", "18")) % 97


def status_problem(status: str, traits: Mapping[str, object], *, source: str) -> str | None:
    """Why an identity may not have a status, or None.

    ``recuperee`` needs the number, from the national service; ``validee`` the five traits, from a document;
    ``qualifiee`` both.
    """
    if status == "provisoire":
        return None
    if source == "phone":
        return "a phone call never establishes an identity: it stays provisoire"
    missing = [trait for trait in TRAITS if not traits.get(trait)]
    if status in ("validee", "qualifiee") and missing:
        return f"the status {status} needs the five traits; missing: {', '.join(missing)}"
    if status in ("recuperee", "qualifiee") and not (traits.get("ins") and traits.get("ins_oid")):
        return f"the status {status} needs the INS number and its OID"
    return None
