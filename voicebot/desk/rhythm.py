"""How often an opening comes back, as a form asks it ↔ a recurrence rule (RFC 5545, section 3.3.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from voicebot.practice.reading import DAYS

RHYTHMS: Mapping[str, str] = {
    "": "Chaque semaine",
    "2": "Une semaine sur deux",
    "3": "Une semaine sur trois",
    "4": "Une semaine sur quatre",
    "+1": "La première fois du mois",
    "+2": "La deuxième fois du mois",
    "+3": "La troisième fois du mois",
    "+4": "La quatrième fois du mois",
    "-1": "La dernière fois du mois",
    "rule": "Une autre règle, écrite plus bas",
}
"""What may be chosen: every so many weeks, or the nth weekday of the month; every week needs no rule."""

RULE = "rule"
"""A rule that these words cannot say."""

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def write(rhythm: str, days: Sequence[str]) -> str:
    """The rule of a rhythm on some weekdays, by their French names."""
    codes = [code for code, day in zip(CODES, DAYS, strict=True) if day in days]
    if rhythm.isdecimal():
        return f"FREQ=WEEKLY;INTERVAL={rhythm};BYDAY={','.join(codes)}"
    nth = rhythm.removeprefix("+")
    return f"FREQ=MONTHLY;BYDAY={','.join(nth + code for code in codes)}"


def read(rule: str) -> tuple[str, list[str]] | None:
    """The rhythm and the weekdays of a rule; None when these words cannot say it."""
    if found := re.fullmatch(r"FREQ=WEEKLY;INTERVAL=([234]);BYDAY=((?:[A-Z]{2},?)+)", rule):
        rhythm, listed = found[1], [("", code) for code in found[2].split(",")]
    elif found := re.fullmatch(r"FREQ=MONTHLY;BYDAY=((?:(?:[1-4]|-1)[A-Z]{2},?)+)", rule):
        listed = [(item[:-2], item[-2:]) for item in found[1].split(",")]
        nth = listed[0][0]
        rhythm = nth if nth.startswith("-") else "+" + nth
    else:
        return None
    if len({nth for nth, _ in listed}) != 1 or any(code not in CODES for _, code in listed):
        return None
    return rhythm, [DAYS[CODES.index(code)] for _, code in listed]
