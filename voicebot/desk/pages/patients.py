"""Patients: found by birth date first, homonyms shown as such, merged and parted; copies and erasure on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voicebot.agenda import ins
from voicebot.desk import diary, disclosure, patient_form
from voicebot.desk.context import Desk, desk
from voicebot.desk.labels import day
from voicebot.desk.patient_form import STATUSES, homonyms, read_date
from voicebot.desk.roles import Account, role
from voicebot.errors import AgendaError, SlotTakenError, StaleVersionError
from voicebot.ports import Patient, PatientClaim

router = APIRouter()

TheDesk = Annotated[Desk, Depends(desk)]
Staff = Annotated[Account, Depends(role("secretary", "practitioner"))]
Text = Annotated[str, Form(max_length=200)]

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


@router.get("/patients/{patient_id}")
def file(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """One file: identity, appointments, doubles, rights."""
    row = _row(desk, patient_id)
    desk.audit(me, "patient.read", patient_id)
    agenda = desk.workspace.agenda
    patient = agenda.patient(patient_id)
    claim = PatientClaim(patient.birth_name, patient.first_name, patient.birth_date)
    same = [other for other in agenda.match(claim) if other.id != patient_id]
    alike = [other for other in agenda.candidates(claim) if other.id not in {patient_id, *(o.id for o in same)}]
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
        same=same,
        alike=alike,
        versions={other.id: agenda.patients.row(other.id)["version"] for other in (*same, *alike)},
        merges=agenda.merging.of(patient_id),
        coming=[diary.row(practice, me, one) for one in agenda.appointments_of(patient_id)],
        past=[diary.row(practice, me, one) for one in past],
        statuses=STATUSES,
        oids=ins.OIDS,
        own_doctor=practice.name_of(row["own_doctor"]) if row["own_doctor"] else "",
    )


@router.get("/patients/{patient_id}/modifier")
def edit(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """The form of a file."""
    row = _row(desk, patient_id)
    desk.audit(me, "patient.read", patient_id)
    return _form(request, desk, row, patient_form.shown(row))


@router.get("/patients/{patient_id}/acces")
def accesses(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """Who read or changed what of this file, to be printed for the patient."""
    _row(desk, patient_id)
    desk.audit(me, "patient.read", patient_id)
    names = {f"user:{account.id}": account.name for account in desk.accounts.all()}
    rows = [(one, names.get(one.actor, one.who)) for one in desk.workspace.vault.accesses(patient_id)]
    return desk.page(
        request, "patients/accesses.html", patient=desk.workspace.agenda.patient(patient_id), rows=rows[::-1]
    )


@router.get("/patients/{patient_id}/effacer")
def ask_erase(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """What erasing does; it is the one act that nothing undoes."""
    _row(desk, patient_id)
    return _erase_page(request, desk, patient_id)


# --- changing ---


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
    before = _row(desk, patient_id)
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


@router.post("/patients/{patient_id}/reunir")
def merge(
    patient_id: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    other: Text = "",
    version: Annotated[int, Form()] = 0,
    other_version: Annotated[int, Form()] = 0,
) -> Response:
    """Put another file into this one."""
    _row(desk, patient_id)
    here = f"/patients/{patient_id}"
    try:
        made = desk.workspace.agenda.merging.merge(
            patient_id, other, versions=(version, other_version), at=desk.workspace.clock.now(), author=me.id
        )
    except StaleVersionError:
        return desk.done(request, here, "L'une des deux fiches vient de changer : relisez-les, puis recommencez.")
    except SlotTakenError:
        return desk.done(request, here, "Les deux fiches ont un rendez-vous au même moment : annulez-en un d'abord.")
    except AgendaError:
        return desk.done(request, here, "C'est l'autre fiche qui porte l'INS : ouvrez-la, puis réunissez depuis elle.")
    desk.audit(me, "patient.merged", patient_id, other=other)
    desk.audit(me, "patient.merged", other, into=patient_id)
    return desk.done(request, here, "Fiches réunies.", undo=f"/patients/reunions/{made.id}/separer")


@router.post("/patients/reunions/{merge_id}/separer")
def part(merge_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """Undo a merge."""
    try:
        made = desk.workspace.agenda.merging.undo(merge_id)
    except AgendaError:
        raise HTTPException(404) from None
    desk.audit(me, "patient.parted", made.kept, other=made.dropped)
    return desk.done(request, f"/patients/{made.kept}", "Fiches séparées de nouveau.")


@router.post("/patients/{patient_id}/copie")
def export(patient_id: str, desk: TheDesk, me: Staff, form: Text = "html") -> Response:
    """All that is kept about a patient, for the patient (GDPR, articles 15 and 20)."""
    _row(desk, patient_id)
    made = desk.workspace.vault.export_patient(patient_id, actor=f"user:{me.id}")
    kind = "json" if form == "json" else "html"
    # No name in the file's name: it stays in a browser's history.
    headers = {"Content-Disposition": f'attachment; filename="copie-des-donnees.{kind}"'}
    if kind == "json":
        return Response(made.json, media_type="application/json", headers=headers)
    return Response(made.html, media_type="text/html", headers=headers)


@router.post("/patients/{patient_id}/effacer")
def erase(patient_id: str, request: Request, desk: TheDesk, me: Staff, born: Text = "") -> Response:
    """Erase a patient (GDPR, article 17), once the birth date was typed again."""
    row = _row(desk, patient_id)
    if read_date(born) is None or f"{read_date(born)}" != row["birth_date"]:
        return _erase_page(request, desk, patient_id, "Ce n'est pas la date de naissance de cette fiche.")
    try:
        receipt = desk.workspace.vault.erase_patient(patient_id, actor=f"user:{me.id}")
    except AgendaError:
        return _erase_page(
            request, desk, patient_id, "Des rendez-vous sont encore à venir : annulez-les d'abord dans l'agenda."
        )
    return desk.done(request, "/patients", f"Données effacées. Numéro de l'attestation : {receipt.code}.")


# --- what they share ---


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


def _erase_page(request: Request, desk: Desk, patient_id: str, error: str = "") -> Response:
    agenda = desk.workspace.agenda
    return desk.page(
        request,
        "patients/erase.html",
        409 if error else 200,
        patient=agenda.patient(patient_id),
        coming=len(agenda.appointments_of(patient_id)),
        error=error,
        today=day(desk.workspace.clock.now().date()),
    )


def _row(desk: Desk, patient_id: str) -> dict[str, Any]:
    try:
        return desk.workspace.agenda.patients.row(patient_id)
    except AgendaError:
        raise HTTPException(404) from None


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
