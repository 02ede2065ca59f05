"""The calls in progress as the page "Maintenant" shows them: kept in memory only, from the journal's events."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

LINES_KEPT = 300
"""Lines of one call; the oldest make room."""
ENDED_KEPT = 30
"""Calls that have ended and can still be looked at where they were being followed."""
LOST = "(pas compris)"

LineKind = Literal["heard", "lost", "said", "note"]


@dataclass(frozen=True)
class Line:
    """One thing said or done."""

    kind: LineKind
    text: str


@dataclass
class LiveCall:
    """One call in progress."""

    id: str
    kind: str
    began: datetime
    asks: str | None = None
    offers: tuple[datetime, ...] = ()
    missed: int = 0
    appointment: str | None = None
    ringing: str | None = None
    """The state of a transfer: ``started``, ``ringing``, ``answered`` or ``failed``."""
    outcome: str | None = None
    ended: bool = False
    count: int = 0
    """Lines so far."""
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))

    def take(self, event: Mapping[str, Any]) -> None:
        """One event of this call."""
        match event["event"]:
            case "heard":
                lost = bool(event.get("rejected")) or not event.get("text")
                self.missed += lost
                self._add("lost" if lost else "heard", LOST if lost else str(event["text"]))
            case "said":
                self._add("said", str(event["text"]))
            case "key":
                self._add("note", f"touche {event['digit']}")
            case "instructed":
                self._add("note", f"consigne du poste : {event.get('text', '')}")
            case "asks":
                self.asks = event["asks"]
                self.offers = tuple(datetime.fromisoformat(offer) for offer in event.get("offers", ()))
            case "committed":
                self.appointment = event["appointment"]
                self._add("note", "écrit dans l'agenda")
            case "transfer":
                self.ringing = event.get("state")
            case "outcome":
                self.outcome = event["outcome"]
            case "erased":
                self.lines.clear()
            case "ended":
                self.ended = True

    def since(self, seen: int) -> list[Line]:
        """The lines after the first ``seen``."""
        new = min(self.count - seen, len(self.lines))
        return list(self.lines)[len(self.lines) - new :] if new > 0 else []

    def minutes(self, now: datetime) -> int:
        """How long it has lasted, whole minutes."""
        return max(0, int((now - self.began).total_seconds()) // 60)

    @property
    def last(self) -> Line | None:
        """The last words."""
        return next((line for line in reversed(self.lines) if line.kind != "note"), None)

    def _add(self, kind: LineKind, text: str) -> None:
        self.lines.append(Line(kind, text))
        self.count += 1


class LiveCalls:
    """Every call in progress. Events come in the event loop; pages may read from threads."""

    def __init__(self) -> None:
        self._calls: dict[str, LiveCall] = {}
        self._ended: OrderedDict[str, LiveCall] = OrderedDict()
        self._changed = asyncio.Event()
        self.version = 0
        """Grows with every event."""

    def take(self, event: Mapping[str, Any]) -> None:
        """One event of the journal."""
        call = str(event["call"])
        if event["event"] == "answered":
            began = datetime.fromisoformat(event["at"])
            self._calls[call] = LiveCall(call, str(event.get("kind")), began)
        elif (found := self._calls.get(call)) is not None:
            found.take(event)
            if found.ended:
                self._ended[call] = self._calls.pop(call)
                if len(self._ended) > ENDED_KEPT:
                    self._ended.popitem(last=False)
        else:
            return
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def calls(self) -> list[LiveCall]:
        """Calls in progress: what may be an emergency first, then the longest."""
        return sorted(self._calls.values(), key=lambda call: call.asks != "emergency")

    def get(self, call: str) -> LiveCall | None:
        """A call in progress, or one that has just ended."""
        return self._calls.get(call) or self._ended.get(call)

    def forget(self, call: str) -> None:
        """The words of a call were erased."""
        self._ended.pop(call, None)
        if (found := self._calls.get(call)) is not None:
            found.lines.clear()

    async def change(self, seen: int, within: float) -> None:
        """Wait until something has happened since version ``seen``, or ``within`` that many seconds."""
        if self.version == seen:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), within)
