"""Maintenant: the calls in progress, live; take one over, or tell the assistant what to propose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from voicebot.desk.context import Desk
from voicebot.desk.live import LiveCall
from voicebot.desk.parameters import Staff, TheDesk
from voicebot.desk.patient_page import MAX_SDP
from voicebot.errors import UnavailableError

router = APIRouter()


BEAT = 5.0
"""Durations are brought up to date this often, s; a stream whose session is over ends then."""
PAUSE = 0.4
"""At most one message of each kind in this time, s: many calls at once do not flood a page."""


@router.get("/")
def now(request: Request, desk: TheDesk, me: Staff, appel: str = "") -> Response:
    """The calls in progress, one of them in full."""
    calls = desk.live.calls()
    chosen = desk.live.get(appel) if appel else calls[0] if len(calls) == 1 else None
    if chosen is not None:
        desk.audit(me, "transcript.read", chosen.id)
    elif calls:
        # The list shows the last words of each.
        desk.audit(me, "live.read", None, calls=len(calls))
    return desk.page(request, "now/page.html", **_values(desk, chosen))


@router.get("/maintenant/flux")
async def stream(request: Request, desk: TheDesk, me: Staff, appel: str = "", depuis: int = 0) -> Response:
    """Server-sent events: ``list`` (all calls), ``state`` and ``talk`` (the chosen one's new lines)."""
    token = request.cookies.get(desk.cookie)
    if desk.live.get(appel) is not None:
        await run_in_threadpool(desk.audit_refresh, me, "transcript.read", appel)
    messages = _messages(desk, token, appel, depuis)
    return StreamingResponse(messages, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.post("/maintenant/reprendre")
async def take_over(
    request: Request, desk: TheDesk, me: Staff, call: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """Have the practice's telephone rung for a call: the caller is told, the assistant withdraws."""
    await run_in_threadpool(desk.audit, me, "call.taken-over", call)
    try:
        desk.control.transfer(call, "secretary")
    except UnavailableError:
        return desk.done(request, f"/?appel={call}", CANNOT_RING)
    return desk.done(request, f"/?appel={call}", "L'appelant est prévenu, votre téléphone va sonner.")


@router.post("/maintenant/prendre")
async def take_here(
    desk: TheDesk,
    me: Staff,
    call: Annotated[str, Body(max_length=64)] = "",
    sdp: Annotated[str, Body(max_length=MAX_SDP)] = "",
) -> Response:
    """Take a call over in this browser: a WebRTC offer ``{"call", "sdp"}`` → ``{"sdp"}``; the assistant withdraws."""
    await run_in_threadpool(desk.audit, me, "call.taken-over", call)
    try:
        return JSONResponse({"sdp": await desk.control.join(call, sdp)})
    except UnavailableError as error:
        return JSONResponse({"error": str(error)}, 503)


@router.post("/maintenant/consigne")
async def instruct(
    request: Request,
    desk: TheDesk,
    me: Staff,
    call: Annotated[str, Form(max_length=64)] = "",
    text: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Tell the assistant what to propose; it does so at the caller's next turn."""
    await run_in_threadpool(desk.audit, me, "call.instructed", call)
    try:
        understood = desk.control.instruct(call, text)
    except UnavailableError:
        return desk.done(request, f"/?appel={call}", "Cet appel est terminé.")
    if not understood:
        return desk.done(request, f"/?appel={call}", NOT_UNDERSTOOD)
    return desk.done(request, f"/?appel={call}", "C'est transmis : l'assistant le dira à son prochain tour de parole.")


CANNOT_RING = (
    "Impossible de faire sonner : l'appel est terminé, sonne déjà, ou aucun numéro de secrétariat n'est réglé (Règles)."
)
NOT_UNDERSTOOD = "L'assistant n'a pas compris cette consigne. Dites par exemple « propose jeudi » ou « avec Benali »."


def _values(desk: Desk, chosen: LiveCall | None) -> dict[str, Any]:
    return {"calls": desk.live.calls(), "chosen": chosen, "now": desk.workspace.clock.now()}


async def _messages(desk: Desk, token: str | None, appel: str, seen: int) -> AsyncIterator[str]:
    version, listed, state = -1, "", ""
    opened = desk.live.get(appel)
    # The words of a call that is over are read where they were kept, or not at all.
    seen = opened.count if opened is not None and opened.ended else seen
    while True:
        if await run_in_threadpool(desk.sessions.find, token, touch=False) is None:
            return
        version = desk.live.version
        chosen = desk.live.get(appel) if appel else None
        values = _values(desk, chosen)
        fresh = await run_in_threadpool(desk.fragment, "now/list.html", **values)
        if fresh != listed:
            listed = fresh
            yield _message("list", fresh)
        if chosen is not None:
            if lines := chosen.since(seen):
                seen = chosen.count
                yield _message("talk", await run_in_threadpool(desk.fragment, "now/lines.html", lines=lines))
            fresh = await run_in_threadpool(desk.fragment, "now/state.html", **values)
            if fresh != state:
                state = fresh
                yield _message("state", fresh)
        await asyncio.sleep(PAUSE)
        await desk.live.change(version, BEAT)


def _message(event: str, html: str) -> str:
    """One event; a line break inside the data would end a field (HTML standard, section 9.2.6)."""
    data = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"event: {event}\n{data}\n"
