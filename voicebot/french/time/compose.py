"""Terms to the set of start times that satisfies them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from voicebot.french.time.nodes import ALL_DAYS, ALL_MINUTES, SIZE, Context, Days, minute_runs
from voicebot.french.time.settings import DAY
from voicebot.french.time.terms import Term

Minutes = list[int]
"""One set of minutes a day, from today on."""

_ALTERNATIVE = ("or", "and", "comma", "list")


def compose(cx: Context, terms: Sequence[Term], *, universe: bool) -> Minutes:
    """The start times that the terms leave, a set of minutes for each day; ``universe`` when any time is welcome."""
    terms = _corrected(cx, list(terms))
    wanted = [t for t in terms if t.sign > 0]
    refused = [t for t in terms if t.sign < 0]
    filters = [s for t in wanted for s in t.sets if s.filters]
    wanted = [t for t in wanted if t.days or t.hours or any(not s.filters for s in t.sets)]
    _after_refusal(cx, terms)
    _narrow(cx, wanted)
    result = [0] * SIZE
    for term in wanted:
        if not term.inherited:
            _union(result, _product(cx, term))
    if not wanted and (refused or filters or universe):
        result = [ALL_MINUTES] * SIZE
    for one in filters:
        result = [a & b for a, b in zip(result, one.masks, strict=True)]
    for term in _spread_refusals(refused):
        gone = _product(cx, term, every=True)
        result = [a & ~b for a, b in zip(result, gone, strict=True)]
    return _from_now(cx, result)


def _corrected(cx: Context, terms: list[Term]) -> list[Term]:
    """Apply self-corrections: what is said after « non pardon » replaces what it names anew."""
    kept: list[Term] = []
    for term in terms:
        if not term.corrects or not kept:
            kept.append(term)
            continue
        last = kept[-1]
        if last.sign < 0:
            cx.doubt("une correction après un refus")
        if term.join == "correct" and len(kept) > 1 and last.join in _ALTERNATIVE:
            cx.doubt("une correction d'une liste")
        if (term.days and term.hours) or term.sets or last.sets:
            kept[-1] = term
        elif term.days and last.days:
            last.days = term.days
        elif term.hours and last.hours:
            last.hours = term.hours
        else:
            cx.doubt("une correction d'autre chose")
            kept.append(term)
    return kept


def _is_whole_day(term: Term) -> bool:
    return all(h.kind == "daytime" or (h.kind == "part" and h.mask == ALL_MINUTES) for h in term.hours)


def _after_refusal(cx: Context, terms: Sequence[Term]) -> None:
    """« jeudi matin je suis pris mais l'après-midi ça va »: the hours are of the day that was refused."""
    for before, term in pairwise(terms):
        if before.sign > 0 or term.sign < 0 or not term.hours_only or not (before.days and before.hours):
            continue
        if term.join in ("but", "", "list"):
            term.days = before.days
        else:
            cx.doubt("le même jour à une autre heure, ou tous les jours")


def _bounds_meet(one: Term, other: Term) -> bool:
    """« pas avant neuf heures et pas après onze heures »: two bounds that face each other hold together."""
    if len(one.hours) == 1 and len(other.hours) == 1:
        low, high = sorted((one.hours[0], other.hours[0]), key=lambda h: -h.first)
        return low.last == DAY and high.first == 0 and 0 < low.first < high.last < DAY
    return False


def _spans_meet(cx: Context, one: Term, other: Term) -> bool:
    """The same of days: « pas avant mardi et pas après jeudi »."""
    if len(one.days) != 1 or len(other.days) != 1:
        return False
    for low, high in ((one.days[0], other.days[0]), (other.days[0], one.days[0])):
        if low.kind == high.kind == "span" and low.last is None and low.first and high.first == cx.today and high.last:
            return low.first <= high.last
    return False


