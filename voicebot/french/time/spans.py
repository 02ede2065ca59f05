"""Weeks, months and their parts: « la semaine du 7 », « début décembre », « le premier lundi de janvier »."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from voicebot.french.time.dates import NOT_A_DAY, dated, day_number
from voicebot.french.time.durations import add
from voicebot.french.time.grammar import DATES, Made
from voicebot.french.time.nodes import Context, Days
from voicebot.french.time.patterns import Found
from voicebot.french.time.weekdays import days

_OF_MONTH = {"debut": (1, 10), "milieu": (11, 20), "fin": (21, 31)}
"""Days of the month, inclusive."""
_OF_WEEK = {"debut": (0, 1), "milieu": (1, 3), "fin": (3, 5)}
"""Weekdays, inclusive; the end of a practice's week is Thursday to Saturday."""
_OF_YEAR = {"debut": (1, 1), "milieu": (6, 7), "fin": (12, 12)}
"""Months, inclusive."""
_FORTNIGHT = 15
_FEW = 5
"""« les premiers jours de décembre »."""
_OF = "(de|d|du|de la|de l|la)?"


def week(cx: Context, day: date) -> Days:
    """The week of a day, Monday to Sunday."""
    monday = cx.monday(day)
    return cx.between(monday, monday + timedelta(days=6))


