"""What a patient may ask for: files joined and parted, a copy of all that is kept, erasure."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import Response

from voicebot.desk.context import Desk
from voicebot.desk.dates import read_date
from voicebot.desk.labels import day
from voicebot.desk.pages.patients import row_of
from voicebot.desk.parameters import Staff, Text, TheDesk
from voicebot.desk.roles import Account
from voicebot.errors import AgendaError, SlotTakenError, StaleVersionError

router = APIRouter()


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
    row_of(desk, patient_id)
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


@router.post("/patients/{patient_id}/distinguer")
def distinguish(
    patient_id: str, request: Request, desk: TheDesk, me: Staff, other: Text = "", ici: Text = ""
) -> Response:
    """Two people, though their files look alike: they are not asked about again."""
    _both(desk, patient_id, other)
    desk.identities.settle(patient_id, other, author=me.id, at=desk.workspace.clock.now())
    _told_apart(desk, me, "patient.distinguished", patient_id, other)
    return desk.done(
        request,
        _back(patient_id, ici),
        "Noté : deux personnes différentes.",
        undo=f"/patients/{patient_id}/confondre",
        other=other,
        ici=ici,
    )


@router.post("/patients/{patient_id}/confondre")
def confuse(patient_id: str, request: Request, desk: TheDesk, me: Staff, other: Text = "", ici: Text = "") -> Response:
    """Whether they are two people is to be settled after all."""
    _both(desk, patient_id, other)
    desk.identities.unsettle(patient_id, other)
    _told_apart(desk, me, "patient.confused", patient_id, other)
    return desk.done(
        request,
        _back(patient_id, ici),
        "C'est de nouveau à vérifier.",
        undo=f"/patients/{patient_id}/distinguer",
        other=other,
        ici=ici,
    )


def _both(desk: Desk, one: str, other: str) -> None:
    row_of(desk, one)
    row_of(desk, other)
    if one == other:
        raise HTTPException(422)


def _told_apart(desk: Desk, me: Account, action: str, one: str, other: str) -> None:
    desk.audit(me, action, one, other=other)
    desk.audit(me, action, other, other=one)


def _back(patient_id: str, place: str) -> str:
    return "/a-faire" if place == "a-faire" else f"/patients/{patient_id}"


@router.post("/patients/{patient_id}/copie")
def export(patient_id: str, desk: TheDesk, me: Staff, form: Text = "html") -> Response:
    """All that is kept about a patient, for the patient (GDPR, articles 15 and 20)."""
    row_of(desk, patient_id)
    made = desk.workspace.vault.export_patient(patient_id, actor=f"user:{me.id}")
    kind = "json" if form == "json" else "html"
    # No name in the file's name: it stays in a browser's history.
    headers = {"Content-Disposition": f'attachment; filename="copie-des-donnees.{kind}"'}
    if kind == "json":
        return Response(made.json, media_type="application/json", headers=headers)
    return Response(made.html, media_type="text/html", headers=headers)


@router.get("/patients/{patient_id}/effacer")
def ask_erase(patient_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """What erasing does; it is the one act that nothing undoes."""
    row_of(desk, patient_id)
    desk.audit(me, "patient.read", patient_id)
    return _erase_page(request, desk, patient_id)


@router.post("/patients/{patient_id}/effacer")
def erase(patient_id: str, request: Request, desk: TheDesk, me: Staff, born: Text = "") -> Response:
    """Erase a patient (GDPR, article 17), once the birth date was typed again."""
    row = row_of(desk, patient_id)
    if read_date(born) is None or f"{read_date(born)}" != row["birth_date"]:
        return _erase_page(request, desk, patient_id, "Ce n'est pas la date de naissance de cette fiche.")
    try:
        receipt = desk.workspace.vault.erase_patient(patient_id, actor=f"user:{me.id}")
    except AgendaError:
        return _erase_page(
            request, desk, patient_id, "Des rendez-vous sont encore à venir : annulez-les d'abord dans l'agenda."
        )
    return desk.done(request, "/patients", f"Données effacées. Numéro de l'attestation : {receipt.code}.")


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
