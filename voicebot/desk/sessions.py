"""Sessions of the desk: 256 random bits in a cookie, their SHA-256 in the database, a new one at every login."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from time import time
from typing import Literal

from voicebot.database import ConnectionFactory

LONGEST = 12 * 3600
"""A session's whole life, s: one working day."""
IDLE = 2 * 3600
"""After this long without a page asked for, it is over, s."""
CODE_SECONDS = 300
"""How long the second factor may take after the password, s."""
SEEN_EVERY = 60
"""``seen_at`` is written at most this often, s."""

Stage = Literal["code", "open"]


class Sessions:
    """Opens, finds and ends sessions. Threads may share it."""

    def __init__(self, connect: ConnectionFactory, clock: Callable[[], float] = time) -> None:
        self._database = connect()
        self._lock = threading.Lock()
        self._clock = clock

    def open(self, account_id: str, stage: Stage = "open", *, replacing: str | None = None) -> str:
        """A new session's token; ``replacing`` ends the one before it."""
        token, now = secrets.token_urlsafe(32), int(self._clock())
        with self._lock:
            self._database.execute(
                "delete from desk_session where token = ? or opened_at < ? or seen_at < ?",
                [_digest(replacing), now - LONGEST, now - IDLE],
            )
            self._database.execute(
                "insert into desk_session(token, account_id, stage, opened_at, seen_at) values (?, ?, ?, ?, ?)",
                [_digest(token), account_id, stage, now, now],
            )
        return token

    def find(self, token: str | None, *, touch: bool = True) -> tuple[str, Stage] | None:
        """Account and stage of a living session; ``touch`` keeps it from going idle."""
        if not token or len(token) > 100:
            return None
        now = int(self._clock())
        with self._lock:
            found = self._database.execute(
                "select account_id, stage, opened_at, seen_at from desk_session where token = ?", [_digest(token)]
            ).fetchone()
            if found is None:
                return None
            account_id, stage, opened, seen = found
            if now - opened > (LONGEST if stage == "open" else CODE_SECONDS) or now - seen > IDLE:
                return None
            if touch and now - seen >= SEEN_EVERY:
                self._database.execute("update desk_session set seen_at = ? where token = ?", [now, _digest(token)])
        return account_id, stage

    def end(self, token: str | None) -> None:
        """Log out."""
        with self._lock:
            self._database.execute("delete from desk_session where token = ?", [_digest(token)])

    def end_all(self, account_id: str) -> None:
        """Log a person out everywhere: the password or the rights changed."""
        with self._lock:
            self._database.execute("delete from desk_session where account_id = ?", [account_id])

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()


def _digest(token: str | None) -> str:
    return hashlib.sha256((token or "").encode()).hexdigest()
