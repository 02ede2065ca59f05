"""Bookable slots: a pure function of rules × appointments and holds × now.

Rules speak wall time; everything here is computed on timelines of 5-minute granules of UTC, so that a day of 23 or 25
hours needs no special case. A wall time that does not exist is never a start, and of a wall time that comes twice only
the first is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from voicebot.agenda import rules, timeline
from voicebot.errors import NotBookableError
from voicebot.ports import Slot, SlotQuery
from voicebot.practice.localtime import at_minute, boundary, exists, to_utc, to_wall
from voicebot.practice.schema import GRANULE_MINUTES, Motive, Practice

CHUNK_DAYS = 3
"""Days searched at a time: a caller is offered something soon, so later ones are rarely looked at."""


@dataclass(frozen=True)
class Busy:
    """What is taken: appointments with their buffers, and holds that still stand."""

    spans: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """Practitioner or resource → half-open spans of UTC minutes."""
    by_assistant: Mapping[tuple[str, date], int] = field(default_factory=dict)
    """(practitioner or motive, day) → appointments that the assistant has taken on that day."""
    _masks: dict[tuple[str, int], int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def taken(self, who: str, origin: int) -> int:
        """The granules that are taken of someone or something, counted from the granule ``origin``."""
        spans = self.spans.get(who)
        if not spans:
            return 0
        found = self._masks.get((who, origin))
        if found is None:
            found = self._masks[who, origin] = timeline.union(spans, origin)
        return found


BusySource = Callable[[int, int], Busy]
"""Gives what is taken between two UTC minutes."""

NOTHING = Busy()


def search(practice: Practice, query: SlotQuery, now: datetime, busy: BusySource) -> Iterator[Slot]:
    """The slots that the assistant may book, by start, then practitioner in the order of the file.

    Args:
        now: wall time of the practice.

    Raises:
        NotBookableError: the motive is never bookable by the assistant for this kind of patient. An unknown
            motive or practitioner is refused likewise.
    """
    motive = permitted_motive(practice, query)
    zone = practice.zone
    earliest = to_utc(now, zone) + motive.notice  # counted from the minute that is running
    last_wall = now + timedelta(days=motive.horizon_days)
    latest = to_utc(last_wall, zone)
    windows = _merged(query.windows, now, last_wall)
    if query.windows and not windows:
        return
    refused = frozenset(query.exclude)
    if windows:
        earliest = max(earliest, boundary(windows[0][0], zone))
        latest = min(latest, boundary(windows[-1][1], zone))
    begins = [start for start, _ in windows]
    for day in chunks(to_wall(earliest, zone).date(), to_wall(latest, zone).date()):
        for slot in _chunk(practice, motive, query, day, earliest, latest, busy):
            if slot.start in refused:
                continue
            if windows:
                position = bisect_right(begins, slot.start) - 1
                if position < 0 or slot.start >= windows[position][1]:
                    continue
            yield slot


def chunks(first: date, last: date) -> Iterator[date]:
    """First days of the chunks that hold these days: always the same ones, so that what is cached is met again."""
    day = first - timedelta(days=first.toordinal() % CHUNK_DAYS)
    while day <= last:
        yield day
        day += timedelta(days=CHUNK_DAYS)


def permitted_motive(practice: Practice, query: SlotQuery) -> Motive:
    """The motive of a query, if the assistant may book it at all for such a patient."""
    motive = practice.motives.get(query.motive)
    if motive is None:
        raise NotBookableError(f"{query.motive}: no such motive; there are: {', '.join(practice.motives)}")
    if query.practitioner is not None and query.practitioner not in practice.practitioners:
        raise NotBookableError(
            f"{query.practitioner}: no such practitioner; there are: {', '.join(practice.practitioners)}"
        )
    place = f"{motive.where.file}:{motive.where.line}: {motive.where.key}"
    if motive.bookable_by == "person":
        raise NotBookableError(f"{place}: only a person books this motive")
    if motive.patients not in ("all", query.patient):
        raise NotBookableError(f"{place}: this motive is for {motive.patients} patients only")
    return motive


def origin_of(practice: Practice, first: date) -> int:
    """The granule that a chunk's masks count from: a day before, so that a window of the evening before is whole."""
    return to_utc(at_minute(first, -1440), practice.zone) // GRANULE_MINUTES


