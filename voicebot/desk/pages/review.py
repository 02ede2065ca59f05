"""À relire: finished calls, doubt first; heard, understood and done side by side; mark, correct, erase."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voicebot.call_log import Summary, Verdict
from voicebot.desk import verdicts
from voicebot.desk.bookings import standing
from voicebot.desk.context import Desk, new_key
from voicebot.desk.dates import read_date
from voicebot.desk.labels import labels, motive_label
from voicebot.desk.parameters import Staff, TheDesk
from voicebot.desk.roles import Account
from voicebot.desk.transcript import turns
from voicebot.vault.masking import Masking

router = APIRouter()

View = Literal["a-relire", "relus", "tous"]
Word = Annotated[str, Form(max_length=300)]

ON_A_PAGE = 40
"""Calls in one list."""


@dataclass(frozen=True)
class Place:
    """Where in the calls someone is."""

    vue: View
    page: int = 1
    until: date | None = None
    """The day from which the list of all calls goes back."""

    def query(self, page: int | None = None) -> str:
        """The same place, or another page of it, as an address has it."""
        return f"vue={self.vue}&page={page or self.page}" + (f"&jour={self.until}" if self.until else "")


def _place(vue: View = "a-relire", page: int = 1, jour: str = "") -> Place:
    return Place(vue, min(max(page, 1), 100_000), read_date(jour) if vue == "tous" else None)


Where = Annotated[Place, Depends(_place)]


@router.get("/relire")
def listed(request: Request, desk: TheDesk, me: Staff, place: Where) -> Response:
    """The list alone."""
    return desk.page(request, "review/page.html", chosen=None, **_list(desk, place))


@router.get("/relire/{call}")
def one(call: str, request: Request, desk: TheDesk, me: Staff, place: Where) -> Response:
    """One call beside the list. The reading is written to the audit trail before anything is shown."""
    summary = _found(desk, call)
    desk.audit(me, "transcript.read", call)
    return desk.page(request, "review/page.html", chosen=summary, **_list(desk, place), **_detail(desk, me, summary))


@router.post("/relire/{call}/avis")
async def mark(
    call: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    version: Annotated[int, Form()],
    verdict: Annotated[Verdict, Form()],
    reason: Word = "",
    note: Word = "",
    vue: Annotated[View, Form()] = "a-relire",
) -> Response:
    """Right or wrong, and why; then the next call that waits."""
    summary = await run_in_threadpool(_found, desk, call)
    why = (reason if reason in labels()["wrong"] else "other") if verdict == "wrong" else None
    following = await run_in_threadpool(_next, desk, call, vue)
    await verdicts.give(desk, me, replace(summary, version=version), verdict, why, note.strip() or None)
    said = "Appel noté juste." if verdict == "right" else "Appel noté faux."
    path = f"/relire/{following}?vue={vue}" if following else f"/relire?vue={vue}"
    return desk.done(request, path, said, undo=f"/relire/{call}/avis/retirer", version=str(version + 1))


@router.post("/relire/{call}/avis/retirer")
async def unmark(call: str, request: Request, desk: TheDesk, me: Staff, version: Annotated[int, Form()]) -> Response:
    """Take a verdict back."""
    summary = await run_in_threadpool(_found, desk, call)
    await verdicts.give(desk, me, replace(summary, version=version), None, None, None)
    if summary.verdict is None:
        return desk.done(request, f"/relire/{call}")
    before = {"verdict": summary.verdict, "reason": summary.reason or "", "note": summary.note or ""}
    return desk.done(
        request,
        f"/relire/{call}",
        "L'avis est retiré.",
        undo=f"/relire/{call}/avis",
        version=str(version + 1),
        **before,
    )


@router.post("/relire/{call}/effacer")
def erase(call: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """Delete what the call left, at once, and show the receipt."""
    receipt = desk.workspace.vault.erase_call(call, actor=f"user:{me.id}")
    desk.live.forget(call)
    return desk.page(request, "review/erased.html", receipt=receipt)


def _found(desk: Desk, call: str) -> Summary:
    summary = desk.workspace.call_log.get(call)
    if summary is None:
        raise HTTPException(404)
    return summary


def _list(desk: Desk, place: Place) -> dict[str, Any]:
    log = desk.workspace.call_log
    # One more than is shown says whether there is a next page, without counting them all.
    limit, offset = ON_A_PAGE + 1, (place.page - 1) * ON_A_PAGE
    match place.vue:
        case "a-relire":
            found = log.to_review(limit, offset)
        case "relus":
            found = log.reviewed(limit, offset)
        case "tous":
            found = log.ended(limit, offset, until=place.until)
    return {
        "vue": place.vue,
        "place": place,
        "number": place.page,
        "calls": found[:ON_A_PAGE],
        "more": len(found) > ON_A_PAGE,
        "today": desk.workspace.clock.now().date().isoformat(),
    }


def _next(desk: Desk, call: str, vue: View) -> str | None:
    calls = [summary.call for summary in cast("list[Summary]", _list(desk, Place(vue))["calls"])]
    if call in calls:
        place = calls.index(call)
        return next(iter(calls[place + 1 :] or calls[:place]), None)
    return calls[0] if calls else None


def _detail(desk: Desk, me: Account, summary: Summary) -> dict[str, Any]:
    practice = desk.workspace.rules()
    appointment = standing(desk.workspace.agenda, summary.appointment)
    masking = Masking(practice.motives, sees_sensitive=me.sees_sensitive)
    told = turns(map(masking.event, desk.workspace.events.of_call(summary.call)), practice)
    reviewer = desk.accounts.get(summary.reviewer) if summary.reviewer else None
    return {
        "turns": told,
        "words": any(turn.heard or turn.said for turn in told),
        "appointment": appointment,
        "motive": motive_label(practice, appointment.slot.motive, me) if appointment else "",
        "practitioner": practice.name_of(appointment.slot.practitioner) if appointment else "",
        "motives": [(motive.id, motive_label(practice, motive.id, me)) for motive in practice.motives.values()],
        "practitioners": [(id, practice.name_of(id)) for id in practice.practitioners],
        "todos": desk.workspace.todo.of_call(summary.call),
        "wrong": labels()["wrong"],
        "reviewer": reviewer.name if reviewer else "",
        "key": new_key(),
    }
