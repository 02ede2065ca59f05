"""Accounts: one's own (password, second factor), and everyone's for an administrator."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

import pyotp
import segno
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from markupsafe import Markup
from starlette.responses import Response

from voicebot.desk.accounts import DEMO, AccountError, totp_step
from voicebot.desk.context import Desk
from voicebot.desk.parameters import Text, TheDesk
from voicebot.desk.roles import EVERYONE, LABELS, ROLES, Account, Role, role

router = APIRouter()

Me = Annotated[Account, Depends(role(*EVERYONE))]
Administrator = Annotated[Account, Depends(role("administrator"))]


SECRET = re.compile(r"[A-Z2-7]{32}")
"""A secret as this desk draws it (RFC 4648, base32)."""


# --- one's own ---


@router.get("/compte")
def own(request: Request, desk: TheDesk, me: Me) -> Response:
    """One's own account."""
    return _own(request, desk, me)


@router.post("/compte/mot-de-passe")
def change_password(request: Request, desk: TheDesk, me: Me, password: Text = "", new: Text = "") -> Response:
    """Replace one's own password; every other session of the account ends."""
    if pause := desk.lockout.pause(me.login):
        return _own(request, desk, me, 400, error=_wait(pause))
    if desk.accounts.check_password(me.login, password) is None:
        desk.lockout.wrong(me.login)
        return _own(request, desk, me, 400, error="Le mot de passe actuel n'est pas le bon.")
    try:
        desk.accounts.set_password(me.id, new)
    except AccountError as error:
        return _own(request, desk, me, 400, error=str(error))
    desk.sessions.end_all(me.id)
    desk.audit(me, "account.password", me.id)
    return desk.enter(request, desk.done(request, "/compte", "Mot de passe changé."), me)


@router.post("/compte/second-code")
def turn_on(request: Request, desk: TheDesk, me: Me, secret: Text = "", code: Text = "") -> Response:
    """Turn the second factor on, once a first code shows that the telephone has it."""
    if me.has_totp:
        # Whoever finds a desk left open may not put another telephone in the place of this one.
        return _own(request, desk, me, 400, error="Le second code est déjà activé : retirez-le d'abord, avec un code.")
    step = totp_step(secret, code, desk.accounts.now()) if SECRET.fullmatch(secret) else None
    if me.id == DEMO or step is None:
        return _own(
            request,
            desk,
            me,
            400,
            error="Ce code n'est pas le bon : réessayez avec celui qui s'affiche.",
            secret=secret if SECRET.fullmatch(secret) else "",
        )
    desk.accounts.set_totp(me.id, secret, step)
    desk.sessions.end_all(me.id)
    desk.audit(me, "account.totp-on", me.id)
    return desk.enter(request, desk.done(request, "/compte", "Second code activé."), me)


@router.post("/compte/second-code/retirer")
def turn_off(request: Request, desk: TheDesk, me: Me, code: Text = "") -> Response:
    """Turn the second factor off, with a last code."""
    if pause := desk.lockout.pause(me.login):
        return _own(request, desk, me, 400, error=_wait(pause))
    if not desk.accounts.check_totp(me.id, code):
        desk.lockout.wrong(me.login)
        return _own(request, desk, me, 400, error="Ce code n'est pas le bon.")
    desk.lockout.right(me.login)
    desk.accounts.set_totp(me.id, None)
    desk.audit(me, "account.totp-off", me.id)
    return desk.done(request, "/compte", "Second code retiré.")


def _wait(seconds: float) -> str:
    return f"Trop d'essais. Attendez {max(1, round(seconds / 60))} min, puis recommencez."


def _own(
    request: Request, desk: Desk, me: Account, status: int = 200, *, error: str = "", secret: str = ""
) -> Response:
    secret = secret or pyotp.random_base32()
    address = pyotp.TOTP(secret).provisioning_uri(name=me.login, issuer_name=desk.workspace.rules().name)
    # Drawn by segno from its own numbers: nothing that a person typed stands in it as text.
    code = Markup(segno.make(address, error="m").svg_inline(scale=5, border=2, dark="#1d262b", light="#fff"))  # noqa: S704
    fresh = desk.accounts.get(me.id) or me
    labels = [LABELS[key] for key in ROLES if key in fresh.roles]
    return desk.page(request, "accounts/own.html", status, me=fresh, labels=labels, secret=secret, qr=code, error=error)


