"""Recurrence rules (RFC 5545, section 3.3.10) of openings, counted in whole days."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache

from dateutil.rrule import rrulestr

_RULE = re.compile(r"(?:RRULE:)?FREQ=(?:YEARLY|MONTHLY|WEEKLY|DAILY)(?:;[A-Z]+=[^;\s]+)*", re.I)
_INTERVAL = re.compile(r"INTERVAL=0*[1-9]\d{0,3}\b", re.I)
_MONTHS = re.compile(r"BYMONTH=([\d,]+)", re.I)
_DAYS = re.compile(r"BYMONTHDAY=([-+\d,]+)", re.I)
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month, at most."""


class RecurrenceError(ValueError):
    """A text that is no recurrence rule of whole days; its text says why."""


def check(rule: str) -> None:
    """Refuse what is no rule, and one that the library would follow without end or for 8,000 years.

    Raises:
        RecurrenceError: when it cannot be used.
    """
    if _RULE.fullmatch(rule.strip()) is None:
        raise RecurrenceError("FREQ= d'abord, puis des mots séparés par « ; »")
    if "INTERVAL=" in rule.upper() and _INTERVAL.search(rule) is None:
        raise RecurrenceError("INTERVAL vaut au moins 1")
    if not _falls(rule):
        raise RecurrenceError("aucun de ces mois n'a ce jour")
    try:
        dates(rule, date(2026, 1, 5), 2026)
    except (ValueError, TypeError, AttributeError, OverflowError, IndexError) as error:
        raise RecurrenceError(str(error)[:80]) from None


def _falls(rule: str) -> bool:
    """Whether one of its months has one of its days: no year has a 30 February."""
    months, days = _MONTHS.search(rule), _DAYS.search(rule)
    named = months[1].split(",") if months else [str(month) for month in range(1, 13)]
    longest = [_LONGEST[int(month) - 1] for month in named if month and 1 <= int(month) <= 12]
    numbers = [int(day) for day in days[1].split(",") if day.lstrip("+-")] if days else [1]
    return any(1 <= abs(number) <= most for most in longest for number in numbers)


@lru_cache(maxsize=512)
def dates(rule: str, start: date, year: int) -> frozenset[date]:
    """Dates of one year on which a rule that begins on ``start`` falls."""
    recurrence = rrulestr(rule.strip(), dtstart=datetime.combine(start, time()))
    return frozenset(at.date() for at in recurrence.between(datetime(year, 1, 1), datetime(year, 12, 31), inc=True))
