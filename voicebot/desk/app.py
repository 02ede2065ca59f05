"""The desk's application: the guard, the session of each request, and one router a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from voicebot.desk import navigation
from voicebot.desk.appointment_form import explained
from voicebot.desk.context import HERE, Desk
from voicebot.desk.pages import ROUTERS
from voicebot.desk.roles import LoginNeededError, Needs
from voicebot.desk.security import Guard
from voicebot.errors import AgendaError, StaleVersionError, UnavailableError, VoicebotError

PUBLIC = frozenset({"/login", "/login/code", "/setup"})
"""Paths that an anonymous visitor may ask for; style and script are under ``/static``."""

LIVE = "/flux"
"""How the address of a stream ends; a page that is merely left open does not keep its session from going idle."""


class CurrentAccount:
    """Finds the account whose session the request carries, before any route runs."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not scope["path"].startswith("/static/"):
            token = HTTPConnection(scope).cookies.get(self._desk.cookie)
            if token:
                account = await run_in_threadpool(self._find, token, not scope["path"].endswith(LIVE))
                if account is not None:
                    scope.setdefault("state", {})["account"] = account
        await self._app(scope, receive, send)

    def _find(self, token: str, touch: bool) -> object:
        session = self._desk.sessions.find(token, touch=touch)
        if session is None or session[1] != "open":
            return None
        account = self._desk.accounts.get(session[0])
        return None if account is None or account.disabled else account


def create_desk(desk: Desk) -> FastAPI:
    """The desk's application. Every route but those of the login refuses an anonymous visitor.

    Raises:
        RuntimeError: a route names no role.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    served: set[str] = set()
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    for route in app.routes:
        if not isinstance(route, APIRoute):
            raise RuntimeError(f"{route!r} is not a plain route: give each router of a page to ROUTERS by itself")
        if route.path not in PUBLIC and not needs(route.dependant):
            raise RuntimeError(f"the route {route.path} names no role: add Depends(role(...)) to it")
        served.add(route.path)
    desk.served = frozenset(served)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.add_middleware(CurrentAccount, desk=desk)
    app.add_middleware(Guard, tls=desk.tls)
    _explain_errors(app, desk)
    return app


def needs(dependant: Dependant) -> list[Needs]:
    """What a route demands of the current account."""
    found = [dependant.call] if isinstance(dependant.call, Needs) else []
    return found + [need for inner in dependant.dependencies for need in needs(inner)]


def _explain_errors(app: FastAPI, desk: Desk) -> None:
    Handler = Callable[[Request, Exception], Awaitable[Response]]

    def page(status: int, title: str, text: str) -> Handler:
        async def answer(request: Request, error: Exception) -> Response:
            said = text or getattr(error, "detail", "") or explained(error)
            return await run_in_threadpool(_error_page, desk, request, status, title, said)

        return answer

    async def login(request: Request, error: Exception) -> Response:
        if request.headers.get("hx-request"):
            return HTMLResponse("Connectez-vous d'abord.", 401, {"HX-Redirect": "/login"})
        if request.method == "GET" and request.headers.get("sec-fetch-mode", "navigate") == "navigate":
            return RedirectResponse("/login", 303)
        return HTMLResponse("Connectez-vous d'abord.", 401)

    async def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException | StarletteHTTPException) else 500
        title, text = TITLES.get(status, ("Cette demande n'a pas pu aboutir", ""))
        return await page(status, title, text)(request, error)

    app.add_exception_handler(LoginNeededError, login)
    app.add_exception_handler(StarletteHTTPException, http)
    app.add_exception_handler(
        RequestValidationError,
        page(422, "Il manque quelque chose", "Un champ est vide ou mal rempli. Revenez en arrière."),
    )
    app.add_exception_handler(StaleVersionError, page(409, "Quelqu'un d'autre vient de le modifier", STALE))
    app.add_exception_handler(AgendaError, page(409, "L'agenda refuse", ""))
    app.add_exception_handler(UnavailableError, page(503, "Momentanément indisponible", ""))
    app.add_exception_handler(VoicebotError, page(400, "Cette demande n'a pas pu aboutir", ""))


STALE = "Rien n'a été écrasé. Revenez à la page pour voir la version actuelle, puis recommencez si besoin."

TITLES = {
    403: ("Accès réservé", ""),
    404: ("Page introuvable", "Cette adresse ne mène à rien, ou ce qu'elle montrait a été effacé."),
    405: ("Page introuvable", "Cette adresse ne s'ouvre pas ainsi. Passez par le menu."),
}


def _error_page(desk: Desk, request: Request, status: int, title: str, text: str) -> Response:
    if getattr(request.state, "account", None) is None:
        return HTMLResponse("Connectez-vous d'abord.", 401)
    here = "/" + request.url.path.split("/")[1]
    back = next((page for page in navigation.PAGES if page.path == here and status != 403), None)
    return desk.page(request, "error.html", status, title=title, text=text, back=back)
