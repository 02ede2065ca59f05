"""Essayer: talk to the assistant, in text or by the browser's microphone, on a copy of the agenda."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from voicebot.desk.context import Desk
from voicebot.desk.parameters import AnyStaff, TheDesk
from voicebot.desk.patient_page import MAX_SDP
from voicebot.desk.transcript import item_text
from voicebot.errors import VoicebotError
from voicebot.rehearsal import Rehearsal

router = APIRouter()


@router.get("/essayer")
def page(request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """The rehearsal as it stands."""
    return desk.page(request, "try/page.html", **_values(desk, desk.rehearsals.get(me.id)))


@router.post("/essayer/commencer")
async def begin(request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """A new copy of the agenda, and the greeting."""
    await desk.rehearsals.begin(me.id)
    return desk.done(request, "/essayer#dire")


@router.post("/essayer/dire")
async def say(
    request: Request, desk: TheDesk, me: AnyStaff, text: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """What a caller would say."""
    rehearsal = desk.rehearsals.get(me.id) or await desk.rehearsals.begin(me.id)
    await rehearsal.say(text.strip())
    return desk.done(request, "/essayer#dire")


@router.post("/essayer/terminer")
def end(request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """Throw the copy away."""
    desk.rehearsals.close(me.id)
    return desk.done(request, "/essayer", "L'essai est terminé, sa copie de l'agenda est jetée.")


@router.post("/essayer/appel")
async def call(desk: TheDesk, me: AnyStaff, sdp: Annotated[str, Body(embed=True, max_length=MAX_SDP)] = "") -> Response:
    """A WebRTC offer ``{"sdp"}`` → ``{"sdp", "call"}``: a call in sound that books into the copy."""
    try:
        rehearsal = desk.rehearsals.get(me.id) or await desk.rehearsals.begin(me.id)
        answer, call_id = await desk.offer(sdp)
    except VoicebotError as error:
        return JSONResponse({"error": str(error)}, 503)
    # The call connects only once the browser has the answer: it is known as a rehearsal before.
    desk.control.rehearse(call_id, rehearsal.agenda)
    await run_in_threadpool(desk.audit, me, "rehearsal.called")
    return JSONResponse({"sdp": answer, "call": call_id})


def _values(desk: Desk, rehearsal: Rehearsal | None) -> dict[str, Any]:
    practice = desk.workspace.rules()
    if rehearsal is None:
        return {"rehearsal": None}
    changed = [
        {
            "appointment": row,
            "motive": practice.motives[row.slot.motive].label if row.slot.motive in practice.motives else "",
            "practitioner": practice.name_of(row.slot.practitioner),
        }
        for row in rehearsal.changed()
    ]
    lines = [(line, [item_text(kind, value, practice) for kind, value in line.understood]) for line in rehearsal.lines]
    return {"rehearsal": rehearsal, "lines": lines, "changed": changed}
