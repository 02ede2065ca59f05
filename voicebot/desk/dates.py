"""Dates and times as browsers send them and as people type them."""

from __future__ import annotations

import re
from datetime import date, datetime

YEARS = range(1880, 2200)
"""A date beyond them is a slip of the keyboard (``0020`` while 2026 was being typed)."""


def read_date(text: str) -> date | None:
    """A date as a browser sends it or as people type it: 12/03/1978, 12 03 1978, 12031978; None for anything else."""
    text = text.strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return _sensible(date.fromisoformat(text))
        match = re.fullmatch(r"(\d{1,2})[ ./-](\d{1,2})[ ./-](\d{4})|(\d{2})(\d{2})(\d{4})", text)
        if match is None:
            return None
        day, month, year = (int(part) for part in match.groups() if part is not None)
        return _sensible(date(year, month, day))
    except ValueError:
        return None


def read_moment(text: str) -> datetime | None:
    """A day and an hour as a browser sends them, to the minute; None for anything else."""
    try:
        found = datetime.fromisoformat(text.strip()).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        return None
    return None if _sensible(found.date()) is None else found


def _sensible(found: date) -> date | None:
    return found if found.year in YEARS else None
