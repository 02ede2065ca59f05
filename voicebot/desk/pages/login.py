"""Entering the desk: the first administrator, password, second factor, and leaving."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from voicebot.desk.accounts import AccountError
from voicebot.desk.context import Desk
from voicebot.desk.parameters import Text, TheDesk
from voicebot.desk.roles import EVERYONE, LABELS, Account, Role, role

router = APIRouter()


WRONG = "Identifiant ou mot de passe incorrect."
WRONG_CODE = "Ce code n'est pas le bon."
FIRST_ROLES: tuple[Role, ...] = ("secretary", "practitioner", "auditor")
"""What a first administrator may be besides."""


@router.get("/login")
def login_page(request: Request, desk: TheDesk) -> Response:
    """The login; on the first run, the making of an administrator."""
    if isinstance(account := getattr(request.state, "account", None), Account):
        return RedirectResponse(desk.home(account), 303)
    if not desk.demo and desk.accounts.first_run():
        return RedirectResponse("/setup", 303)
    return desk.page(request, "login/login.html", demo=desk.demo)


@router.post("/login")
def log_in(request: Request, desk: TheDesk, login: Text = "", password: Text = "", code: Text = "") -> Response:
    """Enter with login and password, or the demonstration with its code."""
    name = "code" if code and desk.demo else login
    if pause := desk.lockout.pause(name):
        return _refused(desk, request, _wait(pause), login)
    if code and desk.demo:
        account = desk.accounts.demonstration() if _same(code, desk.access_code) else None
    else:
        account = desk.accounts.check_password(login, password)
    if account is None:
        desk.lockout.wrong(name)
        pause = desk.lockout.pause(name)
        return _refused(desk, request, _wait(pause) if pause else WRONG_CODE if code else WRONG, login)
    if account.has_totp:
        # The count of wrong guesses goes on until the second factor is right too.
        return desk.enter(request, RedirectResponse("/login/code", 303), account, stage="code")
    return _entered(desk, request, account, name)


@router.get("/login/code")
def code_page(request: Request, desk: TheDesk) -> Response:
    """Where the second factor is typed."""
    if _half_way(desk, request) is None:
        return RedirectResponse("/login", 303)
    return desk.page(request, "login/code.html")


@router.post("/login/code")
def second_factor(request: Request, desk: TheDesk, code: Text = "") -> Response:
    """The second factor, after the password."""
    account = _half_way(desk, request)
    if account is None:
        return RedirectResponse("/login", 303)
    if pause := desk.lockout.pause(account.login):
        return desk.page(request, "login/code.html", 403, error=_wait(pause))
    if not desk.accounts.check_totp(account.id, code):
        desk.lockout.wrong(account.login)
        return desk.page(request, "login/code.html", 403, error=WRONG_CODE)
    return _entered(desk, request, account, account.login)


@router.get("/setup")
def setup_page(request: Request, desk: TheDesk) -> Response:
    """The first run: who is the administrator?"""
    if not desk.accounts.first_run():
        return RedirectResponse("/login", 303)
    return desk.page(request, "login/setup.html", roles=[(key, LABELS[key]) for key in FIRST_ROLES])


@router.post("/setup")
def set_up(
    request: Request,
    desk: TheDesk,
    code: Text = "",
    name: Text = "",
    login: Text = "",
    password: Text = "",
    also: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:
    """Make the first administrator with the terminal's code, which then serves no more."""
    if not desk.accounts.first_run():
        return RedirectResponse("/login", 303)
    typed = {"name": name, "login": login, "roles": [(key, LABELS[key]) for key in FIRST_ROLES], "also": also}
    if pause := desk.lockout.pause("code"):
        return desk.page(request, "login/setup.html", 403, error=_wait(pause), **typed)
    if not _same(code, desk.access_code):
        desk.lockout.wrong("code")
        return desk.page(request, "login/setup.html", 403, error=WRONG_CODE, **typed)
    more = [key for key in FIRST_ROLES if key in also]
    try:
        account = desk.accounts.add(login, name, ("administrator", *more), password)
    except AccountError as error:
        return desk.page(request, "login/setup.html", 400, error=str(error), **typed)
    return _entered(desk, request, account, "code")


@router.post("/logout")
def log_out(request: Request, desk: TheDesk, account: Annotated[Account, Depends(role(*EVERYONE))]) -> Response:
    """End the session."""
    desk.sessions.end(request.cookies.get(desk.cookie))
    desk.audit(account, "logout")
    response = RedirectResponse("/login", 303)
    response.delete_cookie(desk.cookie)
    return response


def _entered(desk: Desk, request: Request, account: Account, name: str) -> Response:
    desk.lockout.right(name)
    desk.audit(account, "login")
    return desk.enter(request, RedirectResponse(desk.home(account), 303), account)


def _half_way(desk: Desk, request: Request) -> Account | None:
    session = desk.sessions.find(request.cookies.get(desk.cookie))
    account = desk.accounts.get(session[0]) if session is not None and session[1] == "code" else None
    return account if account is not None and not account.disabled else None


def _refused(desk: Desk, request: Request, error: str, login: str) -> Response:
    return desk.page(request, "login/login.html", 403, demo=desk.demo, error=error, login=login)


def _wait(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"Trop d'essais. Attendez {minutes} minute{'s' if minutes > 1 else ''}, puis recommencez."


def _same(typed: str, code: str) -> bool:
    return hmac.compare_digest(typed.strip().encode(), code.encode())
