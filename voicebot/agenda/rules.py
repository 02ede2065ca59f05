"""What the practice's rules open on a day: pure functions of the rules, in wall time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from voicebot.practice import recurrence
from voicebot.practice.calendars import is_school_holiday, public_holiday
from voicebot.practice.localtime import at_minute
from voicebot.practice.schema import Absence, DayException, Hours, Opening, Practice, Substitution, Where


@dataclass(frozen=True)
class Window:
    """Time at which a practitioner receives, wall time, half-open."""

    start: datetime
    end: datetime
    site: str
    motives: tuple[str, ...]
    """Empty means every motive of ``acting_for``."""
    acting_for: str
    """The practitioner whose opening this is: someone else during a substitution."""
    where: Where


def windows(practice: Practice, practitioner: str, day: date) -> list[Window]:
    """The windows that begin on ``day``, before absences, in order of start."""
    found: list[Window] = []
    if substitution_of(practice, practitioner, day) is None:
        found += _own_windows(practice, practitioner, day)
    for rule in practice.substitutions:
        if rule.substitute == practitioner and rule.first <= day <= rule.last:
            found += [replace(w, acting_for=rule.practitioner) for w in _own_windows(practice, rule.practitioner, day)]
    return sorted(found, key=lambda window: window.start)


def substitution_of(practice: Practice, practitioner: str, day: date) -> Substitution | None:
    """The substitution that takes ``practitioner``'s place on ``day``."""
    for rule in practice.substitutions:
        if rule.practitioner == practitioner and rule.first <= day <= rule.last:
            return rule
    return None


def deciding_exception(
    practice: Practice, practitioner: str, day: date, site: str | None = None
) -> DayException | None:
    """The exception that rules ``day``: the last of the file that matches."""
    for rule in reversed(practice.exceptions):
        if (
            rule.first <= day <= rule.last
            and (not rule.practitioners or practitioner in rule.practitioners)
            and (site is None or rule.site in (None, site))
        ):
            return rule
    return None


def openings(practice: Practice, practitioner: str, day: date) -> Iterator[Opening]:
    """The recurring openings that fall on ``day``, public holidays aside."""
    school = is_school_holiday(practice.school_zone, day)
    for rule in practice.openings:
        if rule.practitioners and practitioner not in rule.practitioners:
            continue
        if (rule.valid_from and day < rule.valid_from) or (rule.valid_to and day > rule.valid_to):
            continue
        if (rule.school_holidays == "never" and school) or (rule.school_holidays == "only" and not school):
            continue
        if rule.rrule is not None and rule.valid_from is not None:
            if day not in recurrence.dates(rule.rrule, rule.valid_from, day.year):
                continue
        elif day.weekday() not in rule.days:
            continue
        yield rule


def holiday_permits(practice: Practice, rule: Opening, day: date) -> bool:
    """Whether the public holiday that ``day`` is, or is not, leaves an opening open."""
    if public_holiday(practice.holiday_zone, day):
        return rule.public_holidays != "closed"
    return rule.public_holidays != "only"


def absences(practice: Practice, who: str, first: date, last: date) -> Iterator[tuple[datetime, datetime, Absence]]:
    """Absences of a practitioner or resource that touch the days ``first`` to ``last``, wall time, half-open."""
    for rule in practice.absences:
        if who not in rule.who:
            continue
        if rule.start is not None and rule.end is not None:
            if rule.start < at_minute(last, 1440) and rule.end > at_minute(first, 0):
                yield rule.start, rule.end, rule
            continue
        day = first - timedelta(days=1)
        while day <= last:
            if day.weekday() in rule.days:
                for hours in rule.hours:
                    yield at_minute(day, hours.start), at_minute(day, hours.end), rule
            day += timedelta(days=1)


def _own_windows(practice: Practice, practitioner: str, day: date) -> list[Window]:
    found: list[Window] = []
    for rule in openings(practice, practitioner, day):
        exception = deciding_exception(practice, practitioner, day, rule.site)
        if exception is None and holiday_permits(practice, rule, day):
            found += _at(day, rule.hours, rule.site, rule.motives, practitioner, rule.where)
    for site in practice.sites:
        exception = deciding_exception(practice, practitioner, day, site)
        if exception is not None and exception.hours and (exception.site or next(iter(practice.sites))) == site:
            found += _at(day, exception.hours, site, exception.motives, practitioner, exception.where)
    return found


def _at(
    day: date, hours: tuple[Hours, ...], site: str, motives: tuple[str, ...], practitioner: str, where: Where
) -> list[Window]:
    return [Window(at_minute(day, h.start), at_minute(day, h.end), site, motives, practitioner, where) for h in hours]
