"""Patients: found by birth date first, homonyms shown as such; one file, and who read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from voicebot.agenda import ins
from voicebot.desk import diary, disclosure
from voicebot.desk.context import Desk
from voicebot.desk.dates import read_date
from voicebot.desk.parameters import Staff, Text, TheDesk
from voicebot.desk.patient_form import STATUSES, homonyms
from voicebot.errors import AgendaError
from voicebot.ports import Patient, PatientClaim

router = APIRouter()

FOUND = 100
"""Patients that a search lists."""

PAST = 30
"""Past appointments that a file lists."""


@router.get("/patients")
def ask(request: Request, desk: TheDesk, me: Staff) -> Response:
    """The form of a search."""
    return _search_page(request, desk)


@router.post("/patients")
def search(request: Request, desk: TheDesk, me: Staff, born: Text = "", name: Text = "") -> Response:
    """Search by birth date first, then by parts of the name; posted, so that neither stays in an address."""
    date, found = read_date(born), None
    if date is not None or (name.strip() and not born.strip()):
        found = desk.workspace.agenda.find_patients(name, date)
        disclosure.found(desk.workspace.audit, me, found[:FOUND])
    wrong = "Donnez une date complète, par exemple 12/03/1978." if born.strip() and date is None else ""
    return _search_page(request, desk, born=born, name=name, wrong=wrong, found=found)


@router.get("/patients/{patient_id}")
def file(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """One file: identity, appointments, doubles, rights."""
    row = row_of(desk, patient_id)
    desk.audit(me, "patient.read", patient_id)
    agenda = desk.workspace.agenda
    patient = agenda.patient(patient_id)
    claim = PatientClaim(patient.birth_name, patient.first_name, patient.birth_date)
    same = [other for other in agenda.match(claim) if other.id != patient_id]
    alike = [other for other in agenda.candidates(claim) if other.id not in {patient_id, *(o.id for o in same)}]
    apart = desk.identities.others(patient_id)
    practice = desk.workspace.rules()
    past = [
        agenda.appointment(id)
        for (id,) in desk.session.tuples(
            "select id from appointment where patient_id = ? and status <> 'moved'"
            " and not (status = 'booked' and wall_start >= ?) order by wall_start desc limit ?",
            (patient_id, f"{desk.workspace.clock.now():%Y-%m-%dT%H:%M}", PAST),
        )
    ]
    return desk.page(
        request,
        "patients/file.html",
        patient=patient,
        row=row,
        same=[other for other in same if other.id not in apart],
        alike=[other for other in alike if other.id not in apart],
        apart=[other for other in (*same, *alike) if other.id in apart],
        versions={other.id: agenda.patients.row(other.id)["version"] for other in (*same, *alike)},
        merges=agenda.merging.of(patient_id),
        coming=[diary.row(practice, me, one) for one in agenda.appointments_of(patient_id)],
        past=[diary.row(practice, me, one) for one in past],
        statuses=STATUSES,
        oids=ins.OIDS,
        last_visit=max(
            [row["last_visit"] or "", *(f"{one.slot.start:%Y-%m-%d}" for one in past if one.status == "done")]
        ),
        own_doctor=practice.name_of(row["own_doctor"]) if row["own_doctor"] else "",
    )


@router.get("/patients/{patient_id}/acces")
def accesses(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """Who read or changed what of this file, to be printed for the patient."""
    row_of(desk, patient_id)
    desk.audit(me, "patient.read", patient_id)
    names = {f"user:{account.id}": account.name for account in desk.accounts.all()}
    rows = [(one, names.get(one.actor, one.who)) for one in desk.workspace.vault.accesses(patient_id)]
    return desk.page(
        request, "patients/accesses.html", patient=desk.workspace.agenda.patient(patient_id), rows=rows[::-1]
    )


def row_of(desk: Desk, patient_id: str) -> dict[str, Any]:
    """The file of a patient. Raises HTTPException 404."""
    try:
        return desk.workspace.agenda.patients.row(patient_id)
    except AgendaError:
        raise HTTPException(404) from None


def _search_page(
    request: Request,
    desk: Desk,
    *,
    born: str = "",
    name: str = "",
    wrong: str = "",
    found: Sequence[Patient] | None = None,
) -> Response:
    return desk.page(
        request,
        "patients/search.html",
        422 if wrong else 200,
        born=born,
        name=name,
        wrong=wrong,
        found=found[:FOUND] if found is not None else None,
        more=max(0, len(found) - FOUND) if found else 0,
        homonyms=homonyms(found or []),
    )
