"""``voicebot patient``: add, find, correct, export or erase a patient; and say who looked."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from voicebot.cli.common import emit
from voicebot.cli.keys import actor
from voicebot.cli.options import birth_date
from voicebot.cli.setup import Workspace, open_workspace
from voicebot.errors import AgendaError, ConfigurationError
from voicebot.ports import Patient, PatientClaim

IDENTITY = ("birth_name", "first_name", "birth_date")
FIELDS = (*IDENTITY, "used_name", "phone", "own_doctor")
"""What may be corrected here."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.description = (
        "add: needs --birth-name, --first-name and --birth-date. find: by parts of a name or birth date. correct ID:"
        " change the fields that are given. export ID: all that is kept about one patient, as a page to read and as"
        " JSON. erase ID: delete it all; what stays names no one. accesses ID: who read or changed what. Every one of"
        " these is in the audit trail."
    )
    parser.add_argument("action", choices=("add", "find", "correct", "export", "erase", "accesses"))
    parser.add_argument("text", nargs="*", help="find: parts of a name; else the patient's id")
    parser.add_argument("--birth-name")
    parser.add_argument("--first-name")
    parser.add_argument("--used-name")
    parser.add_argument("--birth-date", type=birth_date, metavar="YYYY-MM-DD")
    parser.add_argument("--phone", help="in full, like +33639980101")
    parser.add_argument("--own-doctor", metavar="PRACTITIONER", help="the usual doctor, by id")
    parser.add_argument("--known", action="store_true", help="add: mark as known to the practice")
    parser.add_argument("--to", type=Path, default=Path(), metavar="DIR", help="export: where to (default: here)")
    parser.add_argument("--even-booked", action="store_true", help="erase: appointments to come too")


def run(args: argparse.Namespace) -> int:
    """Do one action; 1 when nobody is found."""
    _check_usage(args)
    space = open_workspace(args)
    try:
        if args.own_doctor is not None and args.own_doctor not in space.practice.practitioners:
            known = ", ".join(space.practice.practitioners)
            raise ConfigurationError(f"--own-doctor: {args.own_doctor!r} is no practitioner; there are: {known}")
        return {
            "add": _add,
            "find": _find,
            "correct": _correct,
            "export": _export,
            "erase": _erase,
            "accesses": _accesses,
        }[args.action](args, space)
    finally:
        space.close()


def _check_usage(args: argparse.Namespace) -> None:
    missing = [f"--{name.replace('_', '-')}" for name in IDENTITY if getattr(args, name) is None]
    if args.action == "add" and missing:
        raise ConfigurationError(f"patient add: missing {', '.join(missing)} (see --help)")
    if args.action == "find" and not args.text and len(missing) == len(IDENTITY):
        raise ConfigurationError("patient find: give a name, or --birth-date")
    if args.action in ("correct", "export", "erase", "accesses") and len(args.text) != 1:
        raise ConfigurationError(f"patient {args.action}: give the patient's id (see: voicebot patient find)")


def _add(args: argparse.Namespace, space: Workspace) -> int:
    claim = PatientClaim(args.birth_name, args.first_name, args.birth_date, args.phone, args.used_name)
    added = space.agenda.add_patient(claim, source="terminal", own_doctor=args.own_doctor, marked_known=int(args.known))
    space.audit.record(actor(), "patient.added", added.id)
    _print(args, added)
    return 0


def _find(args: argparse.Namespace, space: Workspace) -> int:
    words = " ".join([*args.text, args.birth_name or "", args.first_name or ""])
    found = space.agenda.find_patients(words, args.birth_date)
    space.audit.record_each(actor(), "patient.searched", [patient.id for patient in found])
    for patient in found:
        _print(args, patient)
    return 0 if found else 1


def _correct(args: argparse.Namespace, space: Workspace) -> int:
    changes = {name: getattr(args, name) for name in FIELDS if getattr(args, name) is not None}
    if not changes:
        raise ConfigurationError("patient correct: say what to correct, for instance --phone")
    if "birth_date" in changes:
        changes["birth_date"] = changes["birth_date"].isoformat()
    _print(args, correct(space, args.text[0], changes))
    return 0


def correct(space: Workspace, patient_id: str, changes: Mapping[str, object]) -> Patient:
    """Change a patient as it is now; the trail seals what it was and what it is. Raises AgendaError: none such."""
    record = space.agenda.patients.get(patient_id, space.clock.now())
    if record is None:
        raise AgendaError("there is no such patient; find one with: voicebot patient find")
    before = {name: str(getattr(record.patient, name, None) or "") for name in changes}
    changed = space.agenda.update_patient(patient_id, changes, version=record.version, source="terminal")
    space.audit.record(
        actor(),
        "patient.changed",
        patient_id,
        {"fields": sorted(changes)},
        personal={"before": before, "after": {name: str(value) for name, value in changes.items()}},
    )
    return changed


def _export(args: argparse.Namespace, space: Workspace) -> int:
    made = space.vault.export_patient(args.text[0], actor=actor())
    for end, content in (("html", made.html), ("json", made.json)):
        path = args.to / f"patient-{args.text[0]}.{end}"
        try:
            args.to.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(f"{path}: {error.strerror}; give a directory with --to") from None
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        if args.json:
            emit({"file": str(path)})
        else:
            print(path)
    return 0


def _erase(args: argparse.Namespace, space: Workspace) -> int:
    receipt = space.vault.erase_patient(args.text[0], actor=actor(), even_booked=args.even_booked)
    if args.json:
        emit(receipt.as_json())
    else:
        print(f"erased: receipt {receipt.code}, {sum(receipt.counts.values())} rows")
    return 0


def _accesses(args: argparse.Namespace, space: Workspace) -> int:
    found = space.vault.accesses(args.text[0])
    for access in found:
        if args.json:
            emit(vars(access))
        else:
            print(f"{access.at}  {access.what:36} {access.who}")
    return 0 if found else 1


def _print(args: argparse.Namespace, patient: Patient) -> None:
    if args.json:
        emit(as_json(patient))
        return
    known = "connu" if patient.known else "pas connu"
    print(f"{patient.id}  {patient.birth_name} {patient.first_name}  {patient.birth_date}  {known}")


def as_json(patient: Patient) -> dict[str, object]:
    """A patient as one JSON object."""
    return {
        "id": patient.id,
        "birth_name": patient.birth_name,
        "first_name": patient.first_name,
        "used_name": patient.used_name,
        "birth_date": patient.birth_date.isoformat(),
        "phone": patient.phone,
        "status": patient.status,
        "known": patient.known,
    }
