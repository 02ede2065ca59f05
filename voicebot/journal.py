"""The only door to logs and call events. It has no audio type; logs carry ids and codes, never words or names.

An event is ``{"call", "at", "event", ...}``. Live followers get every event; what is kept follows the practice's
transcript setting: words (``heard``, ``said``) are stored only where a transcript may be kept.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

log = logging.getLogger("voicebot")

FOLLOWER_QUEUE = 1000
"""Events that a slow follower may lag behind; then it is cut off and must start again."""

WORDS = frozenset({"heard", "said"})


class EventStore(Protocol):
    """Where events are kept."""

    def add(self, event: Mapping[str, Any]) -> None:
        """Keep one event."""


class Journal:
    """Records the events of calls and hands them to live followers."""

    def __init__(self, now: Callable[[], datetime], store: EventStore | None = None) -> None:
        self._now = now
        self._store = store
        self._followers: set[asyncio.Queue[dict[str, Any] | None]] = set()

    def record(self, call: str, event: str, *, keep: bool = True, **data: Any) -> None:
        """Record one event of a call. ``keep=False`` shows it to live followers only."""
        entry = {"call": call, "at": self._now().isoformat(timespec="seconds"), "event": event, **data}
        if keep and self._store is not None:
            self._store.add(entry)
        log.debug("call %s: %s", call, event)
        for queue in tuple(self._followers):
            try:
                queue.put_nowait(entry)
            except asyncio.QueueFull:
                self._followers.discard(queue)
                # The oldest event makes room for the end mark: a lagging follower is cut off, never the call.
                with suppress(asyncio.QueueEmpty):
                    queue.get_nowait()
                queue.put_nowait(None)

    def follow(self) -> AsyncIterator[dict[str, Any]]:
        """Every event from this call on, until the follower lags too far or stops."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(FOLLOWER_QUEUE)
        self._followers.add(queue)
        return self._events(queue)

    async def _events(self, queue: asyncio.Queue[dict[str, Any] | None]) -> AsyncIterator[dict[str, Any]]:
        try:
            while (entry := await queue.get()) is not None:
                yield entry
        finally:
            self._followers.discard(queue)
