"""``voicebot appointments``: list, book, move or cancel appointments from a terminal."""

from __future__ import annotations

import argparse
import secrets
from datetime import datetime

from voicebot.agenda.admission import Placement
from voicebot.agenda.store import Store
from voicebot.cli.common import emit, minute
from voicebot.cli.keys import actor
from voicebot.cli.options import birth_date, local_time
from voicebot.cli.setup import open_workspace
from voicebot.errors import ConfigurationError, NotBookableError
from voicebot.ports import Appointment, Patient, PatientClaim, PatientKind

ACTIONS = ("list", "book", "move", "cancel", "done", "noshow")

ACTS = {
    "book": "appointment.booked",
    "move": "appointment.moved",
    "cancel": "appointment.cancelled",
    "done": "appointment.marked",
    "noshow": "appointment.marked",
}
"""What the audit trail calls each act."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.description = (
        "List the appointments to come, or change one. book needs --motive, --at and a patient (--patient-id, or"
        " --birth-name, --first-name and --birth-date); move needs an id and --at; cancel, done and noshow need an id."
    )
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="what to do (default: list)")
    parser.add_argument("id", nargs="?", help="the appointment to move, cancel or mark")
    parser.add_argument("--all", action="store_true", help="list past, moved and cancelled ones too")
    parser.add_argument("--motive", help="what for, by its id in practice.toml")
    parser.add_argument("--at", type=local_time, metavar="ISO", help="the start, practice-local")
    parser.add_argument(
        "--practitioner", help="with whom, by id (default: book the first who is free, move with the same)"
    )
    parser.add_argument("--patient", choices=("new", "known"), help="kind of patient (default: what the agenda knows)")
    parser.add_argument("--overbook", metavar="REASON", help="place it beside others, deliberately, with a reason")
    parser.add_argument("--version", type=int, metavar="N", help="refuse when the appointment is no longer version N")
    parser.add_argument("--idempotency-key", metavar="KEY", help="a repeated command with the same key changes nothing")
    who = parser.add_argument_group("the patient")
    who.add_argument("--patient-id", help="by id (see: voicebot patient find)")
    who.add_argument("--birth-name")
    who.add_argument("--first-name")
    who.add_argument("--birth-date", type=birth_date, metavar="YYYY-MM-DD")
    who.add_argument("--phone", help="in full, like +33639980101")


def run(args: argparse.Namespace) -> int:
    """Do one action; 1 when there is nothing to list or a rule refuses."""
    _check_usage(args)
    space = open_workspace(args)
    agenda = space.agenda
    if args.action == "list":
        found = agenda.appointments(everything=args.all)
        # Before anything is shown; one row for the list, as for the desk's page.
        space.audit.record(actor(), "agenda.read", None, {"rows": len(found), "all": args.all})
        for appointment in found:
            _print(appointment, args.json)
        return 0 if found or args.json else 1
    key = args.idempotency_key or f"terminal-{secrets.token_hex(8)}"
    if args.action == "book":
        done = _place(agenda, args, key, args.motive, _patient(agenda, args))
    elif args.action == "move":
        old = agenda.appointment(args.id)
        if old.patient is None:
            raise NotBookableError("a hold is not moved; wait until it is booked or has expired")
        done = _place(agenda, args, key, args.motive or old.slot.motive, old.patient, replacing=old)
    elif args.action == "cancel":
        done = agenda.cancel(args.id, source="terminal", idempotency_key=key, version=args.version)
    else:
        done = agenda.mark(args.id, args.action, source="terminal", idempotency_key=key, version=args.version)
    space.audit.record(actor(), ACTS[args.action], done.patient.id if done.patient else None, {"appointment": done.id})
    _print(done, args.json)
    return 0


def _check_usage(args: argparse.Namespace) -> None:
    missing = []
    if args.action in ("book", "move") and args.at is None:
        missing.append("--at")
    if args.action in ("move", "cancel", "done", "noshow") and args.id is None:
        missing.append("the appointment's id")
    if args.action == "book":
        if args.motive is None:
            missing.append("--motive")
        if args.patient_id is None:
            missing += [
                f"--{name.replace('_', '-')}"
                for name in ("birth_name", "first_name", "birth_date")
                if getattr(args, name) is None
            ]
    if missing:
        raise ConfigurationError(f"appointments {args.action}: missing {', '.join(missing)} (see --help)")
    if args.action in ("list", "book") and args.id is not None:
        raise ConfigurationError(f"appointments {args.action}: takes no id, but was given {args.id!r}")


def _patient(agenda: Store, args: argparse.Namespace) -> Patient:
    """The patient whom the options mean; a provisional one is added when nobody matches."""
    if args.patient_id is not None:
        return agenda.patient(args.patient_id)
    claim = PatientClaim(args.birth_name, args.first_name, args.birth_date, args.phone)
    found = agenda.match(claim)
    if len(found) > 1:
        ids = ", ".join(patient.id for patient in found)
        raise NotBookableError(f"{len(found)} patients have this identity: choose one with --patient-id ({ids})")
    return found[0] if found else agenda.add_patient(claim, source="terminal")


def _place(
    agenda: Store,
    args: argparse.Namespace,
    key: str,
    motive: str,
    patient: Patient,
    *,
    replacing: Appointment | None = None,
) -> Appointment:
    start: datetime = args.at
    kind: PatientKind = args.patient or ("known" if patient.known else "new")
    old = replacing.id if replacing else None
    who = args.practitioner or (replacing.slot.practitioner if replacing else None)
    placement = Placement(motive, start, who, patient.id, kind, args.overbook)
    return agenda.place(placement, source="terminal", idempotency_key=key, replacing=old, version=args.version)


def _print(appointment: Appointment, json: bool) -> None:
    if json:
        emit(as_json(appointment))
        return
    slot, patient = appointment.slot, appointment.patient
    name = f"{patient.birth_name} {patient.first_name} ({patient.birth_date})" if patient else "—"
    when = f"{minute(slot.start)}–{slot.end:%H:%M}"
    print(f"{appointment.id}  {appointment.status:9}  {when}  {slot.practitioner}  {slot.motive}  {name}")


def as_json(appointment: Appointment) -> dict[str, object]:
    """An appointment as one JSON object."""
    slot, patient = appointment.slot, appointment.patient
    return {
        "id": appointment.id,
        "status": appointment.status,
        "start": minute(slot.start),
        "end": minute(slot.end),
        "motive": slot.motive,
        "practitioner": slot.practitioner,
        "patient": {
            "birth_name": patient.birth_name,
            "first_name": patient.first_name,
            "birth_date": patient.birth_date.isoformat(),
            "phone": patient.phone,
            "status": patient.status,
        }
        if patient
        else None,
        "source": appointment.source,
        "site": slot.site,
        "version": appointment.version,
    }
