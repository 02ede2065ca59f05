"""The only door to logs and call events. It has no audio type; logs carry ids and codes, never words or names.

An event is ``{"call", "at", "event", ...}``. Live followers get every event; what is kept follows the practice's
transcript setting: words (``heard``, ``said``) are stored only where a transcript may be kept, and a refusal in the
middle of a call deletes at once those that were kept of it.
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

WORDS = frozenset({"heard", "said", "understood"})


class EventStore(Protocol):
    """Where events are kept."""

    def add(self, event: Mapping[str, Any]) -> None:
        """Keep one event."""

    def erase_words(self, call: str) -> None:
        """Delete what was heard and said in one call."""


class Journal:
    """Records the events of calls and hands them to live followers."""

    def __init__(self, now: Callable[[], datetime], store: EventStore | None = None) -> None:
        self._now = now
        self._store = store
        self._followers: set[asyncio.Queue[dict[str, Any] | None]] = set()
        self._listeners: list[Callable[[Mapping[str, Any]], None]] = []
        self._kept: set[str] = set()
        """Calls under way of which words are stored."""

    def record(self, call: str, event: str, *, keep: bool = True, **data: Any) -> None:
        """Record one event of a call. ``keep=False`` shows it to live followers only."""
        entry = {"call": call, "at": self._now().isoformat(timespec="seconds"), "event": event, **data}
        if self._store is not None:
            if event in WORDS:
                self._words(self._store, call, keep=keep)
            elif event == "ended":
                self._kept.discard(call)
            if keep:
                self._store.add(entry)
        for listener in self._listeners:
            listener(entry)
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

    def _words(self, store: EventStore, call: str, *, keep: bool) -> None:
        """Words that may not be kept, after some that were: the caller has refused meanwhile."""
        if keep:
            self._kept.add(call)
        elif call in self._kept:
            store.erase_words(call)
            self._kept.discard(call)

    def listen(self, listener: Callable[[Mapping[str, Any]], None]) -> None:
        """Have every event from now on given to ``listener``, at once and in order; it takes no longer than a write."""
        self._listeners.append(listener)

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
