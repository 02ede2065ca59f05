"""Feasts and school holidays.

Holidays of the State: Code du travail, art. L3133-1; zones: the ministry's order of each year (package holidays).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from dateutil.easter import easter


def _from_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=days)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


_DATES: dict[str, Callable[[int], date]] = {
    "noel": _fixed(12, 25),
    "reveillon": _fixed(12, 24),
    "nouvel_an": _fixed(1, 1),
    "saint_sylvestre": _fixed(12, 31),
    "epiphanie": _fixed(1, 6),
    "chandeleur": _fixed(2, 2),
    "saint_valentin": _fixed(2, 14),
    "mardi_gras": _from_easter(-47),
    "paques": _from_easter(0),
    "vendredi_saint": _from_easter(-2),
    "lundi_paques": _from_easter(1),
    "fete_travail": _fixed(5, 1),
    "victoire": _fixed(5, 8),
    "ascension": _from_easter(39),
    "pentecote": _from_easter(49),
    "lundi_pentecote": _from_easter(50),
    "fete_musique": _fixed(6, 21),
    "fete_nationale": _fixed(7, 14),
    "assomption": _fixed(8, 15),
    "toussaint": _fixed(11, 1),
    "armistice": _fixed(11, 11),
}

_SCHOOL = {
    "noel": "Vacances de Noël",
    "hiver": "Vacances d'hiver",
    "printemps": "Vacances de printemps",
    "ete": "Vacances d'été",
    "toussaint": "Vacances de la Toussaint",
}


def next_feast(name: str, today: date) -> tuple[date, date]:
    """First and last day of the next feast of that name (``fetes`` are Christmas Eve to New Year's Day)."""
    if name == "fetes":
        first = _next("reveillon", today)
        return first, date(first.year + 1, 1, 1)
    if name == "entre_fetes":
        first = _next("saint_sylvestre", today)
        return first.replace(day=26), first
    day = _next(name, today)
    return day, day


def _next(name: str, today: date) -> date:
    day = _DATES[name](today.year)
    return day if day >= today else _DATES[name](today.year + 1)


def school_holidays(name: str, zone: str, today: date) -> list[tuple[date, date]]:
    """Spans of school holidays (inclusive) that are not over: all of them for ``vacances``, else those of a name."""
    spans = [(first, last, title) for first, last, title in _school(zone, today.year) if last >= today]
    if name == "vacances":
        return [(first, last) for first, last, _ in spans]
    return [(first, last) for first, last, title in spans if title == _SCHOOL[name]][:1]


@lru_cache(maxsize=8)
def _school(zone: str, year: int) -> tuple[tuple[date, date, str], ...]:
    from holidays import country_holidays  # a second to import, and few callers speak of school holidays

    days = country_holidays("FR", subdiv=f"Zone {zone}", years=[year, year + 1], categories=("school",), language="fr")
    spans: list[tuple[date, date, str]] = []
    for day in sorted(days):
        title = days[day]
        if spans and spans[-1][2] == title and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day, title)
        else:
            spans.append((day, day, title))
    return tuple(spans)
