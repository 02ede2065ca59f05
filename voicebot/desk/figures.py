"""The board's figures: counts that the journal's own tables keep (migration 0021), by day, week and hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import get_args

from voicebot.agenda.session import Session
from voicebot.ports import Outcome

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

PRECISION_MS = 50
"""Reply times are kept to the nearest this many ms."""


@dataclass(frozen=True)
class Figures:
    """What happened in a period, both days included."""

    first: date
    last: date
    counts: Mapping[str, int] = field(default_factory=dict)
    """``answered``, ``refused``, ``callback`` (promises), ``turn``, ``missed``, ``outcome:…``, ``reviewed:…``."""
    replies: Mapping[int, int] = field(default_factory=dict)
    """Reply time, ms → how many turns."""
    hours: Mapping[int, int] = field(default_factory=dict)
    """Hour of the day → calls that came in, answered or not: lines are full when most people call."""

    def __getitem__(self, what: str) -> int:
        return self.counts.get(what, 0)

    @property
    def arrived(self) -> int:
        """Calls that came in."""
        return self["answered"] + self["refused"]

    def outcome(self, name: str) -> int:
        """Calls that ended so."""
        return self[f"outcome:{name}"]

    @property
    def unfinished(self) -> int:
        """Calls answered that have no outcome: they are under way, or the service stopped in the middle."""
        return max(0, self["answered"] - sum(self.outcome(name) for name in OUTCOMES))

    def reply_ms(self, share: float) -> int | None:
        """The reply time that ``share`` (0 to 1) of the spoken turns do not exceed, ms; None without turns."""
        total = sum(self.replies.values())
        if not total:
            return None
        seen = 0
        for ms, count in sorted(self.replies.items()):
            seen += count
            if seen >= share * total:
                return ms
        return max(self.replies)


class Board:
    """Reads the counts. Threads may share it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def days(self, first: date, last: date) -> list[Figures]:
        """One entry for each day of a period, empty days too."""
        counts: dict[str, Counter[str]] = {}
        hours: dict[str, Counter[int]] = {}
        replies: dict[str, Counter[int]] = {}
        span = (first.isoformat(), last.isoformat())
        for day, hour, what, n in self._session.tuples(
            "select day, hour, what, n from call_count where day between ? and ?", span
        ):
            counts.setdefault(day, Counter())[what] += n
            if what in ("answered", "refused"):
                hours.setdefault(day, Counter())[hour] += n
        for day, ms, n in self._session.tuples("select day, ms, n from reply_time where day between ? and ?", span):
            replies.setdefault(day, Counter())[ms] += n
        found = []
        day = first
        while day <= last:
            key = day.isoformat()
            found.append(Figures(day, day, counts.get(key, {}), replies.get(key, {}), hours.get(key, {})))
            day += timedelta(days=1)
        return found


def together(figures: Iterable[Figures]) -> Figures:
    """Several periods as one. Raises ValueError when there is none."""
    listed = list(figures)
    if not listed:
        raise ValueError("no figures to put together")
    counts: Counter[str] = Counter()
    replies: Counter[int] = Counter()
    hours: Counter[int] = Counter()
    for one in listed:
        counts.update(one.counts)
        replies.update(one.replies)
        hours.update(one.hours)
    first, last = min(one.first for one in listed), max(one.last for one in listed)
    return Figures(first, last, dict(counts), dict(replies), dict(hours))


def weeks(days: Iterable[Figures]) -> list[Figures]:
    """Days put together by week, from Monday."""
    by_week: dict[date, list[Figures]] = {}
    for one in days:
        by_week.setdefault(one.first - timedelta(days=one.first.weekday()), []).append(one)
    return [together(listed) for listed in by_week.values()]
