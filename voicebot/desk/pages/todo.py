"""À faire: call-backs with an owner and a deadline, identities to settle, freed slots to offer. Never appointments."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import Response

from voicebot.agenda.rows import minute
from voicebot.desk.context import Desk, new_key
from voicebot.desk.dates import read_date
from voicebot.desk.identities import Pair
from voicebot.desk.pages import waiting
from voicebot.desk.parameters import Staff, TheDesk
from voicebot.desk.roles import Account
from voicebot.french.phones import read_phone
from voicebot.practice.localtime import to_utc
from voicebot.todo import State, Todo

router = APIRouter()

Word = Annotated[str, Form(max_length=500)]
Number = Annotated[int, Form()]

ON_A_PAGE = 60


@router.get("/a-faire")
def page(
    request: Request, desk: TheDesk, me: Staff, vue: Literal["ouvert", "fait"] = "ouvert", page: int = 1
) -> Response:
    """What is to be done, or what has been done."""
    return _shown(request, desk, me, vue, page)


def _shown(
    request: Request,
    desk: Desk,
    me: Account,
    vue: Literal["ouvert", "fait"] = "ouvert",
    page: int = 1,
    *,
    wrong: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    todo, number = desk.workspace.todo, min(max(page, 1), 10_000)
    read = todo.open if vue == "ouvert" else todo.done
    found = read(ON_A_PAGE + 1, (number - 1) * ON_A_PAGE)
    today = desk.workspace.clock.now().date()
    desk.audit(me, "todo.read")
    values: dict[str, Any] = {
        "vue": vue,
        "number": number,
        "more": len(found) > ON_A_PAGE,
        "groups": _groups(found[:ON_A_PAGE], today) if vue == "ouvert" else [("Faits", "", found[:ON_A_PAGE])],
        "owners": {one.id: one.name for one in [*desk.accounts.all(), me]},
        "today": today,
    }
    if vue == "ouvert" and number == 1:
        values |= {"pairs": _pairs(desk), **waiting.shown(desk, me)}
    values |= {"wrong": wrong, "typed": typed or {}}
    return desk.page(request, "todo/page.html", 422 if wrong else 200, key=new_key(), **values)


@router.post("/a-faire")
def add(request: Request, desk: TheDesk, me: Staff, message: Word = "", phone: Word = "", due: Word = "") -> Response:
    """Note something by hand."""
    day = read_date(due) or desk.workspace.clock.now().date()
    number = read_phone(phone).e164 if phone.strip() else None
    if phone.strip() and number is None:
        wrong = "Ce numéro n'est pas complet. Écrivez-le en entier, par exemple 06 39 98 01 01."
        return _shown(request, desk, me, wrong=wrong, typed={"message": message, "phone": phone, "due": due})
    if not message.strip() and number is None:
        return _shown(request, desk, me, wrong="Écrivez ce qu'il y a à faire, ou un numéro.", typed={"due": due})
    made = desk.workspace.todo.add(reason="other", due=day, phone=number, message=message.strip() or None, owner=me.id)
    desk.audit(me, "todo.added", None, todo=made)
    return desk.done(request, f"/a-faire#t-{made}", "C'est noté.", undo=f"/a-faire/{made}/retirer", version="1")


@router.post("/a-faire/{id}/retirer")
def remove(id: str, request: Request, desk: TheDesk, me: Staff, version: Number) -> Response:
    """It was noted by mistake."""
    desk.workspace.todo.remove(id, version=version)
    desk.audit(me, "todo.removed", None, todo=id)
    return desk.done(request, "/a-faire", "La note est retirée.")


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
    changes = _asked(desk, me, id, due, note, owner)
    return _change(desk, request, me, id, version, "C'est noté.", **changes)


@router.post("/a-faire/{id}/remettre")
def put_back(
    id: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    version: Number,
    state: Annotated[State, Form()],
    due: Word = "",
    note: Word = "",
    owner: Word = "",
) -> Response:
    """Undo a change: everything as it was before it."""
    changes = _asked(desk, me, id, due, note, owner)
    return _change(desk, request, me, id, version, "C'est remis comme avant.", state=state, **changes)


def _found(desk: Desk, id: str) -> Todo:
    found = desk.workspace.todo.get(id)
    if found is None:
        raise HTTPException(404)
    return found


def _change(desk: Desk, request: Request, me: Account, id: str, version: int, said: str, **changes: Any) -> Response:
    """Write what changes, and offer to undo it."""
    before = asdict(_found(desk, id))
    kept = {name: before[name] for name in ("owner", "due", "note", "state")}
    desk.workspace.todo.change(id, version=version, **(kept | changes))
    state = changes.get("state", before["state"])
    desk.audit(me, "todo.changed", before["call"], todo=id, state=state)
    undo = {name: str(value or "") for name, value in kept.items()}
    # Who goes down a long list stays where he is in it.
    place = f"/a-faire#t-{id}" if state == "open" else "/a-faire"
    return desk.done(request, place, said, undo=f"/a-faire/{id}/remettre", version=str(version + 1), **undo)


def _asked(desk: Desk, me: Account, id: str, due: str, note: str, owner: str) -> dict[str, Any]:
    known = {one.id for one in desk.accounts.all()} | {me.id}
    return {
        "due": read_date(due) or _found(desk, id).due,
        "note": note.strip(),
        "owner": owner if owner in known else None,
    }


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


def _pairs(desk: Desk) -> list[Pair]:
    now = desk.workspace.clock.now()
    return desk.identities.unsettled(minute(now), to_utc(now, desk.workspace.rules().zone))