def starts(
    practice: Practice,
    motive: Motive,
    length: int,
    names: Iterable[str],
    first: date,
    limits: tuple[int, int],
    busy: Busy,
) -> Iterator[tuple[str, str, int]]:
    """Where an appointment may begin in the chunk of ``first``: practitioner, site, granules from its origin.

    Args:
        length: of the appointment, min; what the assistant may take a day is for :func:`days_left`.
        limits: first and last start, UTC minutes.
        busy: what is taken in the chunk, the motive's buffers included.
    """
    origin = origin_of(practice, first)
    low, high = -(-max(limits[0], 0) // GRANULE_MINUTES) - origin, limits[1] // GRANULE_MINUTES + 1 - origin
    permitted = _grid(practice, motive.grid, first, origin) & timeline.span(low, high)
    if not permitted:
        return
    for resources in motive.needs:
        permitted &= _any_free(practice, resources, motive, length, first, origin, busy)
    for practitioner in names:
        free = None
        for site, mask in _open(practice, practitioner, motive.id, first):
            if free is None:
                free = permitted & _room(practice, practitioner, motive, length, first, origin, busy)
            found = timeline.runs(mask, length // GRANULE_MINUTES) & free
            if found:
                yield practitioner, site, found


def _chunk(
    practice: Practice, motive: Motive, query: SlotQuery, first: date, earliest: int, latest: int, source: BusySource
) -> Iterator[Slot]:
    zone, length, origin = practice.zone, motive.minutes(query.patient), origin_of(practice, first)
    after = to_utc(at_minute(first, CHUNK_DAYS * 1440), zone)
    busy = source(
        max(origin * GRANULE_MINUTES, earliest - motive.buffer_before - GRANULE_MINUTES),
        min(after, latest) + length + motive.buffer_after + GRANULE_MINUTES,
    )
    names = practice.practitioners if query.practitioner is None else [query.practitioner]
    rank = {name: position for position, name in enumerate(names)}
    found = [
        (bit, rank[who], who, site)
        for who, site, mask in starts(practice, motive, length, names, first, (earliest, latest), busy)
        for bit in timeline.bits(mask & days_left(practice, who, motive, first, busy))
    ]
    for bit, _, practitioner, site in sorted(found):
        minute = (origin + bit) * GRANULE_MINUTES
        yield Slot(to_wall(minute, zone), to_wall(minute + length, zone), practitioner, motive.id, site)


def days_left(practice: Practice, practitioner: str, motive: Motive, first: date, busy: Busy) -> int:
    """The granules of a chunk's days on which the assistant may still take an appointment."""
    own, most = practice.practitioners[practitioner].assistant_per_day, motive.assistant_per_day
    if own is None and most is None:
        return -1
    mask, origin = 0, origin_of(practice, first)
    for day in (first + timedelta(days=offset) for offset in range(CHUNK_DAYS)):
        if (own is None or busy.by_assistant.get((practitioner, day), 0) < own) and (
            most is None or busy.by_assistant.get((motive.id, day), 0) < most
        ):
            begin, end = (to_utc(at_minute(day, minute), practice.zone) // GRANULE_MINUTES for minute in (0, 1440))
            mask |= timeline.span(begin - origin, end - origin)
    return mask


def _room(practice: Practice, who: str, motive: Motive, length: int, first: date, origin: int, busy: Busy) -> int:
    """Starts at which ``who`` is free for the appointment and its buffers."""
    taken = busy.taken(who, origin)
    absent = _absent(practice, who, first, origin)
    before, after = motive.buffer_before // GRANULE_MINUTES, motive.buffer_after // GRANULE_MINUTES
    horizon = timeline.span(0, (CHUNK_DAYS + 3) * 288)
    room = timeline.runs(horizon & ~taken, before + length // GRANULE_MINUTES + after) << before
    return room & timeline.runs(horizon & ~absent, length // GRANULE_MINUTES)


def _any_free(
    practice: Practice, resources: Sequence[str], motive: Motive, length: int, first: date, origin: int, busy: Busy
) -> int:
    mask = 0
    for resource in resources:
        mask |= _room(practice, resource, motive, length, first, origin, busy)
    return mask


@lru_cache(maxsize=16_384)  # motives × practitioners × chunks of two sets of rules, where a change is previewed
def _cached_open(version: Rules, practitioner: str, motive: str, first: date) -> tuple[tuple[str, int], ...]:
    by_site: dict[str, int] = {}
    for window, mask in _cached_windows(version, practitioner, first):
        if offers_motive(version.practice, window, motive):
            by_site[window.site] = by_site.get(window.site, 0) | mask
    return tuple(by_site.items())


@lru_cache(maxsize=4096)
def _cached_windows(version: Rules, practitioner: str, first: date) -> tuple[tuple[rules.Window, int], ...]:
    """What is open in a chunk, for whatever motive: each window with its granules."""
    practice, origin = version.practice, origin_of(version.practice, first)
    found = []
    for offset in range(-1, CHUNK_DAYS + 1):
        for window in rules.windows(practice, practitioner, first + timedelta(days=offset)):
            start = boundary(window.start, practice.zone) // GRANULE_MINUTES - origin
            end = boundary(window.end, practice.zone) // GRANULE_MINUTES - origin
            found.append((window, timeline.span(start, end)))
    return tuple(found)


def offers_motive(practice: Practice, window: rules.Window, motive: str) -> bool:
    """Whether a motive may be booked in a window."""
    return (not window.motives or motive in window.motives) and window.acting_for in (
        practice.motives[motive].practitioners
    )


class Rules:
    """A practice as a key of caches: equal files are equal."""

    __slots__ = ("practice",)

    def __init__(self, practice: Practice) -> None:
        self.practice = practice

    def __hash__(self) -> int:
        return hash(self.practice.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rules) and self.practice.version == other.practice.version


def _open(practice: Practice, practitioner: str, motive: str, first: date) -> tuple[tuple[str, int], ...]:
    """Per site, the granules at which a practitioner receives for a motive (absences aside)."""
    return _cached_open(Rules(practice), practitioner, motive, first)


def _absent(practice: Practice, who: str, first: date, origin: int) -> int:
    return _cached_absent(Rules(practice), who, first, origin)


@lru_cache(maxsize=4096)
def _cached_absent(version: Rules, who: str, first: date, origin: int) -> int:
    practice = version.practice
    absent = rules.absences(practice, who, first - timedelta(days=1), first + timedelta(days=CHUNK_DAYS + 1))
    spans = ((boundary(start, practice.zone), boundary(end, practice.zone)) for start, end, _ in absent)
    return timeline.union(spans, origin)


def _grid(practice: Practice, step: int, first: date, origin: int) -> int:
    """The granules at which an appointment may begin, for the days of a chunk."""
    mask = 0
    for offset in range(CHUNK_DAYS):
        day = first + timedelta(days=offset)
        shift = to_utc(at_minute(day, 0), practice.zone) // GRANULE_MINUTES - origin
        mask |= _day_grid(day, step, practice.zone) << shift
    return mask


@lru_cache(maxsize=4096)
def _day_grid(day: date, step: int, zone: ZoneInfo) -> int:
    """Starts of one day, bits counted from its midnight."""
    midnight = to_utc(at_minute(day, 0), zone)
    mask = 0
    for minute in range(0, 1440, step):
        wall = at_minute(day, minute)
        if exists(wall, zone):
            mask |= 1 << (to_utc(wall, zone) - midnight) // GRANULE_MINUTES
    return mask


def _merged(
    windows: Sequence[tuple[datetime, datetime]], now: datetime, last: datetime
) -> list[tuple[datetime, datetime]]:
    """Disjoint, sorted windows that begin soon before now and end soon after the last start of the horizon."""
    beginning, end_of_time = now - timedelta(days=2), last + timedelta(days=1)
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted((max(start, beginning), min(end, end_of_time)) for start, end in windows):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged
