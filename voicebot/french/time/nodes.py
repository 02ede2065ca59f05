"""The values that the grammar builds: sets of days, sets of minutes, and both at once.

Sets are bit masks in plain integers: bit *i* of a set of days is the *i*-th day from today, bit *m* of a set of minutes
is the *m*-th minute of the day. Union, intersection and difference are then single operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from voicebot.french.time.settings import DAY, HORIZON_DAYS, WhenSettings

SIZE = HORIZON_DAYS
ALL_DAYS = (1 << SIZE) - 1
ALL_MINUTES = (1 << DAY) - 1

DayKind = Literal["weekday", "date", "span", "every"]


Within = tuple[tuple[int, int] | None, tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Days:
    """A set of days."""

    mask: int
    kind: DayKind
    near: int = 0
    """For a bare weekday, the coming one; the mask then holds every such weekday."""
    first: date | None = None
    last: date | None = None
    within: Within = (None, None)
    """For a span bounded by bare weekdays: (weekday, shift) of each bound, counted anew inside another span."""
    wide: int = 0
    """The week of a day that was counted in weeks: what a weekday beside it selects from."""

    @property
    def alone(self) -> int:
        """The days when nothing else constrains them."""
        return self.near or self.mask


@dataclass(frozen=True, slots=True)
class Hours:
    """A set of minutes of the day."""

    mask: int
    kind: Literal["point", "range", "part", "any", "daytime"]
    other: int = 0
    """The same said for the other half of the day: « huit heures » may be 20:00 beside « le soir »."""
    lenient: int = 0
    """What a part of the day may be beside a clock time."""
    article: bool = False
    vague: bool = False
    """Said bare, it may as well be before the doors open as after they close (« sept heures »)."""
    first: int = 0
    last: int = DAY
    """Half-open bounds, minutes."""


@dataclass(frozen=True, slots=True)
class Exact:
    """Minutes of given days (one mask a day), for instance an offer that was picked."""

    masks: tuple[int, ...]
    filters: bool = False
    """Whether it narrows whatever else was said (« plus tard ») rather than naming a time itself."""


def minutes(first: int, last: int) -> int:
    """The set of minutes ``first`` to ``last`` (exclusive), cut to the day."""
    first, last = max(first, 0), min(last, DAY)
    return ((1 << (last - first)) - 1) << first if last > first else 0


@lru_cache(maxsize=4096)
def minute_runs(mask: int) -> tuple[tuple[int, int], ...]:
    """The runs of a set of minutes, half-open, in order."""
    runs = []
    offset = 0
    while mask:
        skip = (mask & -mask).bit_length() - 1
        mask >>= skip
        length = (~mask & (mask + 1)).bit_length() - 1
        runs.append((offset + skip, offset + skip + length))
        mask >>= length
        offset += skip + length
    return tuple(runs)


class Context:
    """One reading: now, what was offered, the settings, and the doubts met on the way."""

    def __init__(self, now: datetime, offered: tuple[datetime, ...], settings: WhenSettings) -> None:
        self.now = now
        self.today = now.date()
        self.offered = tuple(sorted(offered))
        self.in_order = offered
        self.settings = settings
        self.doubts: list[str] = []
        self.hesitations: set[int] = set()
        """Indices of the words that were hesitations."""
        self.impossible = False

    def doubt(self, reason: str) -> None:
        """Note why the reading is not sure."""
        self.doubts.append(reason)

    def forget(self, reason: str) -> None:
        """Take back a doubt that later words have lifted."""
        self.doubts = [doubt for doubt in self.doubts if doubt != reason]

    def index(self, day: date) -> int:
        """Days from today."""
        return (day - self.today).days

    def at(self, index: int) -> date:
        """The day at an index."""
        return self.today + timedelta(days=index)

    def day(self, day: date) -> int:
        """The set of one day; empty when it is past or beyond the horizon."""
        return self.span(day, day)

    def span(self, first: date | None, last: date | None) -> int:
        """The set of days from ``first`` to ``last`` (inclusive), cut to the horizon."""
        low = 0 if first is None else max(self.index(first), 0)
        high = SIZE if last is None else min(self.index(last) + 1, SIZE)
        return ((1 << (high - low)) - 1) << low if high > low else 0

    def weekday(self, weekday: int) -> int:
        """Every day of the horizon that falls on a weekday (0 is Monday)."""
        return weekday_mask((weekday - self.today.weekday()) % 7)

    def monday(self, day: date) -> date:
        """The Monday of the week of a day."""
        return day - timedelta(days=day.weekday())

    def one(self, day: date) -> Days:
        """A single day."""
        return Days(self.day(day), "date", first=day, last=day)

    def between(self, first: date | None, last: date | None) -> Days:
        """A span of days, inclusive."""
        return Days(self.span(first, last), "span", first=first, last=last)


@lru_cache(maxsize=7)
def weekday_mask(offset: int) -> int:
    """Every seventh day from ``offset``."""
    return sum(1 << i for i in range(offset, SIZE, 7))