def month_end(day: date) -> date:
    """The last day of the month of a day."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def month(cx: Context, day: date) -> Days:
    """The month of a day."""
    return cx.between(day.replace(day=1), month_end(day))


def month_start(cx: Context, number: int, year: int | None = None) -> date:
    """First day of the current or next month of that number."""
    return date(year or cx.today.year + (number < cx.today.month), number, 1)


def section(cx: Context, unit: str, edge: str, day: date) -> Days:
    """The beginning, middle or end of the week, month or year of a day."""
    if unit == "semaine":
        monday = cx.monday(day)
        low, high = _OF_WEEK[edge]
        return cx.between(monday + timedelta(days=low), monday + timedelta(days=high))
    if unit == "mois":
        low, high = _OF_MONTH[edge]
        return cx.between(day.replace(day=low), day.replace(day=min(high, month_end(day).day)))
    low, high = _OF_YEAR[edge]
    return cx.between(date(day.year, low, 1), month_end(date(day.year, high, 1)))


def _next(cx: Context, unit: str, how: str) -> Days | None:
    """« la semaine prochaine »; « la semaine suivante » counts from what was offered."""
    if how == "suivant" and not cx.offered:
        return None
    base = cx.offered[-1].date() if how == "suivant" else cx.today
    if unit == "semaine":
        return week(cx, base + timedelta(weeks=1))
    if unit == "mois":
        return month(cx, add(base.replace(day=1), 1, "mois"))
    if unit == "an":
        return cx.between(date(base.year + 1, 1, 1), date(base.year + 1, 12, 31))
    return cx.one(base + timedelta(days=1)) if how == "suivant" else None


def _this(cx: Context, unit: str) -> Days | None:
    ends = {"semaine": week(cx, cx.today).last, "mois": month_end(cx.today), "an": date(cx.today.year, 12, 31)}
    return cx.between(cx.today, ends[unit]) if unit in ends else None


def _is_late(cx: Context, unit: str) -> bool:
    """« dans la semaine », said on a Friday, may be the seven days to come."""
    return (unit == "semaine" and cx.today.weekday() > 2) or (unit == "mois" and cx.today.day > 10)


@DATES.rule("u:UNIT n:NEXT", "n:NEXT u:UNIT")
def _next_unit(cx: Context, f: Found) -> Made | None:
    made = _next(cx, f["u"], f["n"])
    return None if made is None else days(made)


@DATES.rule("t:THIS u:UNIT ci?", "(dans|en|de) (la|l) u:UNIT", "(dans|courant) (le|du) (courant|cours)? (du)? u:UNIT")
def _this_unit(cx: Context, f: Found) -> Made | None:
    after = f.after()
    if after is not None and (after.kind in ("NEXT", "NUM", "FEAST") or after.value in ("de", "d", "du")):
        return None  # another week is about to be named
    if not f.has("t") and _is_late(cx, f["u"]):
        cx.doubt("d'ici la fin, ou dans les jours qui suivent")
    made = _this(cx, f["u"])
    return None if made is None else days(made)


@DATES.rule(
    f"(NEAR (de|d)? (la|le)?)? e:EDGE {_OF} u:UNIT",
    f"(NEAR (de|d)? (la|le)?)? e:EDGE {_OF} u:UNIT n:NEXT",
    f"(NEAR (la|le)?)? e:EDGE {_OF} t:THIS u:UNIT ci?",
)
def _edge_of_unit(cx: Context, f: Found) -> Made | None:
    unit, edge = f["u"], f["e"]
    if unit == "jour":
        return None
    if unit == "semaine" and not f.has("n") and not f.has("t"):
        low, high = _OF_WEEK[edge]
        return days(Days(sum(cx.weekday(number) for number in range(low, high + 1)), "every"))
    span = _next(cx, unit, f["n"]) if f.has("n") else _this(cx, unit)
    if span is None or span.first is None:
        return None
    made = section(cx, unit, edge, span.first)
    if unit in ("mois", "an") and made.last is not None and made.last < cx.today and not f.has("t"):
        made = section(cx, unit, edge, add(span.first.replace(day=1), 1, unit))
    return days(made)


@DATES.rule(f"(avant|d ici|d ici a|jusqu a|jusqu) la? e:EDGE {_OF} THIS? u:UNIT n:NEXT?")
def _before_edge(cx: Context, f: Found) -> Made | None:
    """« avant la fin du mois »: its last days too."""
    made = _next(cx, f["u"], f["n"]) if f.has("n") else _this(cx, f["u"])
    if made is None or made.first is None:
        return None
    end = made.last if f["e"] == "fin" else section(cx, f["u"], f["e"], made.first).last
    return days(cx.between(cx.today, end))


@DATES.rule(f"(e:EDGE {_OF})? u:UNIT (du|de|de la|de le|qui commence le) w:WD? (d:NUM|o:ORD) m:MONTH?")
def _week_of_date(cx: Context, f: Found) -> Made | None:
    day = day_number(f)
    made = None if day is None or f["u"] != "semaine" else dated(cx, day, f["m"], None, f["w"]).first
    if made is None:
        return None
    return days(section(cx, "semaine", f["e"], made) if f.has("e") else week(cx, made))


@DATES.rule("u:UNIT (du|de) a:NUM k:MONTH? j:(OR|AND) PICK? (du|de) b:NUM m:MONTH?")
def _weeks_of_dates(cx: Context, f: Found) -> Made | None:
    """« la semaine du 7 ou du 14 décembre » names two weeks."""
    after = f.after()
    if f["u"] != "semaine" or (after is not None and after.kind in NOT_A_DAY):
        return None
    first, second = dated(cx, f["a"], f["k"] or f["m"]).first, dated(cx, f["b"], f["m"]).first
    if first is None or second is None:
        return None
    return [("DAY", week(cx, first)), ("OR", "ou"), ("DAY", week(cx, second))]


@DATES.rule("u:UNIT numero? n:NUM")
def _numbered_week(cx: Context, f: Found) -> Made | None:
    """« la semaine 49 » is that week of the ISO calendar."""
    after = f.after()
    if f["u"] != "semaine" or not 1 <= f["n"] <= 53 or (after is not None and after.kind in NOT_A_DAY):
        return None
    for year in (cx.today.year, cx.today.year + 1):
        last = date(year, 12, 28).isocalendar().week
        if f["n"] <= last and (monday := date.fromisocalendar(year, f["n"], 1)) + timedelta(days=6) >= cx.today:
            return days(week(cx, monday))
    return None


@DATES.rule(
    f"(NEAR (de|d)? (la|le)?)? e:EDGE {_OF} (UNIT (de|d))? m:MONTH (NEXT|y:NUM)?",
    "(UNIT (de|d))? m:MONTH (NEXT|y:NUM)?",
)
def _month(cx: Context, f: Found) -> Made | None:
    if f.has("y") and not 2000 <= f["y"] <= 2100:
        return None
    start = month_start(cx, f["m"], f["y"])
    return days(section(cx, "mois", f["e"], start) if f.has("e") else month(cx, start))


_IN_MONTH = "(de|d|du|en) le? (UNIT (de|d) m:MONTH|k:MONTH|u:UNIT n:NEXT?|THIS u2:UNIT)"


def _month_of(cx: Context, f: Found) -> date | None:
    """First day of the month that the pattern ``_IN_MONTH`` named."""
    if f.has("m") or f.has("k"):
        return month_start(cx, f["m"] or f["k"])
    if (f["u"] or f["u2"]) != "mois":
        return None
    first = cx.today.replace(day=1)
    return add(first, 1, "mois") if f.has("n") else first


@DATES.rule(f"(le|la|les|un|une)? o:ORD w:WD {_IN_MONTH}")
def _nth_weekday(cx: Context, f: Found) -> Made | None:
    start = _month_of(cx, f)
    if start is None:
        return None
    hits = [d for i in range(month_end(start).day) if (d := start + timedelta(days=i)).weekday() == f["w"]]
    index = f["o"] - 1 if f["o"] > 0 else f["o"]
    return days(cx.one(hits[index])) if index < len(hits) else None


@DATES.rule(f"o:ORD u3:UNIT {_IN_MONTH}")
def _nth_week(cx: Context, f: Found) -> Made | None:
    start = _month_of(cx, f)
    if start is None or f["u3"] != "semaine":
        return None
    last = month_end(start)
    if (f["o"] > 0 and start.weekday() > 3) or (f["o"] < 0 and last.weekday() < 3):
        cx.doubt("une semaine entamée, ou la première entière")
    if f["o"] < 0:
        return days(cx.between(cx.monday(last), last))
    # The first week is the one that has its Thursday in the month, as ISO 8601 counts those of a year.
    monday = cx.monday(start) + timedelta(weeks=f["o"] - (start.weekday() <= 3))
    return days(cx.between(max(monday, start), min(monday + timedelta(days=6), last)))


@DATES.rule(f"n4:NUM? o:ORD u3:UNIT {_IN_MONTH}")
def _first_days(cx: Context, f: Found) -> Made | None:
    """« les premiers jours de décembre », « les deux premières semaines de janvier »."""
    start = _month_of(cx, f)
    if start is None or f["u3"] not in ("jour", "semaine"):
        return None
    before = f.before()
    if f["u3"] == "jour" and not f.has("n4") and (before is None or before.value not in ("les", "des", "aux")):
        return _one_day(cx, start, f["o"])
    if f["o"] not in (1, -1):
        return None
    if f["u3"] == "semaine" and not f.has("n4"):
        return None  # the first week is one of the calendar
    count = (f["n4"] or _FEW) * (7 if f["u3"] == "semaine" else 1)
    if count > _FORTNIGHT:
        return None
    first = start if f["o"] == 1 else month_end(start) - timedelta(days=count - 1)
    return days(cx.between(first, first + timedelta(days=count - 1)))


def _one_day(cx: Context, start: date, number: int) -> Made:
    """« le premier jour de décembre », « le dernier jour du mois »."""
    first = start if number > 0 else add(start, 1, "mois")
    return days(cx.one(first + timedelta(days=number - (number > 0))))


@DATES.rule(f"o:ORD a:ABOUT {_IN_MONTH}")
def _half_of_month(cx: Context, f: Found) -> Made | None:
    """« la première quinzaine de décembre »."""
    start = _month_of(cx, f)
    if start is None or f["a"] != _FORTNIGHT or f["o"] not in (1, 2, -1):
        return None
    middle = start.replace(day=_FORTNIGHT)
    return days(cx.between(start, middle) if f["o"] == 1 else cx.between(middle + timedelta(days=1), month_end(start)))
