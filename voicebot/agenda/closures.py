"""Why nothing is open on a day, so that a caller can be told: a public holiday, a closed day, someone away. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from voicebot.agenda import rules
from voicebot.agenda.slots import offers_motive
from voicebot.ports import Closure, SlotQuery
from voicebot.practice.calendars import public_holiday
from voicebot.practice.schema import Practice


def closure(practice: Practice, query: SlotQuery, day: date) -> Closure | None:
    """Why nobody receives for the motive (with the practitioner) of a query on a day; None when someone does."""
    everyone = tuple(practice.practitioners)
    wanted = everyone if query.practitioner is None else (query.practitioner,)
    if any(_receives(practice, who, query.motive, day) for who in wanted):
        return None
    if name := public_holiday(practice.holiday_zone, day):
        return Closure("holiday", name)
    if query.practitioner is not None and any(_receives(practice, who, query.motive, day) for who in everyone):
        return Closure("absent")
    return Closure("closed")


def _receives(practice: Practice, who: str, motive: str, day: date) -> bool:
    """Whether a practitioner receives for a motive at any time of a day."""
    absent = [(start, end) for start, end, _ in rules.absences(practice, who, day, day + timedelta(days=1))]
    return any(
        offers_motive(practice, window, motive)
        and not any(start <= window.start and window.end <= end for start, end in absent)
        for window in rules.windows(practice, who, day)
    )
