"""Find rules that are valid but useless or surprising: never true, overlapping, or leaving a motive unbookable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import combinations

from voicebot.agenda import rules, slots
from voicebot.errors import NotBookableError
from voicebot.ports import PatientKind, SlotQuery
from voicebot.practice.reading import warning
from voicebot.practice.schema import Absence, DayException, Motive, Opening, Practice, Practitioner, Problem

LOOK_AHEAD = timedelta(days=366)
"""A rule that no day of the coming year meets is never met."""

OVERLAP_DAYS = 28
"""Days on which overlapping openings are looked for."""


def warnings(practice: Practice, now: datetime) -> list[Problem]:
    """All warnings, those of reading the file included, in the order of the file."""
    today = now.date()
    found = [
        *practice.warnings,
        *_useless(practice, today),
        *_overlaps(practice, today),
        *_ambiguous(practice),
        *_unbookable(practice, now),
        *_misfits(practice),
        *_unused(practice),
    ]
    return sorted(dict.fromkeys(found), key=lambda problem: problem.where.line)


def _useless(practice: Practice, today: date) -> Iterator[Problem]:
    """Rules that are over, or that no day meets."""
    for opening in practice.openings:
        if opening.valid_to and opening.valid_to < today:
            yield warning(opening.where, "warn_past")
        elif not _ever(practice, opening, today):
            yield warning(opening.where, "warn_never")
        if opening.school_holidays != "any" and practice.school_zone is None:
            yield warning(opening.where, "warn_school_zone")
    dated = [(rule.last, rule.where) for rule in practice.exceptions]
    dated += [(rule.last, rule.where) for rule in practice.substitutions]
    for last, where in dated:
        if last < today:
            yield warning(where, "warn_past")
    for absence in practice.absences:
        if absence.end is not None and absence.end <= datetime.combine(today, time()):
            yield warning(absence.where, "warn_past")
        elif not _takes(practice, absence, today):
            yield warning(absence.where, "warn_never")


def _takes(practice: Practice, absence: Absence, today: date) -> bool:
    """Whether an absence takes anything from an opening; that of a room or a device may."""
    if not set(absence.who) <= set(practice.practitioners):
        return True
    first = max(today, absence.start.date() if absence.start else today)
    last = absence.end.date() if absence.end else today + LOOK_AHEAD
    for offset in range(min((last - first).days, LOOK_AHEAD.days) + 1):
        day = first + timedelta(days=offset)
        for who in absence.who:
            spans = [(a, b) for a, b, rule in rules.absences(practice, who, day, day) if rule is absence]
            if any(a < w.end and w.start < b for w in rules.windows(practice, who, day) for a, b in spans):
                return True
    return False


def _ever(practice: Practice, opening: Opening, today: date) -> bool:
    who = opening.practitioners[0] if opening.practitioners else next(iter(practice.practitioners))
    first = max(today, opening.valid_from or today)
    days = (first + timedelta(days=offset) for offset in range(LOOK_AHEAD.days))
    return any(
        rule is opening and rules.holiday_permits(practice, rule, day)
        for day in days
        for rule in rules.openings(practice, who, day)
    )


def _overlaps(practice: Practice, today: date) -> Iterator[Problem]:
    starts = {today, *(rule.valid_from for rule in practice.openings if rule.valid_from and rule.valid_from > today)}
    days = {start + timedelta(days=offset) for start in starts for offset in range(OVERLAP_DAYS)}
    for practitioner in practice.practitioners:
        for day in sorted(days):
            windows = rules.windows(practice, practitioner, day)
            for one, other in combinations(windows, 2):
                if one.where != other.where and one.start < other.end and other.start < one.end:
                    first, second = sorted((one.where, other.where), key=lambda where: where.line)
                    if not _disjoint(one.motives, other.motives) or one.site != other.site:
                        yield warning(second, "warn_overlap", line=first.line, practitioner=practitioner)
    for index, rule in enumerate(practice.exceptions):
        for later in practice.exceptions[index + 1 :]:
            if _covers(later, rule):
                yield warning(later.where, "warn_exception_overlap", line=rule.where.line)
            elif _meets(later, rule) and not _covers(rule, later):
                yield warning(later.where, "warn_exception_meets", line=rule.where.line)
    yield from _replaced_twice(practice)


def _replaced_twice(practice: Practice) -> Iterator[Problem]:
    """Two substitutes of one person on the same days."""
    for first, second in combinations(practice.substitutions, 2):
        together = second.first <= first.last and first.first <= second.last
        if together and second.practitioner == first.practitioner:
            yield warning(second.where, "warn_substitutions", practitioner=second.practitioner, line=first.where.line)


def _ambiguous(practice: Practice) -> Iterator[Problem]:
    """Words that name two motives, or two practitioners."""
    for family in (practice.motives.values(), practice.practitioners.values()):
        named: dict[str, Motive | Practitioner] = {}
        for one in family:
            for word in one.words:
                other = named.setdefault(word.casefold().strip(), one)
                if other is not one:
                    yield warning(one.where, "warn_word", word=word, other=other.id, line=other.where.line)


def _meets(one: DayException, other: DayException) -> bool:
    """Whether two exceptions name a common day of a common person and place."""
    people = not one.practitioners or not other.practitioners or set(one.practitioners) & set(other.practitioners)
    places = None in (one.site, other.site) or one.site == other.site
    return bool(people) and places and one.first <= other.last and other.first <= one.last


def _disjoint(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two windows are for different motives."""
    return bool(one and other) and not set(one) & set(other)