def _narrow(cx: Context, wanted: list[Term]) -> None:
    """Share hours and weeks among the terms of a list, as French does."""
    if wanted and all(t.hours_only and _is_whole_day(t) for t in wanted):
        cx.doubt("dans la journée, sans dire laquelle")
    for index, term in enumerate(wanted):
        if index == 0:
            continue
        before = wanted[index - 1]
        if term.join == "plutot" and _is_narrow(term) and _is_narrow(before):
            for earlier in wanted[:index]:
                earlier.inherited = True  # « mardi, plutôt mercredi »: what is preferred is welcome, whatever else is
            continue
        if term.join == "but" and _is_narrow(term) and _is_narrow(before):
            cx.doubt("un jour, mais un autre")
        if term.join == "but" and term.sets and before.sets:
            cx.doubt("une proposition, mais autrement")
        if term.join != "or" and term.days_only and before.days_only and _spans_meet(cx, before, term):
            before.days, term.inherited = [*before.days, *term.days], True
        elif term.hours_only:
            _hours_alone(cx, wanted, index)
        elif term.join not in ("or", "list") and (
            _apply_span(cx, term, wanted[:index]) or _inside_span(cx, term, before)
        ):
            continue
        elif term.days_only and before.hours_only and not before.inherited:
            if term.join == "or":
                cx.doubt("un jour, ou une heure de tous les jours")
            else:
                term.hours, term.hours_first, before.inherited = list(before.hours), True, True
    _share_hours(wanted)
    _share_spans(cx, wanted)


def _is_narrow(term: Term) -> bool:
    return any(d.kind in ("weekday", "date") for d in term.days)


def _hours_alone(cx: Context, wanted: list[Term], index: int) -> None:
    """Hours without a day belong to the days before: they narrow them, or add an alternative."""
    term, block = wanted[index], []
    for earlier in reversed(wanted[:index]):
        block.append(earlier)
        if earlier.join not in _ALTERNATIVE:
            break
    last = block[0]
    if last.inherited and last.hours_only:
        return
    if last.hours and _bounds_meet(last, term):
        if term.join == "or":
            cx.doubt("avant une heure ou après une autre, ou entre les deux")
        _intersect_hours(cx, [t for t in block if t.hours is last.hours or t is last], term)
        return
    if last.hours_only:
        if term.join in ("but", "plutot"):
            _intersect_hours(cx, [last], term)
        return
    if last.hours:
        if term.join in ("but", "plutot"):
            _intersect_hours(cx, block, term)
            return
        shared = [t for t in block if t.hours is last.hours or t is last]
        term.days = [_either(cx, [t.days for t in shared])] if len(shared) > 1 else list(last.days)
        term.sets = [s for t in shared for s in t.sets]
        return
    if term.join == "or":
        cx.doubt("un jour, ou une heure de tous les jours")
        return
    for earlier in block:
        if not earlier.hours:
            earlier.hours = term.hours
    term.inherited = True


def _intersect_hours(cx: Context, block: Sequence[Term], term: Term) -> None:
    mask = _hours_mask(cx, term)
    for earlier in block:
        if not _hours_mask(cx, earlier) & mask:
            cx.doubt("des heures qui se contredisent")
        earlier.hours = [*earlier.hours, *term.hours]
    term.inherited = True


def _either(cx: Context, lists: Sequence[Sequence[Days]]) -> Days:
    mask = 0
    for days in lists:
        mask |= _days_mask(cx, days)
    return Days(mask, "span")


def _apply_span(cx: Context, term: Term, earlier: Sequence[Term]) -> bool:
    """« mardi ou jeudi, la semaine prochaine »: a span after a comma narrows the days before it."""
    if not term.days_only or not all(d.kind in ("span", "every") for d in term.days):
        return False
    block = [t for t in earlier if t.days and not _has_span(t)]
    if term.join not in ("comma", "but", "plutot", "and", "") or not block or len(block) != len(earlier):
        return False
    if not all(_days_mask(cx, [*t.days, *term.days]) for t in block):
        return False
    for t in block:
        t.days = [*t.days, *term.days]
    term.inherited = True
    return True


def _inside_span(cx: Context, term: Term, before: Term) -> bool:
    """« la semaine prochaine, plutôt jeudi »: a weekday after a span is the one inside it."""
    if before.inherited or before.sets or not before.days or not all(d.kind == "span" for d in before.days):
        return False
    if not term.days or not all(d.kind in ("weekday", "every") for d in term.days):
        return False
    if term.join == "and":
        cx.doubt("une semaine, et un jour")
    term.days = [*term.days, *before.days]
    if not term.hours:
        term.hours, term.hours_first = before.hours, before.hours_first
    before.inherited = True
    return True


def _has_span(term: Term) -> bool:
    return any(d.kind == "span" for d in term.days)


