"""The desk's French names for codes, from ``labels.toml``."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path

from voicebot.desk.roles import Account
from voicebot.practice.schema import Practice

MASKED = "motif confidentiel"

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre"),
    *("novembre", "décembre"),
)


@cache
def labels() -> dict[str, dict[str, str]]:
    """Every table of the file."""
    return tomllib.loads((Path(__file__).parent / "labels.toml").read_text(encoding="utf-8"))


def label(table: str, code: str | None) -> str:
    """The French name of a code; the code itself where the file has none."""
    return labels().get(table, {}).get(code or "", code or "")


def motive_label(practice: Practice, motive_id: str, account: Account) -> str:
    """A motive by its label, hidden from those whom a sensitive one does not concern."""
    motive = practice.motives.get(motive_id)
    if motive is None:
        return motive_id
    return MASKED if motive.sensitive and not account.sees_sensitive else motive.label


def day(value: date) -> str:
    """«Mardi 24 novembre»."""
    number = "1er" if value.day == 1 else str(value.day)
    return f"{DAYS[value.weekday()].capitalize()} {number} {MONTHS[value.month - 1]}"


def short_day(value: date) -> str:
    """«mar 24»."""
    return f"{DAYS[value.weekday()][:3]} {value.day}"


def clock(value: datetime) -> str:
    """«14:05»."""
    return f"{value:%H:%M}"


def phone(number: str | None) -> str:
    """A number as people in France write it; another country's stays E.164."""
    if number and number.startswith("+33") and len(number) == 12:
        digits = "0" + number[3:]
        return " ".join(digits[start : start + 2] for start in range(0, 10, 2))
    return number or ""
