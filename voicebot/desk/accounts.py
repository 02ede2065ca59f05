"""The desk's accounts: passwords by argon2id (RFC 9106), a second factor by TOTP (RFC 6238)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from time import time
from typing import Any, cast

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from voicebot.database import ConnectionFactory
from voicebot.desk.roles import ROLES, Account, Role
from voicebot.errors import StaleVersionError, VoicebotError

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
DEMO = "demo"
"""The account of the demonstration: it has no password and enters by the terminal's code alone."""

_SELECT = (
    "select id, login, name, roles, password, totp_secret is not null as has_totp, disabled, version from desk_account"
)


class AccountError(VoicebotError):
    """An account cannot be made or changed so; the message is shown to the person, in French."""


class Accounts:
    """Keeps the accounts. Threads may share it."""

    def __init__(self, connect: ConnectionFactory, clock: Callable[[], float] = time) -> None:
        self._database = connect()
        self._lock = threading.Lock()
        self._clock = clock
        self._hasher = PasswordHasher()
        # Verified when the login is unknown, so that the answer takes as long.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    # --- reading ---

    def all(self) -> list[Account]:
        """Everyone but the demonstration, by name."""
        found = self._rows(_SELECT + " where id <> ? order by name collate nocase", DEMO)
        return [_account(row) for row in found]

    def get(self, account_id: str) -> Account | None:
        """One account."""
        found = self._rows(_SELECT + " where id = ?", account_id)
        return _account(found[0]) if found else None

    def first_run(self) -> bool:
        """Whether no administrator can enter yet."""
        return not self._administrators()

    def now(self) -> float:
        """Seconds since the epoch, for codes that change with time."""
        return self._clock()

    # --- entering ---

    def check_password(self, login: str, password: str) -> Account | None:
        """The account whose login and password these are; it takes as long when there is none."""
        found = self._rows(_SELECT + " where login = ? and disabled = 0", login.strip())
        stored = (found[0]["password"] if found else None) or self._nobody
        try:
            self._hasher.verify(stored, password[:LONGEST_PASSWORD])
        except (Argon2Error, InvalidHashError):
            return None
        if not found or stored is self._nobody:
            return None
        if self._hasher.check_needs_rehash(stored):
            self._execute("update desk_account set password = ? where id = ?", self._hash(password), found[0]["id"])
        return _account(found[0])

    def check_totp(self, account_id: str, code: str) -> bool:
        """Whether ``code`` is the second factor's now (one step of 30 s either way); a code serves once."""
        found = self._rows("select totp_secret, totp_step from desk_account where id = ? and disabled = 0", account_id)
        if not found or not found[0]["totp_secret"]:
            return False
        step = totp_step(found[0]["totp_secret"], code, self._clock())
        if step is None:
            return False
        # The condition in the statement lets one of two simultaneous uses of a code through.
        return self._execute(
            "update desk_account set totp_step = ? where id = ? and totp_step < ?", step, account_id, step
        )

    # --- changing ---

    def add(self, login: str, name: str, roles: Iterable[Role], password: str) -> Account:
        """Make an account. Raises AccountError."""
        login, name = _checked(login, name)
        chosen = _roles(roles)
        check_strength(password, login)
        account_id = secrets.token_hex(8)
        with self._lock:
            taken = self._database.execute("select 1 from desk_account where login = ?", [login]).fetchone()
            if taken:
                raise AccountError(f"L'identifiant « {login} » est déjà pris.")
            self._database.execute(
                "insert into desk_account(id, login, name, roles, password, created_at) values (?, ?, ?, ?, ?, ?)",
                [account_id, login, name, " ".join(chosen), self._hash(password), int(self._clock())],
            )
        return cast(Account, self.get(account_id))

    def demonstration(self) -> Account:
        """The demonstration's account, made when it is not there."""
        self._execute(
            "insert or ignore into desk_account(id, login, name, roles, created_at) values (?, ?, ?, ?, ?)",
            *(DEMO, DEMO, "Démonstration", " ".join(ROLES), int(self._clock())),
        )
        return cast(Account, self.get(DEMO))

    def change(self, account_id: str, *, name: str, roles: Iterable[Role], disabled: bool, version: int) -> None:
        """Change what an administrator may. Raises AccountError, StaleVersionError.

        The last administrator who can enter stays one.
        """
        _, name = _checked("x", name)
        chosen = _roles(roles)
        if (disabled or "administrator" not in chosen) and self._administrators() == [account_id]:
            raise AccountError("C'est le dernier compte d'administration : donnez d'abord ce rôle à quelqu'un d'autre.")
        if not self._execute(
            "update desk_account set name = ?, roles = ?, disabled = ?, version = version + 1"
            " where id = ? and version = ?",
            *(name, " ".join(chosen), int(disabled), account_id, version),
        ):
            raise StaleVersionError("Ce compte a changé entre-temps : relisez-le, puis recommencez.")

    def set_password(self, account_id: str, password: str) -> None:
        """Replace a password. Raises AccountError."""
        account = self.get(account_id)
        check_strength(password, account.login if account else "")
        self._execute("update desk_account set password = ? where id = ?", self._hash(password), account_id)

    def set_totp(self, account_id: str, secret: str | None, step: int = 0) -> None:
        """Turn the second factor on with this secret, or off; the code of ``step``, which showed it, has served."""
        self._execute("update desk_account set totp_secret = ?, totp_step = ? where id = ?", secret, step, account_id)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()

    def _administrators(self) -> list[str]:
        found = self._rows("select id, roles from desk_account where disabled = 0 and id <> ?", DEMO)
        return [row["id"] for row in found if "administrator" in row["roles"].split()]

    def _hash(self, password: str) -> str:
        return self._hasher.hash(password[:LONGEST_PASSWORD])

    def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._database.query(sql, list(values)))

    def _execute(self, sql: str, *values: object) -> bool:
        """Run one statement; whether it changed a row."""
        with self._lock:
            return int(self._database.execute(sql, list(values)).rowcount) > 0


