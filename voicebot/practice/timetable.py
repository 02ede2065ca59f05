"""Read the rules of time: openings, exceptions, absences, substitutions and reception."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo

from voicebot.practice import recurrence
from voicebot.practice.localtime import exists
from voicebot.practice.reading import Table
from voicebot.practice.schema import Absence, DayException, Opening, Reception, Substitution


@dataclass(frozen=True)
class Names:
    """The ids that rules may cite, and the zone whose clock they follow."""

    sites: tuple[str, ...]
    practitioners: tuple[str, ...]
    resources: tuple[str, ...]
    motives: tuple[str, ...]
    zone: ZoneInfo


def opening(table: Table, names: Names) -> Opening:
    """Read one ``[[openings]]``."""
    first, last = _validity(table, "valid_from", "valid_to", required=False)
    days, rule = table.days("days"), table.text("rrule", "") or None
    if bool(days) == bool(rule) and not (table.has("days") and not days and not rule):
        table.error("days" if table.has("days") else "rrule" if rule else "", "days_or_rrule")
    if rule:
        _check_rrule(table, rule, first)
    _required(table, "hours")
    result = Opening(
        practitioners=table.among("practitioners", names.practitioners),
        site=_site(table, names) or "",
        motives=table.among("motives", names.motives),
        days=days,
        rrule=rule,
        hours=table.hours("hours"),
        valid_from=first,
        valid_to=last,
        public_holidays=cast(
            Literal["closed", "open", "only"], table.choice("public_holidays", "closed", ("closed", "open", "only"))
        ),
        school_holidays=cast(
            Literal["any", "never", "only"], table.choice("school_holidays", "any", ("any", "never", "only"))
        ),
        where=table.where,
    )
    table.finish()
    return result


def day_exception(table: Table, names: Names) -> DayException:
    """Read one ``[[exceptions]]``."""
    if table.has("date"):
        first = last = table.date("date")
    else:
        first, last = _validity(table, "from", "to", required=True)
    closed = table.boolean("closed", False)
    hours = table.hours("hours")
    if closed == table.has("hours"):
        table.error("closed" if table.has("closed") else "", "closed_or_hours")
    result = DayException(
        first=first or date.min,
        last=last or date.max,
        practitioners=table.among("practitioners", names.practitioners),
        site=table.choice("site", "", names.sites) if table.has("site") else None,
        motives=table.among("motives", names.motives),
        hours=hours,
        label=table.text("label", ""),
        where=table.where,
    )
    if hours and result.site is None and len(names.sites) > 1:
        table.error("site", "site_needed", example=f'"{names.sites[0]}"')
    table.finish()
    return result


def absence(table: Table, names: Names) -> Absence:
    """Read one ``[[absences]]``: a range of dates or moments, or hours of recurring weekdays."""
    ranged, recurring = table.has("from") or table.has("to"), table.has("days") or table.has("hours")
    start = end = None
    if ranged:
        start, end = _moments(table, names.zone)
    if ranged == recurring:
        table.error("", "absence_form")
    elif recurring:
        _required(table, "days", "hours")
    _required(table, "who", who=next(iter(names.practitioners), "…"))
    result = Absence(
        who=table.among("who", (*names.practitioners, *names.resources), required=True),
        start=start,
        end=end,
        days=table.days("days"),
        hours=table.hours("hours"),
        label=table.text("label", ""),
        where=table.where,
    )
    table.finish()
    return result


def substitution(table: Table, names: Names) -> Substitution:
    """Read one ``[[substitutions]]``."""
    first, last = _validity(table, "from", "to", required=True)
    result = Substitution(
        practitioner=table.choice("practitioner", None, names.practitioners),
        substitute=table.choice("substitute", None, names.practitioners),
        first=first or date.min,
        last=last or date.max,
        where=table.where,
    )
    if result.practitioner == result.substitute and table.has("substitute"):
        table.error("substitute", "self_substitute")
    table.finish()
    return result


def reception(table: Table) -> Reception:
    """Read one ``[[reception]]``."""
    _required(table, "days", "hours")
    result = Reception(table.days("days"), table.hours("hours"))
    table.finish()
    return result


def _required(table: Table, *keys: str, who: str = "…") -> None:
    """Note lists that must be written, and must hold something."""
    examples = {"days": '["mercredi"]', "hours": '["08:30-12:30"]', "who": f'["{who}"]'}
    for key in keys:
        if not table.has(key):
            table.error(key, "missing", name=key, example=examples[key])
        elif table.values[key] == []:
            table.error(key, "empty_list", example=examples[key])


def _site(table: Table, names: Names) -> str | None:
    if table.has("site"):
        return table.choice("site", "", names.sites)
    if len(names.sites) > 1:
        table.error("site", "site_needed", example=f'"{names.sites[0]}"')
    return names.sites[0] if names.sites else None


def _validity(table: Table, start: str, end: str, *, required: bool) -> tuple[date | None, date | None]:
    first, last = table.date(start, required=required), table.date(end, required=required)
    if first and last and last < first:
        table.error(end, "order", first=first, last=last)
    return first, last


def _moments(table: Table, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """A range of moments; a bare end date means that whole day."""
    ends: list[datetime | None] = []
    for key, extra in (("from", timedelta()), ("to", timedelta(days=1))):
        value = table.moment(key, required=True)
        if value is None:
            ends.append(None)
        elif isinstance(value, datetime):
            if not exists(value, zone):
                table.error(key, "moment_missing", value=value)
            ends.append(value)
        else:
            ends.append(datetime.combine(value, time()) + extra)
    first, last = ends
    if first and last and last <= first:
        table.error("to", "order", first=first, last=last)
    return first, last


def _check_rrule(table: Table, rule: str, first: date | None) -> None:
    if first is None:
        table.error("rrule", "rrule_start")
    words = rule.upper()
    if any(word in words for word in ("BYHOUR", "BYMINUTE", "BYSECOND", "HOURLY", "MINUTELY", "SECONDLY")):
        table.error("rrule", "rrule_fine")
        return
    try:
        recurrence.check(rule)
    except recurrence.RecurrenceError as error:
        table.error("rrule", "rrule", detail=error)
