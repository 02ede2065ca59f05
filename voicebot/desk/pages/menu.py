"""The navigation of an open page: what waits is counted again, and a list that has changed says so."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from voicebot.desk import navigation
from voicebot.desk.parameters import TheDesk
from voicebot.desk.roles import EVERYONE, Account, role

router = APIRouter()


@router.get("/menu/flux")
def counts(
    request: Request,
    desk: TheDesk,
    me: Annotated[Account, Depends(role(*EVERYONE))],
    page: str = "",
    vu: int = 0,
) -> Response:
    """The counts, for htmx to put in their places; asked for every few seconds, it keeps no session from going idle.

    Args:
        page: the list that is open, if one is.
        vu: its count when it was read.
    """
    counted = desk.counts()
    entries = navigation.entries(me, "/", desk.served, counted)
    changed = any(entry.path == page and entry.count != vu for entry in entries)
    return HTMLResponse(desk.fragment("counts.html", entries=entries, page=page, changed=changed))
