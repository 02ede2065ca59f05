"""Bookable slots, slowly and obviously: every minute of every day is asked about, one rule after the other.

Nothing of the real engine is used but the practice's dataclasses.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from voicebot.practice import Practice
from voicebot.practice.calendars import public_holidays, school_holidays
from voicebot.practice.schema import Motive, Opening

MINUTE = timedelta(minutes=1)


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def bookable_starts(
    practice: Practice,
    motive: Motive,
    kind: str,
    practitioner: str,
    now: datetime,
    first: date,
    days: int,
    busy: dict[str, list[tuple[datetime, datetime]]],
) -> list[datetime]:
    """Starts (wall time) on the given days. ``busy`` spans are aware, buffers included."""
    zone = practice.zone
    length = motive.new_duration if kind == "new" else motive.duration
    found = []

    @cache
    def is_open(minute: datetime, site: str) -> bool:
        return open_at(practice, practitioner, local(minute, zone), minute, site, motive.id)

    @cache
    def is_absent(who: str, minute: datetime) -> bool:
        return absent_at(practice, who, minute)

    for number in range(days * 24 * 60):
        wall = datetime.combine(first, datetime.min.time()) + number * MINUTE
        start = wall.replace(tzinfo=zone).astimezone(UTC)
        if local(start, zone) != wall:
            continue  # skipped by summer time
        if (wall.hour * 60 + wall.minute) % motive.grid:
            continue
        present = now.replace(tzinfo=zone).astimezone(UTC)
        if start - present < motive.notice * MINUTE:
            continue
        if start > (now + timedelta(days=motive.horizon_days)).replace(tzinfo=zone).astimezone(UTC):
            continue
        minutes = [start + i * MINUTE for i in range(length)]
        if not any(all(is_open(minute, site) for minute in minutes) for site in practice.sites):
            continue
        if any(is_absent(practitioner, minute) for minute in minutes):
            continue
        around = [start + i * MINUTE for i in range(-motive.buffer_before, length + motive.buffer_after)]
        if any(taken(busy, practitioner, minute) for minute in around):
            continue
        if not all(
            any(
                not any(taken(busy, resource, minute) for minute in around)
                and not any(is_absent(resource, minute) for minute in minutes)
                for resource in need
            )
            for need in motive.needs
        ):
            continue
        found.append(wall)
    return found


def taken(busy: dict[str, list[tuple[datetime, datetime]]], who: str, minute: datetime) -> bool:
    return any(start <= minute < end for start, end in busy.get(who, ()))


def absent_at(practice: Practice, who: str, minute: datetime) -> bool:
    zone = practice.zone
    for rule in practice.absences:
        if who not in rule.who:
            continue
        if rule.start is not None and rule.end is not None:
            if instant(rule.start, zone) <= minute < instant(rule.end, zone):
                return True
            continue
        for day in around(local(minute, zone).date()):
            for hours in rule.hours:
                if day.weekday() in rule.days and within(day, hours.start, hours.end, zone, minute):
                    return True
    return False


def open_at(practice: Practice, practitioner: str, wall: datetime, minute: datetime, site: str, motive: str) -> bool:
    for day in around(wall.date()):
        for whose in acting_for(practice, practitioner, day):
            if whose not in practice.motives[motive].practitioners:
                continue
            for start, end, motives in day_hours(practice, whose, day, site):
                if (not motives or motive in motives) and within(day, start, end, practice.zone, minute):
                    return True
    return False


def acting_for(practice: Practice, practitioner: str, day: date) -> list[str]:
    in_force = [rule for rule in practice.substitutions if rule.first <= day <= rule.last]
    own = [] if any(rule.practitioner == practitioner for rule in in_force) else [practitioner]
    return own + [rule.practitioner for rule in in_force if rule.substitute == practitioner]


def day_hours(practice: Practice, practitioner: str, day: date, site: str) -> list[tuple[int, int, tuple[str, ...]]]:
    ruling = None
    for rule in practice.exceptions:
        theirs = not rule.practitioners or practitioner in rule.practitioners
        if rule.first <= day <= rule.last and theirs and rule.site in (None, site):
            ruling = rule
    if ruling is not None:
        if ruling.hours and (ruling.site == site or (ruling.site is None and site == next(iter(practice.sites)))):
            return [(h.start, h.end, ruling.motives) for h in ruling.hours]
        return []
    return [
        (h.start, h.end, rule.motives)
        for rule in practice.openings
        if rule.site == site and (not rule.practitioners or practitioner in rule.practitioners)
        if falls_on(practice, rule, day)
        for h in rule.hours
    ]


def falls_on(practice: Practice, rule: Opening, day: date) -> bool:
    if (rule.valid_from and day < rule.valid_from) or (rule.valid_to and day > rule.valid_to):
        return False
    if rule.rrule:
        assert rule.valid_from
        begin = datetime.combine(rule.valid_from, datetime.min.time())
        moment = datetime.combine(day, datetime.min.time())
        if rrulestr(rule.rrule, dtstart=begin).between(moment, moment, inc=True) == []:
            return False
    elif day.weekday() not in rule.days:
        return False
    holiday = bool(practice.holiday_zone) and day in public_holidays(practice.holiday_zone or "", day.year)
    if (holiday and rule.public_holidays == "closed") or (not holiday and rule.public_holidays == "only"):
        return False
    school = bool(practice.school_zone) and day in school_holidays(practice.school_zone or "", day.year)
    return not ((school and rule.school_holidays == "never") or (not school and rule.school_holidays == "only"))


def within(day: date, start: int, end: int, zone: ZoneInfo, minute: datetime) -> bool:
    midnight = datetime.combine(day, datetime.min.time())
    return instant(midnight + start * MINUTE, zone) <= minute < instant(midnight + end * MINUTE, zone)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """A wall time in a gap takes effect when the gap ends."""
    exact = wall.replace(tzinfo=zone).astimezone(UTC)
    while local(exact, zone) != wall:
        wall += MINUTE
        exact = wall.replace(tzinfo=zone).astimezone(UTC)
    return exact


def around(day: date) -> tuple[date, date]:
    return day - timedelta(days=1), day
