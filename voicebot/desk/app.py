"""The desk: calls live and the agenda, behind a login."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from voicebot.cli.setup import Workspace
from voicebot.desk.agenda_view import days
from voicebot.desk.security import COOKIE, SESSION_SECONDS, Door, Next, guard
from voicebot.journal import Journal

HERE = Path(__file__).resolve().parent
PUBLIC = frozenset({"/login"})
"""Paths that an anonymous visitor may ask for; style and script of the login page are under ``/static``."""

EVENTS_KEPT = 400
"""Past events of calls that the page shows when it opens."""


def create_desk(workspace: Workspace, journal: Journal, access_code: str) -> FastAPI:
    """The desk's application. Every path but the login refuses an anonymous visitor."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    templates = Jinja2Templates(HERE / "templates")
    door = Door(access_code)
    name = workspace.practice.name

    @app.middleware("http")
    async def admit(request: Request, call_next: Next) -> Response:
        path = request.url.path
        if path in PUBLIC or path.startswith("/static/") or door.admits(request.cookies.get(COOKIE)):
            return await call_next(request)
        if request.method == "GET" and path == "/":
            return RedirectResponse("/login", 303)
        return HTMLResponse("Connectez-vous d'abord.", 401)

    guard(app)
    app.mount("/static", StaticFiles(directory=HERE / "static"))

    @app.get("/login")
    async def login_page(request: Request) -> HTMLResponse:
        return templates.TemplateResponse(request, "login.html", {"practice": name, "wrong": False, "shut": door.shut})

    @app.post("/login")
    async def login(request: Request, code: Annotated[str, Form(max_length=200)] = "") -> Response:
        session = door.open(code)
        if session is None:
            page = {"practice": name, "wrong": True, "shut": door.shut}
            return templates.TemplateResponse(request, "login.html", page, status_code=403)
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="strict")
        return response

    @app.post("/logout")
    async def logout(request: Request) -> RedirectResponse:
        door.close(request.cookies.get(COOKIE))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE)
        return response

    @app.get("/")
    async def now(request: Request) -> HTMLResponse:
        return templates.TemplateResponse(request, "now.html", {"practice": name, "days": days(workspace)})

    @app.get("/agenda")
    async def agenda(request: Request) -> HTMLResponse:
        return templates.TemplateResponse(request, "agenda.html", {"days": days(workspace)})

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def stream() -> AsyncIterator[str]:
            # The past first, so that a page opened in mid-call shows the whole call.
            for event in workspace.events.recent(EVENTS_KEPT):
                yield f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
            async for event in journal.follow():
                yield f"data: {json.dumps(event, ensure_ascii=False)}\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")

    return app
