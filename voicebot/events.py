"""The journal's rows: events of calls in the encrypted database."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from voicebot.database import ConnectionFactory


class Events:
    """Keeps and reads events of calls. Threads may share it."""

    def __init__(self, connect: ConnectionFactory) -> None:
        self._database = connect()
        self._lock = threading.Lock()

    def add(self, event: Mapping[str, Any]) -> None:
        """Keep one event."""
        rest = {key: value for key, value in event.items() if key not in ("call", "at", "event")}
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
            self._database.execute("delete from call_event where call = ? and event in ('heard', 'said')", [call])

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()
