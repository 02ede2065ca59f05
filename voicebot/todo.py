"""What is left to the practice's staff: call-backs promised by phone, messages, identities to settle.

A promise is never an appointment: it has a table of its own, an owner and a deadline.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from voicebot.database import ConnectionFactory
from voicebot.errors import StaleVersionError

State = Literal["open", "done"]

_SELECT = "select * from todo"


@dataclass(frozen=True)
class Todo:
    """One thing to do."""

    id: str
    call: str | None
    reason: str
    """``CallbackReason`` of the dialogue, or ``other`` when a person wrote it."""
    phone: str | None
    """E.164."""
    birth_name: str | None
    first_name: str | None
    caller_name: str | None
    message: str | None
    promised: bool
    """The caller was told that he will be called."""
    due: date
    owner: str | None
    """Id of the account that has taken it."""
    note: str
    state: State
    created_at: datetime
    done_at: datetime | None
    version: int


class TodoList:
    """Keeps what is to be done. Threads may share it."""

    def __init__(self, connect: ConnectionFactory, now: Callable[[], datetime]) -> None:
        self._database = connect()
        self._lock = threading.Lock()
        self._now = now

    def take(self, event: Mapping[str, Any]) -> None:
        """One event of the journal: a ``callback`` becomes something to do."""
        if event["event"] == "callback":
            self.add(
                call=str(event["call"]),
                reason=str(event["reason"]),
                due=date.fromisoformat(event["by"]),
                phone=event.get("phone"),
                birth_name=event.get("birth_name"),
                first_name=event.get("first_name"),
                caller_name=event.get("caller_name"),
                message=event.get("message"),
                promised=bool(event.get("promised", True)),
            )

    def add(
        self,
        *,
        reason: str,
        due: date,
        call: str | None = None,
        phone: str | None = None,
        birth_name: str | None = None,
        first_name: str | None = None,
        caller_name: str | None = None,
        message: str | None = None,
        promised: bool = False,
        owner: str | None = None,
    ) -> str:
        """Note something to do; returns its id."""
        row = {
            "id": secrets.token_hex(8),
            "call": call,
            "reason": reason,
            "phone": phone,
            "birth_name": birth_name,
            "first_name": first_name,
            "caller_name": caller_name,
            "message": message,
            "promised": int(promised),
            "due": due.isoformat(),
            "owner": owner,
            "created_at": self._now().isoformat(timespec="seconds"),
        }
        with self._lock:
            self._database.table("todo").insert(row)
        return str(row["id"])

    def open(self, limit: int, offset: int = 0) -> list[Todo]:
        """What is to be done, the most urgent first."""
        return self._todos(" where state = 'open' order by due, created_at limit ? offset ?", limit, offset)

    def done(self, limit: int, offset: int = 0) -> list[Todo]:
        """What has been done, the last first."""
        return self._todos(" where state = 'done' order by done_at desc limit ? offset ?", limit, offset)

    def of_call(self, call: str) -> list[Todo]:
        """What one call has left to do."""
        return self._todos(" where call = ? order by created_at", call)

    def get(self, id: str) -> Todo | None:
        """One thing to do."""
        found = self._todos(" where id = ?", id)
        return found[0] if found else None

    def waiting(self, *, most: int = 100) -> int:
        """How many are open, counted up to ``most``."""
        sql = "select count(*) from (select 1 from todo where state = 'open' limit ?)"
        with self._lock:
            return int(self._database.execute(sql, [most]).fetchone()[0])

    def change(
        self,
        id: str,
        *,
        version: int,
        owner: str | None,
        due: date,
        note: str,
        state: State,
    ) -> None:
        """Write what a person decided. Raises StaleVersionError: someone else was faster."""
        done_at = self._now().isoformat(timespec="seconds") if state == "done" else None
        with self._lock:
            changed = self._database.execute(
                "update todo set owner = ?, due = ?, note = ?, state = ?, done_at = ?, version = version + 1"
                " where id = ? and version = ?",
                [owner, due.isoformat(), note, state, done_at, id, version],
            ).rowcount
        if not changed:
            raise StaleVersionError("Quelqu'un d'autre vient de s'en occuper.")

    def remove(self, id: str, *, version: int) -> None:
        """Take back what a person noted by mistake; what a call has left stays. Raises StaleVersionError."""
        with self._lock:
            gone = self._database.execute(
                "delete from todo where id = ? and version = ? and call is null", [id, version]
            ).rowcount
        if not gone:
            raise StaleVersionError("Quelqu'un d'autre vient de s'en occuper.")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()

    def _todos(self, where: str, *values: object) -> list[Todo]:
        with self._lock:
            rows = list(self._database.query(_SELECT + where, list(values)))
        return [_todo(row) for row in rows]


def _todo(row: Mapping[str, Any]) -> Todo:
    return Todo(
        **{
            **row,
            "promised": bool(row["promised"]),
            "due": date.fromisoformat(row["due"]),
            "created_at": datetime.fromisoformat(row["created_at"]),
            "done_at": datetime.fromisoformat(row["done_at"]) if row["done_at"] else None,
        }
    )