def totp_step(secret: str, code: str, now: float) -> int | None:
    """The 30 s step whose code this is, among the current one and its neighbours (RFC 6238, section 5.2)."""
    typed = "".join(code.split())
    totp = pyotp.TOTP(secret)
    for offset in (0, -1, 1):
        step = int(now) // totp.interval + offset
        if secrets.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def check_strength(password: str, login: str) -> None:
    """Refuse a password that is short or obvious (NIST SP 800-63B: length counts, composition rules do not)."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError(
            f"Choisissez au moins {SHORTEST_PASSWORD} caractères : une phrase courte convient très bien."
        )
    if len(password) > LONGEST_PASSWORD:
        raise AccountError(f"Choisissez au plus {LONGEST_PASSWORD} caractères.")
    if len(set(password)) < 5 or (login and login.casefold() in password.casefold() and len(login) > 5):
        raise AccountError("Ce mot de passe se devine trop facilement : choisissez une phrase à vous.")


def _checked(login: str, name: str) -> tuple[str, str]:
    login, name = " ".join(login.split()), " ".join(name.split())
    if not 1 <= len(login) <= 60 or not name or len(name) > 100:
        raise AccountError("Donnez un nom et un identifiant (60 caractères au plus).")
    return login, name


def _roles(roles: Iterable[Role]) -> list[Role]:
    chosen = [role for role in ROLES if role in set(roles)]
    if not chosen:
        raise AccountError("Choisissez au moins un rôle.")
    return chosen


def _account(row: dict[str, Any]) -> Account:
    return Account(
        row["id"],
        row["login"],
        row["name"],
        frozenset(cast("list[Role]", row["roles"].split())),
        bool(row["has_totp"]),
        bool(row["disabled"]),
        row["version"],
    )
