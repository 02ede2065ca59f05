"""Durations from today: « dans quinze jours », « d'ici un mois », « sous huitaine »."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from voicebot.french.time.grammar import DATES, STORIES, Made
from voicebot.french.time.nodes import Context, Days
from voicebot.french.time.patterns import Found
from voicebot.french.time.weekdays import days

_MOST = 120
_ROUGHLY = 2
"""« dans une quinzaine », days on each side."""
_SOON = {"jour": 7, "semaine": 28, "mois": 90}
"""« les prochains jours », « les semaines à venir », in days."""
_ONE = "(NUM|un|une)"


def add(day: date, count: int, unit: str) -> date:
    """A day so many days, weeks, months or years later. French counts both ends: « quinze jours » are two weeks."""
    if unit == "jour":
        return day + timedelta(days={8: 7, 15: 14}.get(count, count))
    if unit == "semaine":
        return day + timedelta(weeks=count)
    year, month = divmod(day.year * 12 + day.month - 1 + (count if unit == "mois" else 12 * count), 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _count(f: Found) -> int | None:
    value = 1 if f["n"] in ("un", "une") else f["n"]
    return value if isinstance(value, int) and 0 < value <= _MOST else None


@DATES.rule(f"dans n:{_ONE} u:UNIT")
def _in(cx: Context, f: Found) -> Made | None:
    count = _count(f)
    if count is None:
        return None
    day = add(cx.today, count, f["u"])
    monday = cx.monday(day)
    whole_weeks = f["u"] != "jour" or (day - cx.today).days % 7 == 0
    wide = cx.span(monday, monday + timedelta(days=6)) if whole_weeks else 0
    return days(Days(cx.day(day), "date", first=day, last=day, wide=wide))


@DATES.rule(f"dans NEAR n:{_ONE} u:UNIT", f"dans n:{_ONE} u:UNIT a? NEAR", f"NEAR dans n:{_ONE} u:UNIT")
def _in_roughly(cx: Context, f: Found) -> Made | None:
    """« dans environ trois semaines »: the week of that day, or two days on each side."""
    count = _count(f)
    if count is None:
        return None
    day = add(cx.today, count, f["u"])
    if f["u"] == "jour":
        return days(cx.between(day - timedelta(days=_ROUGHLY), day + timedelta(days=_ROUGHLY)))
    monday = cx.monday(day)
    return days(cx.between(monday, monday + timedelta(days=6)))


@DATES.rule(f"dans n:{_ONE} u:UNIT h:MORE")
def _in_and_half(cx: Context, f: Found) -> Made | None:
    """« dans un mois et demi »: the week of that day."""
    count = _count(f)
    if count is None or f["h"] != 30 or f["u"] not in ("mois", "semaine"):
        return None
    monday = cx.monday(add(cx.today, count, f["u"]) + timedelta(days=15 if f["u"] == "mois" else 3))
    return days(cx.between(monday, monday + timedelta(days=6)))


@DATES.rule("dans (a:NUM|un|une) (OR|a|COMMA)? b:NUM u:UNIT", "dans (a:NUM|un|une) u:UNIT OR b:NUM")
def _in_two_or_three(cx: Context, f: Found) -> Made | None:
    first = f["a"] or 1
    if not 0 < first < f["b"] <= _MOST:
        return None
    low, high = add(cx.today, first, f["u"]), add(cx.today, f["b"], f["u"])
    if f["u"] != "jour":
        low, high = cx.monday(low), cx.monday(high) + timedelta(days=6)
    return days(cx.between(low, high))


@DATES.rule(
    f"(d ici|sous|avant) NEAR? n:{_ONE} u:UNIT",
    f"d ici a n:{_ONE} u:UNIT",
    f"d ici NUM UNIT? (OR|a|COMMA)? n:{_ONE} u:UNIT",
    f"dans moins (de|d) n:{_ONE} u:UNIT",
    f"en moins (de|d) n:{_ONE} u:UNIT",
    "(dans|sous) (les|la|l) n:NUM NEXT? u:UNIT NEXT?",
    "d ici (le|la|l|les) n:NUM NEXT? u:UNIT NEXT?",
    "(les|THIS) n:NUM NEXT u:UNIT",
    "(les|THIS) n:NUM u:UNIT NEXT",
)
def _within(cx: Context, f: Found) -> Made | None:
    count = _count(f)
    return None if count is None else days(cx.between(cx.today, add(cx.today, count, f["u"])))


@DATES.rule("dans? (les|THIS) NEXT u:UNIT", "dans? (les|THIS) u:UNIT NEXT")
def _coming(cx: Context, f: Found) -> Made | None:
    """« dans les jours qui viennent »."""
    if f["u"] not in _SOON:
        return None
    return days(cx.between(cx.today, cx.today + timedelta(days=_SOON[f["u"]])))


@DATES.rule(
    f"NOT avant (au moins)? n:{_ONE} u:UNIT",
    f"(apres|a partir de|a partir d|PREV) n:{_ONE} u:UNIT",
    f"dans (plus|au moins|EARLIEST) (de|d)? n:{_ONE} u:UNIT",
    f"au moins dans n:{_ONE} u:UNIT",
)
def _not_before(cx: Context, f: Found) -> Made | None:
    count = _count(f)
    return None if count is None else days(cx.between(add(cx.today, count, f["u"]), None))


@DATES.rule("(sous|d ici|dans la|dans les) a:ABOUT")
def _within_about(cx: Context, f: Found) -> Made | None:
    """« sous huitaine »."""
    return days(cx.between(cx.today, add(cx.today, f["a"], "jour")))


@DATES.rule("dans a:ABOUT")
def _in_about(cx: Context, f: Found) -> Made | None:
    """« dans une quinzaine de jours »."""
    day = add(cx.today, f["a"], "jour")
    return days(cx.between(day - timedelta(days=_ROUGHLY), day + timedelta(days=_ROUGHLY)))


# --- what is told, not asked -------------------------------------------------------------------------------


@STORIES.rule(f"SINCE n:{_ONE}? (UNIT|HEURE|MINUTE) QUE?", f"AGO n:{_ONE} (UNIT|HEURE|MINUTE)")
def _story(cx: Context, f: Found) -> Made | None:
    return [("SINCE", None)]


@STORIES.rule("b:BOOK? (de|a)? n:NUM u:UNIT")
def _age(cx: Context, f: Found) -> Made | None:
    """« ma fille de six ans »: an age."""
    child = f.has("b") and f["b"] == "entourage"
    return [("BOOK", "age")] if f["u"] == "an" or (f["u"] == "mois" and child) else None


@DATES.rule("SINCE le? (WD|REL|NUM MONTH)")
def _since_day(cx: Context, f: Found) -> Made | None:
    return [("SINCE", None)]
