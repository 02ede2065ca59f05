"""The journal's rows: events of calls in the encrypted database.

Words are free text, and what a caller says is about health. They are stored as ``heard`` and ``said`` only, which the
journal hands over where a transcript is kept; any other event is stored as codes, ids, counts and times, so that no
sentence slips in beside. A call-back that was promised names whom to call.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from voicebot.database import ConnectionFactory
from voicebot.journal import WORDS

NAMED = {"callback": frozenset({"birth_name", "first_name", "caller_name", "message"})}
"""Fields that may hold more than a code: whom to call back, and the message that was left for the practice."""

CODE = re.compile(r"[A-Za-z0-9_.:+/-]{0,64}")
"""An id, a code, a number or a time."""


class Events:
    """Keeps and reads events of calls. Threads may share it."""

    def __init__(self, connect: ConnectionFactory) -> None:
        self._database = connect()
        self._lock = threading.Lock()

    def add(self, event: Mapping[str, Any]) -> None:
        """Keep one event."""
        kind = str(event["event"])
        rest = {
            key: value
            for key, value in event.items()
            if key not in ("call", "at", "event") and (kind in WORDS or key in NAMED.get(kind, ()) or _is_code(value))
        }
        row = (event["call"], event["at"], event["event"], json.dumps(rest, ensure_ascii=False))
        with self._lock:
            self._database.execute("insert into call_event (call, at, event, data) values (?, ?, ?, ?)", row)

    def recent(self, limit: int) -> list[dict[str, Any]]:
        """The last ``limit`` events, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "select call, at, event, data from call_event order by id desc limit ?", [limit]
            ).fetchall()
        return [{"call": call, "at": at, "event": event, **json.loads(data)} for call, at, event, data in rows[::-1]]

    def erase_words(self, call: str) -> None:
        """Delete what was heard and said in one call; its outcome stays."""
        with self._lock:
            self._database.execute(
                "delete from call_event where call = ? and event in ('heard', 'said', 'understood')", [call]
            )

    def of_call(self, call: str) -> list[dict[str, Any]]:
        """The events of one call, oldest first. Whoever shows them records the reading in the audit trail."""
        with self._lock:
            rows = self._database.execute(
                "select call, at, event, data from call_event where call = ? order by id", [call]
            ).fetchall()
        return [{"call": call, "at": at, "event": event, **json.loads(data)} for call, at, event, data in rows]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()


def _is_code(value: Any) -> bool:
    if isinstance(value, str):
        return CODE.fullmatch(value) is not None
    if isinstance(value, list | tuple):
        return all(_is_code(item) for item in value)
    return value is None or isinstance(value, bool | int | float)
