"""Who may do what at the desk: every route names the roles it is for, and a route that names none does not start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from fastapi import HTTPException, Request

Role = Literal["secretary", "practitioner", "administrator", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)

LABELS: dict[Role, str] = {
    "secretary": "secrétariat",
    "practitioner": "praticien",
    "administrator": "administration",
    "auditor": "contrôle des accès",
}
"""What people read."""

EVERYONE = ROLES


@dataclass(frozen=True)
class Account:
    """A person who may enter the desk."""

    id: str
    login: str
    name: str
    roles: frozenset[Role]
    has_totp: bool = False
    disabled: bool = False
    version: int = 1

    def may(self, *roles: Role) -> bool:
        """Whether one of the roles is this person's."""
        return not self.roles.isdisjoint(roles)

    @property
    def sees_sensitive(self) -> bool:
        """Whether sensitive motives are shown; others read "motif confidentiel"."""
        return self.may("secretary", "practitioner")


class LoginNeededError(Exception):
    """An anonymous visitor asked for a page."""


class Needs:
    """A dependency that returns the current account when it has one of the roles; use :func:`role`."""

    def __init__(self, roles: tuple[Role, ...]) -> None:
        self.roles = roles

    def __call__(self, request: Request) -> Account:
        """The current account. Raises LoginNeededError (→ login page) or HTTPException 403."""
        account = getattr(request.state, "account", None)
        if not isinstance(account, Account):
            raise LoginNeededError
        if not account.may(*self.roles):
            raise HTTPException(403, "Cette page n'est pas ouverte à votre rôle.")
        return account


def role(*roles: Role) -> Needs:
    """``account: Annotated[Account, Depends(role("secretary"))]``: the route is for these roles only."""
    if not roles or not set(roles) <= set(ROLES):
        raise ValueError(f"a route names roles among {', '.join(ROLES)}")
    return Needs(roles)
