"""Public and school holidays of the French zones, by the names that a practice writes.

The ``holidays`` library raises for some codes that people try (67) and silently adds nothing for others (GES), so only
the names below reach it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

import holidays

PUBLIC_ZONES: dict[str, str | None] = {
    "metropole": None,
    "alsace-moselle": "57",
    "guadeloupe": "971",
    "martinique": "972",
    "guyane": "973",
    "la-reunion": "974",
    "mayotte": "976",
    "saint-barthelemy": "BL",
    "saint-martin": "MF",
    "saint-pierre-et-miquelon": "PM",
    "wallis-et-futuna": "WF",
    "polynesie-francaise": "PF",
    "nouvelle-caledonie": "NC",
}
"""A practice's word → subdivision of ``holidays.France``."""

SCHOOL_ZONES = {"A": "Zone A", "B": "Zone B", "C": "Zone C"}

MISTAKES = {
    **dict.fromkeys(
        ["57", "67", "68", "6ae", "ges", "grand est", "grand-est", "alsace", "moselle", "bas-rhin", "haut-rhin"],
        "alsace-moselle",
    ),
    **dict.fromkeys(["fr", "france", "métropole", "fx", "idf", "paris"], "metropole"),
    **dict.fromkeys(["971", "gp", "gua"], "guadeloupe"),
    **dict.fromkeys(["972", "mq"], "martinique"),
    **dict.fromkeys(["973", "gf", "gy"], "guyane"),
    **dict.fromkeys(["974", "re", "lre", "réunion", "reunion", "la réunion"], "la-reunion"),
    **dict.fromkeys(["976", "yt", "may"], "mayotte"),
}
"""What people write instead → the right name. Mulhouse and Strasbourg alike follow Alsace-Moselle's local law."""


TWO_LAWS = frozenset({"ges", "grand est", "grand-est"})
"""Mistakes that name a region of which only a part follows the local law."""


@cache
def public_holidays(zone: str, year: int) -> dict[date, str]:
    """Public holidays of one year with their French names."""
    found = holidays.country_holidays("FR", subdiv=PUBLIC_ZONES[zone], years=year, language="fr", expand=False)
    return {day: str(name) for day, name in found.items()}


@cache
def school_holidays(zone: str, year: int) -> frozenset[date]:
    """Days of school holidays of one year; for years that are not published yet, the library's projection."""
    found = holidays.country_holidays("FR", subdiv=SCHOOL_ZONES[zone], years=year, categories=("school",), expand=False)
    return frozenset(found)


def load(public: str | None, school: str | None, years: Iterable[int]) -> None:
    """Load the calendars of a practice's zones now: the first look costs a second or two, later ones nothing."""
    for year in years:
        if public:
            public_holidays(public, year)
        if school:
            school_holidays(school, year)


def public_holiday(zone: str | None, day: date) -> str | None:
    """The name of the public holiday that ``day`` is, or None."""
    return public_holidays(zone, day.year).get(day) if zone else None


def is_school_holiday(zone: str | None, day: date) -> bool:
    """Whether ``day`` is one of the zone's school holidays."""
    return zone is not None and day in school_holidays(zone, day.year)
