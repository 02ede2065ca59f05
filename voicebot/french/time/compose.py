"""Terms to the set of start times that satisfies them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from voicebot.french.time.masks import days_mask, hours_mask
from voicebot.french.time.nodes import ALL_DAYS, ALL_MINUTES, SIZE, Context, Hours, minute_runs, minutes
from voicebot.french.time.settings import DAY
from voicebot.french.time.sharing import share
from voicebot.french.time.term import ALTERNATIVE, EITHER, SHARING, Term

_NOON = minutes(DAY // 2, DAY // 2 + 1)

Minutes = list[int]
"""One set of minutes a day, from today on."""


def compose(cx: Context, terms: Sequence[Term], *, universe: bool) -> Minutes:
    """The start times that the terms leave, a set of minutes for each day; ``universe`` when any time is welcome."""
    terms = _corrected(cx, list(terms))
    wanted = [t for t in terms if t.sign > 0]
    refused = [t for t in terms if t.sign < 0]
    for index, term in enumerate(wanted):
        either = {t.join for t in wanted[index : index + 2]} & set(EITHER)
        if either and not term.days and not term.hours:
            term.sets = [replace(one, filters=False) for one in term.sets]  # « jeudi ou avant demain midi »
    filters = [s for t in wanted for s in t.sets if s.filters]
    wanted = [t for t in wanted if t.days or t.hours or any(not s.filters for s in t.sets)]
    _after_refusal(cx, terms)
    share(cx, wanted)
    hours = [one for term in wanted if term.hours_only for one in term.hours]
    result = [0] * SIZE
    for term in wanted:
        if not term.inherited:
            if term.days and not days_mask(cx, term.days):
                cx.doubt("un moment passé, ou trop lointain")
            _union(result, _product(cx, term))
    if not wanted and (refused or filters or universe):
        result = [ALL_MINUTES] * SIZE
        if any(t.hours_first and any(day.kind == "weekday" for day in t.days) for t in refused):
            cx.doubt("ce jour à une autre heure, ou les autres jours aussi")  # « je peux pas avant 10 h jeudi »
    for one in filters:
        result = [a & b for a, b in zip(result, one.masks, strict=True)]
    return _from_now(cx, _without(cx, result, _spread_refusals(refused), hours))


def _only_bounded(cx: Context, hours: Sequence[Hours]) -> bool:
    """Whether a bound of the hour is all that is wanted."""
    return bool(hours) and all(one.kind == "range" and (one.first == 0 or one.last == DAY) for one in hours)


def _without(cx: Context, wanted: Minutes, refused: Sequence[Term], hours: Sequence[Hours]) -> Minutes:
    """What is wanted less what is refused; « pas le matin sauf jeudi » spares the mornings of Thursdays."""
    gone = [0] * SIZE
    plain = False
    for before, term in zip((None, *refused), refused, strict=False):
        named = _product(cx, term, every=True)
        if any(one.kind == "point" and one.mask == _NOON for one in term.hours):
            cx.doubt("midi pile, ou l'heure du déjeuner")
        spared = term.excepts and plain
        touched = gone if spared else wanted
        # « lundi sauf le matin ou mardi », « lundi pas le matin mardi »: whether Tuesday is refused is not clear.
        beside = before is not None and term.join in SHARING and before.hours_only and term.days_only
        if term.excepts and term.days_only and not plain and _only_bounded(cx, hours):
            cx.doubt("jamais ce jour-là, ou à toute heure ce jour-là")  # « jamais après 17 heures sauf le vendredi »
        narrows = term.excepts or beside or (term.denied and term.hours_first)
        if narrows and not any(a & b for a, b in zip(touched, named, strict=True)):
            cx.doubt("une exception qui n'enlève rien")
        gone = [a & ~b if spared else a | b for a, b in zip(gone, named, strict=True)]
        plain = plain or not term.excepts
    return [a & ~b for a, b in zip(wanted, gone, strict=True)]


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
        if term.join == "correct" and len(kept) > 1 and last.join in ALTERNATIVE:
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


def _after_refusal(cx: Context, terms: Sequence[Term]) -> None:
    """« jeudi matin je suis pris mais l'après-midi ça va »: the hours are of the day that was refused."""
    for index, (before, term) in enumerate(pairwise(terms)):
        if before.sign < 0 < term.sign and before.days_only and term.hours_only:
            if any(t.sign > 0 and t.hours for t in terms[:index]):
                cx.doubt("une heure de ce jour-là, ou des autres jours")
            continue
        if before.sign > 0 or term.sign < 0 or not term.hours_only or not (before.days and before.hours):
            continue
        if term.join in ("but", "", "list"):
            term.days = before.days
        else:
            cx.doubt("le même jour à une autre heure, ou tous les jours")


def _spread_refusals(refused: list[Term]) -> list[Term]:
    for before, term in pairwise(refused):
        if term.hours_only and before.days and before.hours and term.join in ALTERNATIVE:
            term.days = before.days
    return refused


def _product(cx: Context, term: Term, *, every: bool = False) -> Minutes:
    if not every and (chosen := _among_offers(cx, term)):
        return chosen
    days = days_mask(cx, term.days, every=every) if term.days else ALL_DAYS
    hours = hours_mask(cx, term)
    made = [hours if days >> i & 1 else 0 for i in range(SIZE)]
    for one in term.sets:
        if not one.filters or every:
            made = [a & b for a, b in zip(made, one.masks, strict=True)]
    return made


def _among_offers(cx: Context, term: Term) -> Minutes | None:
    """A bare clock time that was just offered is that offer."""
    if term.days or term.sets or not term.hours or any(h.kind != "point" for h in term.hours):
        return None
    mask = hours_mask(cx, term)
    made = [0] * SIZE
    for offer in cx.offered:
        index, at = cx.index(offer.date()), offer.hour * 60 + offer.minute
        if 0 <= index < SIZE and mask >> at & 1:
            made[index] |= 1 << at
    return made if any(made) else None


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
