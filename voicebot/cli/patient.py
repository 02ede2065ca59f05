"""``voicebot patient``: add or find a patient."""

from __future__ import annotations

import argparse

from voicebot.cli.common import emit
from voicebot.cli.options import birth_date
from voicebot.cli.setup import open_workspace
from voicebot.errors import ConfigurationError
from voicebot.ports import Patient, PatientClaim


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.description = (
        "Add a patient (--birth-name, --first-name and --birth-date are needed), or find some by name or birth date."
    )
    parser.add_argument("action", choices=("add", "find"))
    parser.add_argument("text", nargs="*", help="find: parts of a name")
    parser.add_argument("--birth-name")
    parser.add_argument("--first-name")
    parser.add_argument("--used-name")
    parser.add_argument("--birth-date", type=birth_date, metavar="YYYY-MM-DD")
    parser.add_argument("--phone", help="in full, like +33639980101")
    parser.add_argument("--own-doctor", metavar="PRACTITIONER", help="add: the usual doctor, by id")
    parser.add_argument("--known", action="store_true", help="add: mark as known to the practice")


def run(args: argparse.Namespace) -> int:
    """Print one patient a line; 1 when nobody is found."""
    wanted = ("birth_name", "first_name", "birth_date")
    missing = [f"--{name.replace('_', '-')}" for name in wanted if getattr(args, name) is None]
    if args.action == "add" and missing:
        raise ConfigurationError(f"patient add: missing {', '.join(missing)} (see --help)")
    if args.action == "find" and not args.text and len(missing) == len(wanted):
        raise ConfigurationError("patient find: give a name, or --birth-date")
    space = open_workspace(args)
    if args.own_doctor is not None and args.own_doctor not in space.practice.practitioners:
        known = ", ".join(space.practice.practitioners)
        raise ConfigurationError(f"--own-doctor: {args.own_doctor!r} is no practitioner; there are: {known}")
    if args.action == "add":
        claim = PatientClaim(args.birth_name, args.first_name, args.birth_date, args.phone, args.used_name)
        found = [
            space.agenda.add_patient(claim, source="terminal", own_doctor=args.own_doctor, marked_known=int(args.known))
        ]
    else:
        words = " ".join([*args.text, args.birth_name or "", args.first_name or ""])
        found = space.agenda.find_patients(words, args.birth_date)
    for patient in found:
        if args.json:
            emit(as_json(patient))
        else:
            known = "connu" if patient.known else "pas connu"
            print(f"{patient.id}  {patient.birth_name} {patient.first_name}  {patient.birth_date}  {known}")
    return 0 if found else 1


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
