"""Say whether the assistant may book a time, which rule decides, and what the nearest yes would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cache
from itertools import islice

from voicebot.agenda.judge import judge
from voicebot.agenda.slots import Busy, BusySource, search
from voicebot.agenda.verdict import Request, Verdict, nearest
from voicebot.errors import NotBookableError
from voicebot.ports import Slot, SlotQuery
from voicebot.practice.localtime import to_utc
from voicebot.practice.schema import Practice

FAR = timedelta(days=366 * 3)
"""Beyond every horizon that a practice may choose."""


@dataclass(frozen=True)
class Explanation:
    """A verdict and the nearest yes."""

    verdict: Verdict
    next: Slot | None
    """The first bookable slot at or after the time that was asked about, else the last one before it."""
    at: datetime | None = None
    """The start that the verdict is about."""


MOST_STARTS = 500
"""Starts that are judged before a refusal of whole windows is settled: more than a week of working days."""


def explain_windows(practice: Practice, query: SlotQuery, now: datetime, busy: BusySource) -> Explanation:
    """Explain windows as the assistant would decide them: the first slot, else the start that came nearest to a yes."""
    windows = query.windows or ((now, now + timedelta(days=14)),)
    try:
        first = next(search(practice, query, now, busy), None)
    except NotBookableError:
        first = None
    if first is not None:
        verdict = explain(practice, replace(query, practitioner=first.practitioner), first.start, now, busy).verdict
        return Explanation(verdict, first, first.start)
    motive = practice.motives.get(query.motive)
    step = timedelta(minutes=motive.grid if motive else 15)
    starts = list(islice(_starts(windows, step), MOST_STARTS))
    taken = _read_by_day(busy)
    judged = [(explain_alone(practice, query, at, now, taken), at) for at in starts]
    best = nearest(verdict for verdict, _ in judged)
    at = next((at for verdict, at in judged if verdict.rule == best.rule), windows[0][0])
    return explain(practice, query, at, now, busy)


def _read_by_day(busy: BusySource) -> BusySource:
    """A source that reads what is taken once for all the starts of a day."""
    read = cache(busy)

    def by_day(low: int, high: int) -> Busy:
        first = low - low % 1440
        return read(first, first + (high - low) + 1440)

    return by_day


def _starts(windows: Sequence[tuple[datetime, datetime]], step: timedelta) -> Iterator[datetime]:
    """Starts on a grid that is counted from midnight, inside windows; the first of a window however short."""
    for start, end in windows:
        yield start
        at = start + -(start - datetime.combine(start.date(), time())) % step
        while at < end:
            if at != start:
                yield at
            at += step


def explain_alone(practice: Practice, query: SlotQuery, at: datetime, now: datetime, busy: BusySource) -> Verdict:
    """The verdict on one time, without looking for the nearest yes."""
    at = _reckonable(at)
    first = to_utc(at, practice.zone) - 2880
    taken = busy(first, first + 3 * 2880)
    names = list(practice.practitioners) if query.practitioner is None else [query.practitioner]
    return nearest([judge(practice, Request(query.motive, at, query.patient, name), now, taken) for name in names])


def _reckonable(at: datetime) -> datetime:
    """A time that calendars can count from: the year 1 is as much over, the year 9999 as much too far, as this."""
    return min(max(at, datetime(1970, 1, 3)), datetime(9000, 1, 1))


def explain(practice: Practice, query: SlotQuery, at: datetime, now: datetime, busy: BusySource) -> Explanation:
    """Explain one time as the assistant would decide it. Without a practitioner, one yes is enough."""
    best, near = explain_alone(practice, query, at, now, busy), _reckonable(at)
    try:
        following = next(search(practice, replace(query, windows=((near, max(near, now) + FAR),)), now, busy), None)
        if following is None:
            *_, following = (None, *search(practice, replace(query, windows=((now, near),)), now, busy))
    except NotBookableError:
        following = None
    return Explanation(best, following, at)
