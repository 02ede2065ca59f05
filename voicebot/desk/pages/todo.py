"""À faire: call-backs with an owner and a deadline, identities to settle, freed slots to offer. Never appointments."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import Response

from voicebot.agenda.rows import minute
from voicebot.desk.context import Desk, new_key
from voicebot.desk.identities import Identities
from voicebot.desk.labels import motive_label
from voicebot.desk.parameters import Staff, TheDesk
from voicebot.desk.roles import Account
from voicebot.errors import AgendaError
from voicebot.french.phones import read_phone
from voicebot.practice.localtime import to_utc
from voicebot.todo import Todo

router = APIRouter()

Word = Annotated[str, Form(max_length=500)]
Number = Annotated[int, Form()]

ON_A_PAGE = 60


@router.get("/a-faire")
def page(
    request: Request, desk: TheDesk, me: Staff, vue: Literal["ouvert", "fait"] = "ouvert", page: int = 1
) -> Response:
    """What is to be done, or what has been done."""
    todo, number = desk.workspace.todo, min(max(page, 1), 10_000)
    read = todo.open if vue == "ouvert" else todo.done
    found = read(ON_A_PAGE + 1, (number - 1) * ON_A_PAGE)
    today = desk.workspace.clock.now().date()
    values: dict[str, Any] = {
        "vue": vue,
        "number": number,
        "more": len(found) > ON_A_PAGE,
        "groups": _groups(found[:ON_A_PAGE], today) if vue == "ouvert" else [("Faits", "", found[:ON_A_PAGE])],
        "owners": {one.id: one.name for one in [*desk.accounts.all(), me]},
        "today": today,
        "pairs": [],
        "offers": [],
    }
    if vue == "ouvert" and number == 1:
        values |= {"pairs": _pairs(desk), "offers": _offers(desk, me)}
    return desk.page(request, "todo/page.html", key=new_key(), **values)


@router.post("/a-faire")
def add(request: Request, desk: TheDesk, me: Staff, message: Word = "", phone: Word = "", due: Word = "") -> Response:
    """Note something by hand."""
    day = _day(due) or desk.workspace.clock.now().date()
    number = read_phone(phone).e164 if phone.strip() else None
    if phone.strip() and number is None:
        return desk.done(request, "/a-faire", "Ce numéro n'est pas complet : rien n'a été noté.")
    if not message.strip() and number is None:
        return desk.done(request, "/a-faire", "Écrivez ce qu'il y a à faire, ou un numéro.")
    made = desk.workspace.todo.add(reason="other", due=day, phone=number, message=message.strip() or None, owner=me.id)
    return desk.done(request, f"/a-faire#t-{made}", "C'est noté.", undo=f"/a-faire/{made}/fait", version="1")


@router.post("/a-faire/{id}/fait")
def done(id: str, request: Request, desk: TheDesk, me: Staff, version: Number) -> Response:
    """It is done."""
    return _change(desk, request, me, id, version, "C'est fait.", state="done")


@router.post("/a-faire/{id}/rouvrir")
def reopen(id: str, request: Request, desk: TheDesk, me: Staff, version: Number) -> Response:
    """It is not done after all."""
    return _change(desk, request, me, id, version, "C'est de nouveau à faire.", state="open")


@router.post("/a-faire/{id}/prendre")
def take(id: str, request: Request, desk: TheDesk, me: Staff, version: Number) -> Response:
    """I see to it; once more: no longer."""
    mine = _found(desk, id).owner == me.id
    said = "Quelqu'un d'autre peut s'en occuper." if mine else "C'est à vous."
    return _change(desk, request, me, id, version, said, owner=None if mine else me.id)


@router.post("/a-faire/{id}/changer")
def change(
    id: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    version: Number,
    due: Word = "",
    note: Word = "",
    owner: Word = "",
) -> Response:
    """Another deadline, owner or note."""
    before = _found(desk, id)
    known = {one.id for one in desk.accounts.all()} | {me.id}
    return _change(
        desk,
        request,
        me,
        id,
        version,
        "C'est noté.",
        due=_day(due) or before.due,
        note=note.strip(),
        owner=owner if owner in known else None,
    )


@router.post("/a-faire/proposition/{offer}/reserver")
def accept(offer: int, request: Request, desk: TheDesk, me: Staff, key: Word = "") -> Response:
    """The patient who waited wants the freed slot."""
    found = next((one for one in desk.workspace.agenda.waitlist_offers() if one.id == offer), None)
    if found is None:
        return desk.done(request, "/a-faire", "Ce créneau n'est plus libre.")
    try:
        made = desk.workspace.agenda.accept_offer(found, source="desk", idempotency_key=key or new_key())
    except AgendaError as error:
        return desk.done(request, "/a-faire", f"Rien n'a été réservé. {error}")
    desk.audit(me, "appointment.booked", found.waiting.patient_id, appointment=made.id)
    return desk.done(request, "/a-faire", f"Rendez-vous pris : {made.slot.start:%d/%m à %H:%M}.")


@router.post("/a-faire/proposition/{offer}/refuser")
def refuse(offer: int, request: Request, desk: TheDesk, me: Staff) -> Response:
    """The patient does not want this slot and goes on waiting."""
    desk.workspace.agenda.waitlist.refuse(offer)
    return desk.done(request, "/a-faire", "Le patient attend un autre créneau.")


def _found(desk: Desk, id: str) -> Todo:
    found = desk.workspace.todo.get(id)
    if found is None:
        raise HTTPException(404)
    return found


def _change(desk: Desk, request: Request, me: Account, id: str, version: int, said: str, **changes: Any) -> Response:
    """Write what changes, and offer to undo it where it is done or reopened."""
    before = asdict(_found(desk, id))
    kept = {name: before[name] for name in ("owner", "due", "note", "state")}
    desk.workspace.todo.change(id, version=version, **(kept | changes))
    desk.audit(me, "todo.changed", before["call"], todo=id, state=changes.get("state", before["state"]))
    undo = {"done": f"/a-faire/{id}/rouvrir", "open": f"/a-faire/{id}/fait"}.get(str(changes.get("state")))
    return desk.done(request, "/a-faire", said, undo=undo, version=str(version + 1))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _groups(todos: list[Todo], today: date) -> list[tuple[str, str, list[Todo]]]:
    """Title, badge and rows of each group that has rows."""
    late = [todo for todo in todos if todo.due < today]
    now = [todo for todo in todos if todo.due == today]
    soon = [todo for todo in todos if today < todo.due <= today + timedelta(days=1)]
    later = [todo for todo in todos if todo.due > today + timedelta(days=1)]
    groups = [
        ("En retard", "alert", late),
        ("Aujourd'hui", "doubt", now),
        ("Demain", "", soon),
        ("Plus tard", "", later),
    ]
    return [group for group in groups if group[2]]


def _pairs(desk: Desk) -> list[Any]:
    now = desk.workspace.clock.now()
    return Identities(desk.workspace.connect).unsettled(minute(now), to_utc(now, desk.workspace.rules().zone))


def _offers(desk: Desk, me: Account) -> list[dict[str, Any]]:
    practice, agenda = desk.workspace.rules(), desk.workspace.agenda
    return [
        {
            "id": offer.id,
            "slot": offer.slot,
            "patient": agenda.patient(offer.waiting.patient_id),
            "motive": motive_label(practice, offer.slot.motive, me),
            "practitioner": practice.name_of(offer.slot.practitioner),
        }
        for offer in agenda.waitlist_offers()
    ]
