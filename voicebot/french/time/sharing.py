"""What French leaves unsaid: hours and weeks that hold for several days of a list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from voicebot.french.time.masks import days_mask, hours_mask
from voicebot.french.time.nodes import ALL_MINUTES, Context, Days
from voicebot.french.time.settings import DAY
from voicebot.french.time.term import ALTERNATIVE, EITHER, SHARING, Term


def share(cx: Context, wanted: list[Term]) -> None:
    """Share hours and weeks among the terms of a list, as French does."""
    if wanted and all(t.hours_only and _is_whole_day(t) for t in wanted):
        cx.doubt("dans la journée, sans dire laquelle")
    for index in range(1, len(wanted)):
        _attach(cx, wanted, index)
    _share_hours(cx, wanted)
    _share_spans(cx, wanted)


def _attach(cx: Context, wanted: list[Term], index: int) -> None:
    """Let a term narrow those before it, be narrowed by them, or stand beside them."""
    term, before = wanted[index], wanted[index - 1]
    if term.join == "plutot" and term.is_narrow and before.is_narrow:
        for earlier in wanted[:index]:
            earlier.inherited = True  # « mardi, plutôt mercredi »: what is preferred is welcome, whatever else is
    elif term.join not in EITHER and term.days_only and _spans_meet(cx, before, term):
        before.days, term.inherited = [*before.days, *term.days], True
    elif term.hours_only:
        _hours_alone(cx, wanted, index)
    elif term.join not in (*EITHER, "list") and (
        _apply_span(cx, term, wanted[:index]) or _inside_span(cx, term, before)
    ):
        return
    elif term.days_only and before.hours_only and not before.inherited:
        if term.join in EITHER:
            cx.doubt("un jour, ou une heure de tous les jours")
        else:
            term.hours, term.hours_first, before.inherited = list(before.hours), True, True
    elif term.join == "but":
        cx.doubt("ceci, mais cela, qui ne vont pas ensemble")


def _is_whole_day(term: Term) -> bool:
    return all(h.kind == "daytime" or (h.kind == "part" and h.mask == ALL_MINUTES) for h in term.hours)


def _bounds_meet(one: Term, other: Term) -> bool:
    """« pas avant neuf heures et pas après onze heures »: two bounds that face each other hold together."""
    if len(one.hours) == 1 and len(other.hours) == 1:
        low, high = sorted((one.hours[0], other.hours[0]), key=lambda h: -h.first)
        return low.last == DAY and high.first == 0 and 0 < low.first < high.last < DAY
    return False


def _spans_meet(cx: Context, one: Term, other: Term) -> bool:
    """« pas avant mardi et pas après jeudi », « la semaine du 7 mais pas avant le 10 »: both hold together."""
    if one.inherited or not one.days or not all(d.kind == "span" for d in (*one.days, *other.days)):
        return False
    if not days_mask(cx, [*one.days, *other.days]):
        return False
    if other.join in ("but", "plutot"):
        return True  # « octobre, plutôt vers le dix »
    low, high = (one.days[0], other.days[0]), (other.days[0], one.days[0])
    return any(a.last is None and a.first is not None and b.first == cx.today for a, b in (low, high))


def _hours_alone(cx: Context, wanted: list[Term], index: int) -> None:
    """Hours without a day belong to the days before: they narrow them, or add an alternative."""
    term, block = wanted[index], []
    for earlier in reversed([t for t in wanted[:index] if not t.inherited]):
        block.append(earlier)
        if earlier.join not in ALTERNATIVE:
            break
    if not block:
        return
    last = block[0]
    if last.hours and _bounds_meet(last, term):
        if term.join in EITHER:
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
    if term.join in EITHER:
        cx.doubt("un jour, ou une heure de tous les jours")
        return
    for earlier in block:
        if not earlier.hours:
            earlier.hours = term.hours
    term.inherited = True


def _intersect_hours(cx: Context, block: Sequence[Term], term: Term) -> None:
    mask = hours_mask(cx, term)
    for earlier in block:
        if not hours_mask(cx, earlier) & mask:
            cx.doubt("des heures qui se contredisent")
        earlier.hours = [*earlier.hours, *term.hours]
    term.inherited = True


def _either(cx: Context, lists: Sequence[Sequence[Days]]) -> Days:
    mask = 0
    for days in lists:
        mask |= days_mask(cx, days)
    return Days(mask, "span")


def _apply_span(cx: Context, term: Term, earlier: Sequence[Term]) -> bool:
    """« mardi ou jeudi, la semaine prochaine »: a span after a comma narrows the days before it."""
    if not term.days_only or not all(d.kind in ("span", "every") for d in term.days):
        return False
    block = [t for t in earlier if t.days and not t.has_span]
    if term.join not in ("comma", "but", "plutot", "and", "") or not block or len(block) != len(earlier):
        return False
    if not all(days_mask(cx, [*t.days, *term.days]) for t in block):
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


def _share_hours(cx: Context, wanted: Sequence[Term]) -> None:
    """« lundi ou mardi matin »: hours at the end of a list hold for all its days; hours in front of it too."""
    for index, term in enumerate(wanted):
        if term.hours or not term.days or term.sets:
            continue
        for later in wanted[index + 1 :]:
            if later.join not in SHARING or cx.day(cx.today) in (d.mask for d in term.days):
                break
            if later.hours and later.days:
                if not later.hours_first and _same_kind(term, later):
                    term.hours = later.hours
                break
    for index in range(len(wanted) - 2, -1, -1):
        term, later = wanted[index], wanted[index + 1]
        if term.hours_only and later.hours_first and later.days and later.join in ALTERNATIVE:
            term.days, term.hours_first = later.days, True  # « dix ou onze heures mardi »
    for before, term in pairwise(wanted):
        if term.days_only and term.join in ALTERNATIVE and before.hours_first and before.days:
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
                if link.join not in SHARING or not other.days or other.inherited:
                    break
                if all(d.kind == "weekday" for d in other.days):
                    merged = [*other.days, *spans]
                    if days_mask(cx, merged) and (step > 0 or _in_order(cx, other, term)):
                        other.days = merged
                elif other.days is not term.days and other.has_span:
                    break
                at += step


def _in_order(cx: Context, one: Term, other: Term) -> bool:
    """« mercredi ou lundi de la semaine prochaine »: a Wednesday before a Monday is of the week before."""
    bare = [next(d for d in term.days if d.kind in ("weekday", "every", "date")) for term in (one, other)]
    first, last = (cx.at((d.mask & -d.mask).bit_length() - 1).weekday() if d.mask else 0 for d in bare)
    return first <= last