def _share_hours(wanted: Sequence[Term]) -> None:
    """« lundi ou mardi matin »: hours at the end of a list hold for all its days; hours in front of it too."""
    for index, term in enumerate(wanted):
        if term.hours or not term.days or term.sets:
            continue
        for later in wanted[index + 1 :]:
            if later.join not in _ALTERNATIVE:
                break
            if later.hours and later.days:
                if not later.hours_first and _same_kind(term, later):
                    term.hours = later.hours
                break
    for index in range(len(wanted) - 2, -1, -1):
        term, later = wanted[index], wanted[index + 1]
        if term.hours_only and later.hours_first and later.days and later.join in _ALTERNATIVE:
            term.days, term.hours_first = later.days, True  # « dix ou onze heures mardi »
    for before, term in pairwise(wanted):
        if term.days_only and term.join in _ALTERNATIVE and before.hours_first and before.days:
            term.hours, term.hours_first = before.hours, True


def _same_kind(one: Term, other: Term) -> bool:
    return all(d.kind == "span" for d in one.days) == all(d.kind == "span" for d in other.days)


def _share_spans(cx: Context, wanted: Sequence[Term]) -> None:
    """« mardi ou mercredi de la semaine prochaine », « la semaine prochaine mardi ou mercredi »."""
    for index, term in enumerate(wanted):
        spans = [d for d in term.days if d.kind == "span"]
        if not spans or len(spans) == len(term.days):
            continue
        for step in (-1, 1):
            at = index + step
            while 0 <= at < len(wanted):
                other = wanted[at]
                link = wanted[at + 1] if step < 0 else other
                if link.join not in _ALTERNATIVE or not other.days or other.inherited:
                    break
                if all(d.kind == "weekday" for d in other.days):
                    merged = [*other.days, *spans]
                    if _days_mask(cx, merged):
                        other.days = merged
                elif other.days is not term.days and _has_span(other):
                    break
                at += step


def _spread_refusals(refused: list[Term]) -> list[Term]:
    for before, term in pairwise(refused):
        if term.hours_only and before.days and before.hours and term.join in _ALTERNATIVE:
            term.days = before.days
    return refused


def _product(cx: Context, term: Term, *, every: bool = False) -> Minutes:
    if not every and (chosen := _among_offers(cx, term)):
        return chosen
    days = _days_mask(cx, term.days, every=every) if term.days else ALL_DAYS
    hours = _hours_mask(cx, term)
    made = [hours if days >> i & 1 else 0 for i in range(SIZE)]
    for one in term.sets:
        if not one.filters or every:
            made = [a & b for a, b in zip(made, one.masks, strict=True)]
    return made


def _among_offers(cx: Context, term: Term) -> Minutes | None:
    """A bare clock time that was just offered is that offer."""
    if term.days or term.sets or not term.hours or any(h.kind != "point" for h in term.hours):
        return None
    mask = _hours_mask(cx, term)
    made = [0] * SIZE
    for offer in cx.offered:
        index, at = cx.index(offer.date()), offer.hour * 60 + offer.minute
        if 0 <= index < SIZE and mask >> at & 1:
            made[index] |= 1 << at
    return made if any(made) else None


def _days_mask(cx: Context, days: Sequence[Days], *, every: bool = False) -> int:
    if len(days) == 1:
        return days[0].mask if every and days[0].first is None else days[0].alone
    weekdays = any(d.kind in ("weekday", "every") for d in days)
    frame = next((d for d in days if d.kind == "span" and d.within == (None, None) and d.first and d.last), None)
    mask = ALL_DAYS
    for one in days:
        mask &= _reframed(cx, one, frame) if frame else one.wide if one.wide and weekdays else one.mask
    return mask


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


def _hours_mask(cx: Context, term: Term) -> int:
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


def _union(into: Minutes, more: Minutes) -> None:
    for index, mask in enumerate(more):
        into[index] |= mask


def _from_now(cx: Context, result: Minutes) -> Minutes:
    past = cx.now.hour * 60 + cx.now.minute
    result[0] = result[0] >> past << past
    return result


def windows(cx: Context, result: Minutes) -> tuple[tuple[datetime, datetime], ...]:
    """Sorted, merged, half-open windows."""
    midnight = datetime.combine(cx.today, datetime.min.time())
    found: list[tuple[int, int]] = []
    for day, mask in enumerate(result):
        for first, last in minute_runs(mask):
            start, end = day * DAY + first, day * DAY + last
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
    return tuple((midnight + timedelta(minutes=a), midnight + timedelta(minutes=b)) for a, b in found)