# --- everyone's ---


@router.get("/comptes")
def everyone(request: Request, desk: TheDesk, me: Administrator) -> Response:
    """Who may enter."""
    return _everyone(request, desk)


@router.post("/comptes")
def add(
    request: Request,
    desk: TheDesk,
    me: Administrator,
    name: Text = "",
    login: Text = "",
    roles: Annotated[list[str], Form()] = [],  # noqa: B006
) -> Response:
    """Make an account with a first password, which is shown once."""
    password = first_password()
    try:
        made = desk.accounts.add(login, name, _roles(roles), password)
    except AccountError as error:
        return _everyone(request, desk, 400, error=str(error), name=name, login=login, roles=roles)
    desk.audit(me, "account.added", made.id, roles=_codes(made))
    return _everyone(request, desk, shown=(made, password))


@router.post("/comptes/{account_id}")
def change(
    account_id: str,
    request: Request,
    desk: TheDesk,
    me: Administrator,
    version: Annotated[int, Form()],
    name: Text = "",
    roles: Annotated[list[str], Form()] = [],  # noqa: B006
    disabled: Annotated[bool, Form()] = False,
) -> Response:
    """Change a name or roles, or shut an account; its sessions end."""
    before = _found(desk, account_id)
    try:
        desk.accounts.change(account_id, name=name, roles=_roles(roles), disabled=disabled, version=version)
    except AccountError as error:
        return _everyone(request, desk, 400, error=str(error))
    after = _found(desk, account_id)
    desk.audit(me, "account.changed", account_id, roles=_codes(after), disabled=after.disabled)
    if account_id != me.id:
        desk.sessions.end_all(account_id)
    undo = {
        "version": str(after.version),
        "name": before.name,
        "roles": _codes(before),
        "disabled": "true" if before.disabled else "false",
    }
    return desk.done(
        request, "/comptes", f"Compte de {after.name} modifié.", undo=f"/comptes/{account_id}/retablir", **undo
    )


@router.post("/comptes/{account_id}/retablir")
def restore(
    account_id: str,
    request: Request,
    desk: TheDesk,
    me: Administrator,
    version: Annotated[int, Form()],
    name: Text = "",
    roles: Text = "",
    disabled: Annotated[bool, Form()] = False,
) -> Response:
    """Undo a change."""
    desk.accounts.change(account_id, name=name, roles=_roles(roles.split(".")), disabled=disabled, version=version)
    desk.audit(me, "account.changed", account_id, roles=roles, disabled=disabled)
    return desk.done(request, "/comptes", "C'est rétabli.")


@router.post("/comptes/{account_id}/mot-de-passe")
def new_password(account_id: str, request: Request, desk: TheDesk, me: Administrator) -> Response:
    """Give a new first password, shown once; the second factor is taken off and the sessions end."""
    account, password = _found(desk, account_id), first_password()
    desk.accounts.set_password(account_id, password)
    desk.accounts.set_totp(account_id, None)
    desk.sessions.end_all(account_id)
    desk.audit(me, "account.password-given", account_id)
    return _everyone(request, desk, shown=(account, password))


def first_password() -> str:
    """Letters that are not mistaken for others, in groups of four: read out or copied without fault."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _everyone(request: Request, desk: Desk, status: int = 200, **values: object) -> Response:
    labels = [(key, LABELS[key]) for key in ROLES]
    return desk.page(request, "accounts/all.html", status, accounts=desk.accounts.all(), labels=labels, **values)


def _found(desk: Desk, account_id: str) -> Account:
    account = desk.accounts.get(account_id)
    if account is None or account.id == DEMO:
        raise HTTPException(404)
    return account


def _roles(names: list[str]) -> list[Role]:
    return [role for role in ROLES if role in names]


def _codes(account: Account) -> str:
    return ".".join(sorted(account.roles))
