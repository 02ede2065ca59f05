"""The form of a patient's file: what is typed, read, and what is wrong with it in French, beside its field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from voicebot.agenda import ins
from voicebot.desk.dates import read_date
from voicebot.ports import Patient

FIELDS = (
    *("birth_name", "first_name", "first_names", "used_name", "birth_date", "sex", "birth_place"),
    *("phone", "other_phone", "ins", "ins_oid", "status", "marked_known", "own_doctor"),
)
"""What the desk changes, as the table's columns are named."""

STATUSES = {
    "provisoire": "provisoire",
    "recuperee": "récupérée (INS du téléservice)",
    "validee": "validée (pièce d'identité vue)",
    "qualifiee": "qualifiée (INS et pièce d'identité)",
}
"""Identity statuses of the RNIV, as people read them."""

TRAITS = {
    "birth_name": "nom de naissance",
    "first_names": "prénoms",
    "birth_date": "date de naissance",
    "sex": "sexe",
    "birth_place": "lieu de naissance",
}

_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_PLACE = re.compile(r"\d{5}|2[AB]\d{3}")


def read_phone(text: str) -> str | None:
    """A number in E.164 form; None for anything else."""
    compact = re.sub(r"[ .()-]", "", text)
    if re.fullmatch(r"0[1-9]\d{8}", compact):
        compact = "+33" + compact[1:]
    return compact if _PHONE.fullmatch(compact) else None


def homonyms(found: Sequence[Patient]) -> frozenset[str]:
    """Those of a list whom name and birth date do not tell apart."""
    keys = [(one.birth_name.casefold(), one.first_name.casefold(), one.birth_date) for one in found]
    return frozenset(one.id for one, key in zip(found, keys, strict=True) if keys.count(key) > 1)


def shown(row: Mapping[str, Any]) -> dict[str, str]:
    """A row of the patient table, as the form's fields show it."""
    found = {key: "" if row.get(key) is None else str(row[key]) for key in FIELDS}
    born = row.get("birth_date")
    found["birth_date"] = f"{date.fromisoformat(born):%d/%m/%Y}" if born else ""
    found["marked_known"] = "1" if row.get("marked_known") else ""
    return found


def read(form: Mapping[str, str], *, today: date) -> tuple[dict[str, object], dict[str, str]]:
    """What a form says, as columns, and what is wrong: field → French."""
    said = {key: " ".join(form.get(key, "").split()) for key in FIELDS}
    wrong: dict[str, str] = {}
    row: dict[str, object] = {key: said[key] or None for key in FIELDS}
    for key, name in (("birth_name", "le nom de naissance"), ("first_name", "le prénom")):
        if not re.search(r"[^\W\d_]", said[key]):
            wrong[key] = f"Donnez {name}."
    born = read_date(said["birth_date"])
    if born is None:
        wrong["birth_date"] = "Donnez la date de naissance, par exemple 12/03/1978."
    elif born > today or born.year < today.year - 130:
        wrong["birth_date"] = "Cette date de naissance n'est pas possible."
    row["birth_date"] = born.isoformat() if born else None
    row["first_names"] = said["first_names"] or said["first_name"]
    row["marked_known"] = int(bool(said["marked_known"]))
    row["status"] = said["status"] if said["status"] in STATUSES else "provisoire"
    for key in ("phone", "other_phone"):
        if said[key]:
            row[key] = read_phone(said[key])
            if row[key] is None:
                wrong[key] = "Ce numéro n'est pas complet. Écrivez-le en entier, par exemple 06 39 98 01 01."
    if said["birth_place"] and not _PLACE.fullmatch(said["birth_place"].upper()):
        wrong["birth_place"] = "Donnez le code INSEE de la commune (cinq caractères), 99 et le pays à l'étranger."
    wrong |= _identity(row)
    return row, wrong


def _identity(row: dict[str, object]) -> dict[str, str]:
    """What the national identity asks (RNIV); normalises the number."""
    wrong: dict[str, str] = {}
    if row["ins"]:
        row["ins"] = str(row["ins"]).replace(" ", "").upper()
        if ins.matricule_problem(str(row["ins"])):
            whole = len(str(row["ins"])) == 15
            wrong["ins"] = (
                "Un chiffre est faux : la clé (les deux derniers) ne correspond pas."
                if whole
                else "Le numéro compte 15 caractères, clé comprise."
            )
        if not row["ins_oid"]:
            wrong["ins_oid"] = "Dites d'où vient ce numéro."
    else:
        row["ins_oid"] = None
    status = str(row["status"])
    missing = [name for key, name in TRAITS.items() if not row[key]]
    if status in ("validee", "qualifiee") and missing:
        wrong["status"] = f"Ce statut demande les cinq traits. Il manque : {', '.join(missing)}."
    elif status in ("recuperee", "qualifiee") and not row["ins"]:
        wrong["status"] = "Ce statut demande le numéro INS."
    return wrong
