"""Terms to masks: the days and the minutes that each one means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from voicebot.french.time.nodes import ALL_DAYS, ALL_MINUTES, SIZE, Context, Days
from voicebot.french.time.term import Term

_WEEKS = 6
"""A stretch from today that ends later than so many days is a bound (« avant Noël »), not « cette semaine »."""


def days_mask(cx: Context, days: Sequence[Days], *, every: bool = False) -> int:
    """The days that satisfy all of these; ``every``: a refused weekday is every such day, not the coming one."""
    if len(days) == 1:
        return days[0].mask if every and days[0].first is None else days[0].alone
    weekdays = any(d.kind in ("weekday", "every") for d in days)
    frame = next((d for d in days if d.kind == "span" and d.within == (None, None) and d.first and d.last), None)
    mask = ALL_DAYS
    near = _near_within_bounds(cx, days)
    if near and not every:
        return near
    for one in days:
        mask &= _reframed(cx, one, frame) if frame else one.wide if one.wide and weekdays else one.mask
    return mask


def _near_within_bounds(cx: Context, days: Sequence[Days]) -> int:
    """« lundi mais pas après le 15 décembre » is the coming Monday: a bound that it keeps changes nothing."""
    bare = [one for one in days if one.kind == "weekday"]
    bounds = [one for one in days if one.kind == "span"]
    if len(bare) != 1 or len(bare) + len(bounds) != len(days) or not all(_is_bound(cx, one) for one in bounds):
        return 0
    near = bare[0].alone
    for one in bounds:
        near &= one.mask
    return near


def _is_bound(cx: Context, days: Days) -> bool:
    """Whether a span is open at one end: before or after something."""
    beyond = days.last is None or cx.index(days.last) >= SIZE
    return beyond or (days.first == cx.today and cx.index(days.last or cx.today) > _WEEKS)


def _reframed(cx: Context, days: Days, frame: Days) -> int:
    """« à partir de mercredi », « de mardi à jeudi » counted inside the week that was named."""
    low, high = days.within
    if (low is None and high is None) or frame.first is None or frame.last is None:
        return days.mask
    first, last = frame.first, frame.last
    if low is not None:
        first = first + timedelta(days=(low[0] - first.weekday()) % 7 + low[1])
    if high is not None:
        base = first if low is not None else frame.first
        last = base + timedelta(days=(high[0] - base.weekday()) % 7 + high[1])
    return cx.span(first, last)


def hours_mask(cx: Context, term: Term) -> int:
    """The hours of a term; bare hours are read in the half of the day that the other words leave."""
    readings = [ALL_MINUTES]
    clock = any(one.kind in ("point", "range") for one in term.hours)
    for one in (replace(h, mask=h.lenient) if clock and h.lenient else h for h in term.hours):
        readings = [r & mask for r in readings for mask in ((one.mask, one.other) if one.other else (one.mask,))]
    fitting = [r for r in readings if r]
    for one in term.hours:
        if one.vague and any(r & one.mask for r in fitting) and any(r & one.other for r in fitting):
            cx.doubt("du matin ou du soir")
    return fitting[0] if fitting else 0
