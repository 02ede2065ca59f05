"""Choose a few slots that differ usefully, out of many in order of start. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from voicebot.ports import Slot

NOON_HOUR = 13
"""Where the morning ends."""

APART = timedelta(hours=1)
"""Two offers of one half-day are at least this far apart while there is a choice."""

MOST_LOOKED_AT = 600
"""Slots that are looked at: about a week of two practitioners."""


def spread(slots: Iterable[Slot], limit: int, *, soonest: bool = False) -> list[Slot]:
    """Up to ``limit`` slots, each start once, in order.

    The first is the earliest. The others come from other days and alternate between morning and afternoon; when the
    days do not suffice, from other half-days, then an hour apart. With ``soonest`` they are the earliest ones an hour
    apart.
    """
    if limit <= 0:
        return []
    by_start: dict[datetime, list[Slot]] = {}
    days: set[date] = set()
    for count, slot in enumerate(slots):
        day = slot.start.date()
        enough = count >= MOST_LOOKED_AT or (day not in days and len(days) >= (1 if soonest else limit))
        if enough and len(by_start) >= limit:
            break
        days.add(day)
        by_start.setdefault(slot.start, []).append(slot)
    starts = sorted(by_start)
    chosen = _apart(starts, [], limit) if soonest else _varied(starts, limit)
    return _with_practitioners(by_start, sorted(chosen))


def _varied(starts: list[datetime], limit: int) -> list[datetime]:
    chosen: list[datetime] = []
    for day in dict.fromkeys(start.date() for start in starts):
        if len(chosen) == limit:
            return chosen
        of_day = [start for start in starts if start.date() == day]
        other_half = [s for s in of_day if chosen and _morning(s) != _morning(chosen[-1])]
        chosen.append((other_half or of_day)[0])
    for start in starts:
        if len(chosen) < limit and (start.date(), _morning(start)) not in {(c.date(), _morning(c)) for c in chosen}:
            chosen.append(start)
    return _apart(starts, chosen, limit)


def _apart(starts: list[datetime], chosen: list[datetime], limit: int) -> list[datetime]:
    """Fill up with slots an hour from the others, then with the earliest left."""
    chosen = list(chosen)
    for distance in (APART, timedelta(minutes=1)):
        for start in starts:
            if len(chosen) < limit and all(abs(start - other) >= distance for other in chosen):
                chosen.append(start)
    return chosen


def _with_practitioners(by_start: dict[datetime, list[Slot]], chosen: list[datetime]) -> list[Slot]:
    """At each start one practitioner, those not offered yet first."""
    offered: list[Slot] = []
    for start in chosen:
        used = [slot.practitioner for slot in offered]
        offered.append(min(by_start[start], key=lambda slot: used.count(slot.practitioner)))
    return offered


def _morning(start: datetime) -> bool:
    return start.hour < NOON_HOUR
