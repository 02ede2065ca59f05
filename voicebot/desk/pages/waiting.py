"""À faire, the waiting list: freed slots to offer, who waits, and the undo of every answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from voicebot.agenda.waitlist import Offer
from voicebot.desk.appointment_form import explained
from voicebot.desk.context import Desk, new_key
from voicebot.desk.labels import day, motive_label
from voicebot.desk.parameters import Staff, TheDesk
from voicebot.desk.roles import Account
from voicebot.errors import AgendaError, StaleVersionError

router = APIRouter()

Id = Annotated[str, Form(max_length=64)]

SHOWN = 30
"""Entries of the waiting list that the page shows; the rest is counted."""


@router.post("/a-faire/proposition/{offer}/reserver")
def accept(offer: int, request: Request, desk: TheDesk, me: Staff, key: Id = "") -> Response:
    """The patient who waited wants the freed slot."""
    found = next((one for one in desk.workspace.agenda.waitlist_offers() if one.id == offer), None)
    if found is None:
        return desk.done(request, "/a-faire", "Ce créneau n'est plus libre.")
    try:
        made = desk.workspace.agenda.accept_offer(found, source="desk", idempotency_key=key or new_key())
    except AgendaError as error:
        return desk.done(request, "/a-faire", f"Rien n'a été réservé. {explained(error)}")
    desk.audit(me, "appointment.booked", found.waiting.patient_id, appointment=made.id)
    return desk.done(
        request,
        "/a-faire",
        f"Rendez-vous pris : {made.slot.start:%d/%m à %H:%M}.",
        undo="/a-faire/attente/reprendre",
        entry=found.waiting.id,
        appointment=made.id,
        version=str(made.version),
    )


@router.post("/a-faire/attente/reprendre")
def take_back(
    request: Request,
    desk: TheDesk,
    me: Staff,
    entry: Id = "",
    appointment: Id = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Undo an acceptance or a withdrawal: the appointment goes, the patient waits again with the same offers."""
    agenda = desk.workspace.agenda
    if appointment:
        made = agenda.cancel(appointment, source="desk", idempotency_key=new_key(), version=version or None)
        desk.audit(me, "appointment.cancelled", made.patient.id if made.patient else None, appointment=made.id)
    patient = agenda.waitlist.resume(entry)
    desk.audit(me, "waitlist.resumed", patient)
    return desk.done(request, "/a-faire", "Le patient attend de nouveau.")


@router.post("/a-faire/attente/{entry}/retirer")
def withdraw(entry: str, request: Request, desk: TheDesk, me: Staff, patient: Id = "") -> Response:
    """The patient does not wait any more."""
    desk.workspace.agenda.waitlist.withdraw(entry)
    desk.audit(me, "waitlist.withdrawn", patient or None)
    return desk.done(
        request, "/a-faire", "Retiré de la liste d'attente.", undo="/a-faire/attente/reprendre", entry=entry
    )


@router.post("/a-faire/proposition/{offer}/refuser")
def refuse(offer: int, request: Request, desk: TheDesk, me: Staff) -> Response:
    """The patient does not want this slot and goes on waiting."""
    return _answer(request, desk, me, offer, "refused", "Le patient attend un autre créneau.")


@router.post("/a-faire/proposition/{offer}/rouvrir")
def reopen(offer: int, request: Request, desk: TheDesk, me: Staff) -> Response:
    """The slot is to be offered after all."""
    return _answer(request, desk, me, offer, "open", "Ce créneau est de nouveau à proposer.")


def _answer(request: Request, desk: Desk, me: Account, offer: int, status: Any, said: str) -> Response:
    try:
        patient = desk.workspace.agenda.waitlist.answer(offer, status)
    except StaleVersionError:
        return desk.done(request, "/a-faire", "Quelqu'un d'autre a déjà répondu : rien n'a été changé.")
    desk.audit(me, "waitlist.answered", patient, status=status)
    back = {"refused": "rouvrir", "open": "refuser"}[status]
    return desk.done(request, "/a-faire", said, undo=f"/a-faire/proposition/{offer}/{back}")


def shown(desk: Desk, me: Account) -> dict[str, Any]:
    """What the page "À faire" shows of the waiting list: open offers, and who waits."""
    agenda, practice = desk.workspace.agenda, desk.workspace.rules()
    waiting = agenda.waitlist.waiting()
    return {
        "offers": [_offer(desk, me, offer) for offer in agenda.waitlist_offers()],
        "waiting": [
            {
                "id": entry.id,
                "patient": agenda.patient(entry.patient_id),
                "motive": motive_label(practice, entry.query.motive, me),
                "practitioner": practice.name_of(entry.query.practitioner) if entry.query.practitioner else "",
                "windows": ", ".join(f"{day(start.date()).lower()}" for start, _ in entry.query.windows[:3]),
            }
            for entry in waiting[:SHOWN]
        ],
        "waiting_count": len(waiting),
    }


def _offer(desk: Desk, me: Account, offer: Offer) -> dict[str, Any]:
    practice = desk.workspace.rules()
    return {
        "id": offer.id,
        "slot": offer.slot,
        "patient": desk.workspace.agenda.patient(offer.waiting.patient_id),
        "motive": motive_label(practice, offer.slot.motive, me),
        "practitioner": practice.name_of(offer.slot.practitioner),
    }