def _covers(later: DayException, rule: DayException) -> bool:
    return (
        later.first <= rule.first
        and rule.last <= later.last
        and (not later.practitioners or (bool(rule.practitioners) and {*rule.practitioners} <= {*later.practitioners}))
        and later.site in (None, rule.site)
    )


def _unbookable(practice: Practice, now: datetime) -> Iterator[Problem]:
    for motive in practice.motives.values():
        if motive.bookable_by == "person":
            continue
        kind: PatientKind = "known" if motive.patients == "known" else "new"
        idle = [
            name
            for name in motive.practitioners
            if not _any_slot(practice, SlotQuery(motive.id, kind, name), now)
            and not any(rule.practitioner == name for rule in practice.substitutions)
        ]
        days = motive.horizon_days
        if not _any_slot(practice, SlotQuery(motive.id, kind), now):
            yield warning(motive.where, "warn_unbookable", days=days)
        else:
            for name in idle:
                yield warning(motive.where, "warn_unbookable_with", practitioner=name, days=days)


def _any_slot(practice: Practice, query: SlotQuery, now: datetime) -> bool:
    try:
        found = slots.search(practice, query, now, lambda low, high: slots.NOTHING)
        return next(found, None) is not None
    except NotBookableError:
        return False


def _misfits(practice: Practice) -> Iterator[Problem]:
    """Openings that begin beside a motive's grid, or that a motive of theirs does not fit into."""
    for opening in practice.openings:
        who = opening.practitioners or tuple(practice.practitioners)
        for id in opening.motives or tuple(practice.motives):
            motive = practice.motives[id]
            if not set(who) & set(motive.practitioners):
                continue
            for hours in opening.hours:
                minutes = motive.minutes("known")
                if hours.end - hours.start < minutes and opening.motives:
                    yield warning(opening.where, "warn_too_short", motive=id, minutes=minutes)
                elif late := -hours.start % motive.grid:
                    first = f"{(hours.start + late) // 60 % 24:02}:{(hours.start + late) % 60:02}"
                    yield warning(opening.where, "warn_grid", grid=motive.grid, motive=id, first=first)


def _unused(practice: Practice) -> Iterator[Problem]:
    needed = {resource for motive in practice.motives.values() for need in motive.needs for resource in need}
    for resource in practice.resources.values():
        if resource.id not in needed:
            yield warning(resource.where, "warn_unused")
    places = {opening.site for opening in practice.openings} | {rule.site for rule in practice.exceptions}
    for site in practice.sites.values():
        if site.id not in places:
            yield warning(site.where, "warn_unused")
