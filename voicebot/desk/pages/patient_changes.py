"""The form of a patient's file: a new one, and changes that two people may make at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voicebot.agenda import ins
from voicebot.desk import patient_form
from voicebot.desk.context import Desk
from voicebot.desk.dates import read_date
from voicebot.desk.pages.patients import row_of
from voicebot.desk.parameters import Staff, Text, TheDesk
from voicebot.desk.patient_form import STATUSES
from voicebot.desk.roles import Account
from voicebot.errors import StaleVersionError
from voicebot.ports import Patient, PatientClaim

router = APIRouter()


@router.get("/patients/nouveau")
def new(
    request: Request, desk: TheDesk, me: Staff, start: str = "", practitioner: str = "", motive: str = ""
) -> Response:
    """The form of a new file; ``start``, ``practitioner`` and ``motive`` go on to the appointment after it."""
    return _form(request, desk, None, {}, onward={"start": start, "practitioner": practitioner, "motive": motive})


@router.post("/patients/fiche")
def new_from_search(
    request: Request,
    desk: TheDesk,
    me: Staff,
    born: Text = "",
    name: Text = "",
    start: Text = "",
    practitioner: Text = "",
    motive: Text = "",
) -> Response:
    """The same with what was searched in vain already filled in."""
    first, _, last = name.strip().partition(" ")
    filled = {"birth_date": born, "birth_name": last or first, "first_name": first if last else ""}
    return _form(request, desk, None, filled, onward={"start": start, "practitioner": practitioner, "motive": motive})


@router.get("/patients/{patient_id}/modifier")
def edit(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """The form of a file."""
    row = row_of(desk, patient_id)
    desk.audit(me, "patient.read", patient_id)
    return _form(request, desk, row, patient_form.shown(row))


@router.post("/patients/nouveau")
async def create(request: Request, desk: TheDesk, me: Staff) -> Response:
    """Make a file, then go to it or on to the appointment."""
    form = await _posted(request)
    return await run_in_threadpool(_create, request, desk, me, form)


def _create(request: Request, desk: Desk, me: Account, form: dict[str, str]) -> Response:
    row, wrong = patient_form.read(form, today=desk.workspace.clock.now().date())
    onward = {key: form.get(key, "") for key in ("start", "practitioner", "motive")}
    wrong |= _taken(desk, row, None)
    if wrong:
        return _form(request, desk, None, form, wrong=wrong, onward=onward)
    born = read_date(form["birth_date"])
    claim = PatientClaim(str(row.pop("birth_name")), str(row.pop("first_name")), born) if born else None
    row.pop("birth_date")
    if claim is None:
        return _form(request, desk, None, form, onward=onward)
    twins = desk.workspace.agenda.match(claim)
    if twins and not form.get("despite"):
        return _form(request, desk, None, form, onward=onward, twins=list(twins))
    made = desk.workspace.agenda.add_patient(claim, source="desk", **row)
    desk.audit(me, "patient.added", made.id)
    if any(onward.values()):
        query = "&".join(f"{key}={value}" for key, value in onward.items() if _plain(value))
        return desk.done(request, f"/agenda/nouveau?patient={made.id}&{query}", "Fiche créée.")
    return desk.done(request, f"/patients/{made.id}", "Fiche créée.")


@router.post("/patients/{patient_id}/modifier")
async def update(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """Change a file that nobody changed since it was read."""
    form = await _posted(request)
    return await run_in_threadpool(_update, request, desk, me, patient_id, form)


def _update(request: Request, desk: Desk, me: Account, patient_id: str, form: dict[str, str]) -> Response:
    before = row_of(desk, patient_id)
    new, wrong = patient_form.read(form, today=desk.workspace.clock.now().date())
    wrong |= _taken(desk, new, patient_id)
    if wrong:
        return _form(request, desk, before, form, wrong=wrong)
    changes = {key: value for key, value in new.items() if value != before[key]}
    if not changes:
        return desk.done(request, f"/patients/{patient_id}", "Rien n'a changé.")
    version = int(form["version"]) if form.get("version", "").isdecimal() else 0
    try:
        desk.workspace.agenda.update_patient(patient_id, changes, version=version, source="desk")
    except StaleVersionError:
        return _form(request, desk, before, form, stale=list(changes))
    personal = {"before": {key: before[key] for key in changes}, "after": changes}
    desk.workspace.audit.record(
        f"user:{me.id}", "patient.changed", patient_id, {"fields": sorted(changes)}, personal=personal
    )
    undo = {**patient_form.shown(before), "version": str(version + 1)}
    return desk.done(
        request, f"/patients/{patient_id}", "Fiche modifiée.", undo=f"/patients/{patient_id}/modifier", **undo
    )


def _form(
    request: Request,
    desk: Desk,
    row: Mapping[str, Any] | None,
    filled: Mapping[str, str],
    *,
    wrong: Mapping[str, str] | None = None,
    onward: Mapping[str, str] | None = None,
    twins: list[Patient] | None = None,
    stale: list[str] | None = None,
) -> Response:
    now = patient_form.shown(row) if row else {}
    return desk.page(
        request,
        "patients/form.html",
        409 if stale or twins else 422 if wrong else 200,
        row=row,
        filled={key: filled.get(key, "") for key in patient_form.FIELDS},
        wrong=wrong or {},
        onward=onward or {},
        twins=twins or [],
        stale={key: now.get(key, "") for key in stale or ()},
        statuses=STATUSES,
        oids=ins.OIDS,
        practitioners=desk.workspace.rules().practitioners.values(),
    )


def _taken(desk: Desk, row: Mapping[str, object], patient_id: str | None) -> dict[str, str]:
    """An INS belongs to one patient."""
    if not row.get("ins"):
        return {}
    found = desk.session.tuples("select id from patient where ins = ? and id is not ?", (row["ins"], patient_id))
    return {"ins": "Ce numéro est déjà celui d'une autre fiche : réunissez les deux."} if found else {}


async def _posted(request: Request) -> dict[str, str]:
    return {key: value[:200] for key, value in (await request.form()).items() if isinstance(value, str)}


def _plain(value: str) -> bool:
    """Whether a value may stand in an address as it is: ids and times, never a name."""
    return bool(value) and all(char.isalnum() or char in "-_:" for char in value)
