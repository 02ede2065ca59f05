"""Days, weeks, months and feasts: pieces to sets of days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

from voicebot.french.time.feasts import next_feast, school_holidays
from voicebot.french.time.lexer import ALPHABET
from voicebot.french.time.nodes import ALL_DAYS, Context, Days
from voicebot.french.time.patterns import Found, Grammar

DATES = Grammar(ALPHABET)
"""Words to days (``DAY``)."""

Made = list[tuple[str, Any]]

_SECTIONS = {"debut": (0, 10), "milieu": (10, 20), "fin": (20, 31)}
_WEEK_SECTIONS = {"debut": (0, 1), "milieu": (1, 3), "fin": (3, 5)}
_MAX_COUNT = 120
_FAR = 45
"""A weekday with a number and no month that falls later than so many days ahead is doubtful."""


def _days(value: Days) -> Made:
    return [("DAY", value)]


def weekday(cx: Context, number: int) -> Days:
    """A bare weekday: the one among the offers, else the coming one (never today)."""
    every = cx.weekday(number)
    near = 0
    for offer in cx.offered:
        if offer.weekday() == number:
            near |= cx.day(offer.date())
    if not near:
        near = cx.day(cx.today + timedelta(days=(number - cx.today.weekday() - 1) % 7 + 1))
    return Days(every, "weekday", near=near)


def coming(cx: Context, number: int) -> date:
    """The coming weekday, after today."""
    return cx.today + timedelta(days=(number - cx.today.weekday() - 1) % 7 + 1)


def dated(cx: Context, day: int, month: int | None, year: int | None, number: int | None) -> Days | None:
    """A day of the month, in the given or the next fitting month; None when no calendar has it.

    With a weekday that the date does not fall on, the reading is impossible.
    """
    if not 1 <= day <= 31 or (month is not None and not 1 <= month <= 12):
        return None
    if year is not None and year < 100:
        year += 2000
    found = [d for d in _fitting(cx, day, month, year) if number is None or d.weekday() == number]
    for offer in cx.offered:
        if month is None and offer.day == day and (number is None or offer.weekday() == number):
            return cx.one(offer.date())
    if not found:
        cx.impossible = True
        cx.doubt("cette date n'existe pas")
        return Days(0, "date")
    return cx.one(found[0])


def _fitting(cx: Context, day: int, month: int | None, year: int | None) -> list[date]:
    years = [cx.today.year, cx.today.year + 1] if year is None else [year]
    months = range(1, 13) if month is None else [month]
    made = [date(y, m, day) for y in years for m in months if day <= monthrange(y, m)[1]]
    return [d for d in made if d >= cx.today] if year is None else made


def _one_to_31(cx: Context, f: Found) -> int | None:
    value = f["d"] if "d" in f.names else None
    if "o" in f.names and f.has("o"):
        value = 1 if f["o"] == 1 else None
    return value if isinstance(value, int) and 1 <= value <= 31 else None


_BUSY_WITH = frozenset({"HEURE", "UNIT", "COLON", "SLASH", "MINUTE"})
"""What shows that a number before it is no day of the month."""


@DATES.rule(
    "w:WD? le? (d:NUM|o:ORD|i:un) (de|du|du UNIT de|au UNIT de)? m:MONTH y:NUM?",
    "le w:WD (d:NUM|o:ORD) (de|du|du UNIT de)? m:MONTH y:NUM?",
    "w:WD? le? d:NUM (SLASH|STOP) m:NUM (SLASH|STOP) y:NUM",
    "w:WD? le? d:NUM DASH m:NUM DASH y:NUM",
    "w:WD? le? d:NUM SLASH m:NUM",
)
def _full_date(cx: Context, f: Found) -> Made | None:
    day = 1 if "i" in f.names and f.has("i") else _one_to_31(cx, f)
    year = f["y"] if "y" in f.names else None
    if year is not None and not 2000 <= year <= 2100:
        if 1900 <= year < 2000 or 40 < year < 100:
            cx.impossible = True
        elif not 20 <= year <= 40:
            return None
    made = None if day is None else dated(cx, day, f["m"], year, f["w"] if "w" in f.names else None)
    return None if made is None else _days(made)


@DATES.rule("le? w:WD le? (d:NUM|o:ORD)")
def _weekday_number(cx: Context, f: Found) -> Made | None:
    day = _one_to_31(cx, f)
    after = f.after()
    if day is None or (after is not None and after.kind in (*_BUSY_WITH, "WD")):
        return None
    made = dated(cx, day, None, None, f["w"])
    if made is not None and made.first is not None and cx.index(made.first) > _FAR:
        cx.doubt("ce jour ne tombe cette date que dans longtemps")
    return None if made is None else _days(made)


@DATES.rule("p:(le|au|du) UNIT? d:NUM", "p:(le|au|du) o:ORD")
def _day_number(cx: Context, f: Found) -> Made | None:
    after = f.after()
    day = _one_to_31(cx, f)
    if day is None or (after is not None and (after.kind in _BUSY_WITH or after.kind in ("MONTH", "NUM"))):
        return None
    if f.has("o") and (cx.offered or f.first_word() == "le"):
        return None  # « le premier » may be an offer, « le premier lundi » a weekday
    made = dated(cx, day, None, None, None)
    if made is None:
        return None
    preposition = f.first_word()
    return _days(made) if preposition == "le" else [("word", preposition), ("DAY", made)]


@DATES.rule(
    "(le|les|au)? a:(NUM|ORD) (AND|OR|COMMA) le? b:NUM m:MONTH",
    "(le|les|au)? a:(NUM|ORD) COMMA? le? c:NUM COMMA? (AND|OR) le? b:NUM m:MONTH",
)
def _numbers_of_month(cx: Context, f: Found) -> Made | None:
    before = f.before()
    if before is not None and before.value == "entre":
        return None
    out: Made = []
    for name in ("a", "c", "b"):
        if name in f.names and f.has(name):
            made = dated(cx, f[name], f["m"], None, None)
            if made is None:
                return None
            out += [("OR", "ou"), ("DAY", made)] if out else [("DAY", made)]
    return out


@DATES.rule(
    "entre le? w:WD? a:(NUM|ORD) (AND|a) le? v:WD? b:NUM m:MONTH?",
    "(du|de|d) w:WD? a:(NUM|ORD) (au|a|jusqu au|jusqu a) v:WD? b:NUM m:MONTH?",
    "les? w:WD? a:(NUM|ORD) (au|a) v:WD? b:NUM m:MONTH",
)
def _span_of_month(cx: Context, f: Found) -> Made | None:
    """« du 2 au 5 décembre »: the month that is named once holds for both days."""
    after = f.after()
    before = f.before()
    if before is not None and before.kind == "MOVE":
        return None
    if not f.has("m") and (f.first_word() != "du" and "le" not in f.words() or (after and after.kind in _BUSY_WITH)):
        return None
    if not (1 <= f["a"] <= 31 and 1 <= f["b"] <= 31):
        return None
    last = dated(cx, f["b"], f["m"], None, None)
    if last is None or last.first is None:
        return None
    if not f.has("m"):
        first = dated(cx, f["a"], None, None, None)
        if first is None or first.first is None:
            return None
        if last.first < first.first:
            last = cx.one(later(last.first, 1, "mois"))
    else:
        month = last.first if f["a"] <= f["b"] else later(last.first.replace(day=1), -1, "mois")
        try:
            first = cx.one(month.replace(day=f["a"]))
        except ValueError:
            return None
    if first.first is None or last.first is None:
        return None
    if any(f.has(n) and d.weekday() != f[n] for n, d in (("w", first.first), ("v", last.first))):
        cx.impossible = True
    return _days(cx.between(first.first, last.first))


@DATES.rule("le? w:WD le? a:NUM (AND|OR|COMMA) le? v:WD le? b:NUM m:MONTH")
def _weekdays_of_month(cx: Context, f: Found) -> Made | None:
    first, second = dated(cx, f["a"], f["m"], None, f["w"]), dated(cx, f["b"], f["m"], None, f["v"])
    return None if first is None or second is None else [("DAY", first), ("OR", "ou"), ("DAY", second)]


@DATES.rule("les a:NUM (AND|OR) (le)? b:NUM")
def _two_numbers(cx: Context, f: Found) -> Made | None:
    after = f.after()
    if after is not None and after.kind in _BUSY_WITH:
        return None
    first, second = dated(cx, f["a"], None, None, None), dated(cx, f["b"], None, None, None)
    return None if first is None or second is None else [("DAY", first), ("OR", "ou"), ("DAY", second)]


# --- weekdays ----------------------------------------------------------------------------------------------


@DATES.rule("w:WD")
def _weekday(cx: Context, f: Found) -> Made | None:
    return _days(weekday(cx, f["w"]))


@DATES.rule("(le|les|un|EACH) w:WD")
def _every_weekday(cx: Context, f: Found) -> Made | None:
    every = cx.weekday(f["w"])
    chosen = weekday(cx, f["w"])
    if f.first_word() == "le" and any(o.weekday() == f["w"] for o in cx.offered):
        return _days(chosen)
    return _days(Days(every, "every"))


@DATES.rule("(le|THIS|un)? w:WD n:NEXT", "(le)? n:NEXT w:WD")
def _next_weekday(cx: Context, f: Found) -> Made | None:
    day = coming(cx, f["w"])
    if f["n"] == "suivant" and not cx.offered:
        return None
    if f["n"] == "suivant":
        last = max(o.date() for o in cx.offered)
        return _days(cx.one(last + timedelta(days=(f["w"] - last.weekday() - 1) % 7 + 1)))
    if cx.index(day) in (1, 7) and f["n"] == "prochain":
        cx.doubt("le prochain, ou celui de la semaine prochaine")
    return _days(cx.one(day))


@DATES.rule("THIS w:WD ci?")
def _this_weekday(cx: Context, f: Found) -> Made | None:
    day = cx.today + timedelta(days=(f["w"] - cx.today.weekday()) % 7)
    return _days(cx.one(day))


@DATES.rule("(le)? w:WD (en|UNIT|un|UNIT|dans) h:(NUM|huit)", "r:REL (en|UNIT|un|UNIT|dans) h:(NUM|huit)")
def _in_eight(cx: Context, f: Found) -> Made | None:
    if f["h"] not in (8, 15):
        return None
    after = f.after()
    if after is not None and after.kind in ("UNIT", "HEURE", "MINUTE"):
        return None
    weeks = 1 if f["h"] == 8 else 2
    day = coming(cx, f["w"]) if "w" in f.names and f.has("w") else cx.today + timedelta(days=f["r"])
    if "w" in f.names and f.has("w") and cx.index(day) == 7:
        cx.doubt("en huit compté d'aujourd'hui ou du prochain")
    return _days(cx.one(day + timedelta(weeks=weeks)))


@DATES.rule("(le)? r:REL")
def _relative_day(cx: Context, f: Found) -> Made | None:
    return _days(cx.one(cx.today + timedelta(days=f["r"])))


@DATES.rule("(pour|pendant|THIS|le|un|les|des|au)* (WEEKEND) n:NEXT?")
def _weekend(cx: Context, f: Found) -> Made | None:
    both = cx.weekday(5) | cx.weekday(6)
    monday = cx.monday(cx.today)
    if f["n"]:
        cx.doubt("ce week-end, ou le suivant")
        return _days(_weekend_of(cx, monday))
    if f.first_word() == "ce":
        return _days(_weekend_of(cx, monday))
    return _days(Days(both, "every"))


def _weekend_of(cx: Context, monday: date) -> Days:
    return cx.between(monday + timedelta(days=5), monday + timedelta(days=6))


@DATES.rule("WORKDAYS", "(le|les|la|PLUTOT|EACH)* WORKDAYS")
def _workdays(cx: Context, f: Found) -> Made | None:
    return _days(Days(ALL_DAYS & ~(cx.weekday(5) | cx.weekday(6)), "every"))


# --- durations ---------------------------------------------------------------------------------------------

_ONE = "(NUM|un|une)"


def _count(f: Found, name: str = "n") -> int | None:
    value = f[name]
    value = 1 if value in ("un", "une", None) else value
    return value if isinstance(value, int) and 0 < value <= _MAX_COUNT else None


def later(day: date, count: int, unit: str, *, weeks_as_days: bool = False) -> date:
    """A day so many days, weeks, months or years later. French counts both ends: « quinze jours » are two weeks."""
    if unit == "jour":
        return day + timedelta(days={8: 7, 15: 14}.get(count, count))
    if unit == "semaine":
        return day + timedelta(weeks=count)
    months = count if unit == "mois" else 12 * count
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _wide(cx: Context, day: date, unit: str) -> Days:
    monday = cx.monday(day)
    wide = cx.span(monday, monday + timedelta(days=6)) if unit != "jour" or (day - cx.today).days % 7 == 0 else 0
    return Days(cx.day(day), "date", first=day, last=day, wide=wide)


@DATES.rule(f"dans n:{_ONE} u:UNIT")
def _in_units(cx: Context, f: Found) -> Made | None:
    count = _count(f)
    if count is None:
        return None
    return _days(_wide(cx, later(cx.today, count, f["u"]), f["u"]))


@DATES.rule(f"dans n:{_ONE} u:UNIT h:MORE")
def _in_units_and_half(cx: Context, f: Found) -> Made | None:
    """« dans un mois et demi »: the week of that day."""
    count = _count(f)
    if count is None or f["h"] != 30 or f["u"] not in ("mois", "semaine"):
        return None
    half = timedelta(days=15 if f["u"] == "mois" else 3)
    return _days(_week(cx, cx.monday(later(cx.today, count, f["u"]) + half)))


@DATES.rule(
    "dans a:NUM (OR|a|COMMA)? b:NUM u:UNIT", "dans (un|une) (OR|a|COMMA)? b:NUM u:UNIT", "d_ ici a:NUM OR b:NUM u:UNIT"
)
def _in_range(cx: Context, f: Found) -> Made | None:
    first = f["a"] if "a" in f.names and f.has("a") else 1
    if not 0 < first < f["b"] <= _MAX_COUNT:
        return None
    a, b = later(cx.today, first, f["u"]), later(cx.today, f["b"], f["u"])
    if f["u"] != "jour":
        a, b = cx.monday(a), cx.monday(b) + timedelta(days=6)
    return _days(cx.between(a, b))


@DATES.rule(
    f"(d ici|sous|avant) n:{_ONE} u:UNIT",
    f"(dans|sous) (les|la|l) n:{_ONE}? NEXT? u:UNIT NEXT?",
    f"(d ici|dans) (le|la|l|les) n:{_ONE}? NEXT u:UNIT",
    f"(les|THIS|THIS) n:{_ONE}? NEXT u:UNIT",
    f"(les|THIS|THIS) n:{_ONE}? u:UNIT NEXT",
)
def _within(cx: Context, f: Found) -> Made | None:
    if not f.has("n"):
        if (f.first_word() == "dans" and f["u"] == "jour") or f.first_word() in ("les", "ces", "ce"):
            units = {"jour": 7, "semaine": 28, "mois": 90}
            return _days(cx.between(cx.today, cx.today + timedelta(days=units[f["u"]]))) if f["u"] in units else None
        return None
    count = _count(f)
    return None if count is None else _days(cx.between(cx.today, later(cx.today, count, f["u"])))


@DATES.rule(f"(pas_|NOT) avant n:{_ONE} u:UNIT", f"(apres|a partir de|a partir d|PREV) n:{_ONE} u:UNIT")
def _not_before_units(cx: Context, f: Found) -> Made | None:
    count = _count(f)
    return None if count is None else _days(cx.between(later(cx.today, count, f["u"]), None))


# --- weeks -------------------------------------------------------------------------------------------------


def _week(cx: Context, monday: date) -> Days:
    return cx.between(monday, monday + timedelta(days=6))


_FOR = "(pour|dans|pendant|de|d|courant|durant|en|sur|le|cours|au|du)*"


@DATES.rule(f"{_FOR} (la|l)? u:UNIT n:NEXT", f"{_FOR} (la)? n:NEXT u:UNIT", f"{_FOR} (la|l)? u:UNIT d_avant")
def _next_unit(cx: Context, f: Found) -> Made | None:
    made = _next_span(cx, f["u"], f["n"])
    return None if made is None else _days(made)


def _next_span(cx: Context, unit: str, how: str) -> Days | None:
    base = cx.today
    if how == "suivant" and not cx.offered:
        return None
    if how == "suivant" and cx.offered:
        base = max(o.date() for o in cx.offered)
    if unit == "semaine":
        return _week(cx, cx.monday(base) + timedelta(weeks=1))
    if unit == "mois":
        return _month(cx, later(base.replace(day=1), 1, "mois"))
    if unit == "an":
        return cx.between(date(base.year + 1, 1, 1), date(base.year + 1, 12, 31))
    return cx.one(base + timedelta(days=1)) if how == "suivant" and cx.offered else None


@DATES.rule(f"{_FOR} THIS u:UNIT (ci)?", "(dans|en|de) (la|l) u:UNIT", f"{_FOR} (la|le) u:UNIT EN_COURS")
def _this_unit(cx: Context, f: Found) -> Made | None:
    made = _this_span(cx, f["u"])
    return None if made is None else _days(made)


def _this_span(cx: Context, unit: str) -> Days | None:
    if unit == "semaine":
        return cx.between(cx.today, cx.monday(cx.today) + timedelta(days=6))
    if unit == "mois":
        return cx.between(cx.today, _month(cx, cx.today).last)
    if unit == "an":
        return cx.between(cx.today, date(cx.today.year, 12, 31))
    return None


@DATES.rule(
    "(en|a|au|des|le|la|NEAR|NEAR la|plutot_|NEAR|NEAR la|sur|dans la|pour la|pour)? e:EDGE (de|d|du|de la|de l|la)? (le)? u:UNIT n:NEXT?"
)
def _edge_of_unit(cx: Context, f: Found) -> Made | None:
    unit, edge = f["u"], f["e"]
    if unit == "jour":
        return None
    if unit == "semaine" and not f["n"]:
        mask = 0
        first, last = _WEEK_SECTIONS[edge]
        for number in range(first, last + 1):
            mask |= cx.weekday(number)
        return _days(Days(mask, "every"))
    base = _next_span(cx, unit, f["n"]) if f["n"] else _this_span(cx, unit)
    return None if base is None or base.first is None else _days(_section(cx, unit, edge, base.first))


def _section(cx: Context, unit: str, edge: str, day: date) -> Days:
    if unit == "semaine":
        monday = cx.monday(day)
        first, last = _WEEK_SECTIONS[edge]
        return cx.between(monday + timedelta(days=first), monday + timedelta(days=last))
    if unit == "an":
        months = {"debut": (1, 1), "milieu": (6, 7), "fin": (12, 12)}[edge]
        return cx.between(date(day.year, months[0], 1), _month(cx, date(day.year, months[1], 1)).last)
    first, last = _SECTIONS[edge]
    start = day.replace(day=1)
    end = min(start + timedelta(days=last - 1), _month(cx, day).last or day)
    return cx.between(start + timedelta(days=first), end)


@DATES.rule("e:EDGE (de|d|du|de la)? THIS u:UNIT", "(en|a|au|des)? e:EDGE (de|d)? THIS u:UNIT")
def _edge_of_this(cx: Context, f: Found) -> Made | None:
    return None if f["u"] == "jour" else _days(_section(cx, f["u"], f["e"], cx.today))


@DATES.rule("(avant|d ici|jusqu a|jusqu) (la)? e:EDGE (de|d|du)* (la|l|THIS)? u:UNIT n:NEXT?")
def _before_edge(cx: Context, f: Found) -> Made | None:
    unit = f["u"]
    if unit == "jour":
        return None
    base = _next_span(cx, unit, f["n"]) if f["n"] else _this_span(cx, unit)
    if base is None or base.first is None:
        return None
    if f["e"] == "fin":
        return _days(cx.between(cx.today, base.last))
    return _days(cx.between(cx.today, _section(cx, unit, f["e"], base.first).last))


@DATES.rule(f"{_FOR} (la)? u:UNIT (du|de|de la|qui commence le|de le) (w:WD)? (d:NUM|o:ORD) m:MONTH?")
def _week_of_date(cx: Context, f: Found) -> Made | None:
    day = _one_to_31(cx, f)
    if f["u"] != "semaine" or day is None:
        return None
    made = dated(cx, day, f["m"], None, f["w"])
    return None if made is None or made.first is None else _days(_week(cx, cx.monday(made.first)))


@DATES.rule(f"{_FOR} e:EDGE (de|d)? la? u:UNIT du w:WD? (d:NUM|o:ORD) m:MONTH?")
def _edge_of_week_of_date(cx: Context, f: Found) -> Made | None:
    day = _one_to_31(cx, f)
    made = None if day is None or f["u"] != "semaine" else dated(cx, day, f["m"], None, f["w"])
    return None if made is None or made.first is None else _days(_section(cx, "semaine", f["e"], made.first))


@DATES.rule(f"{_FOR} (la)? u:UNIT (numero)? n:NUM")
def _numbered_week(cx: Context, f: Found) -> Made | None:
    """« la semaine 49 » is that week of the ISO calendar."""
    after = f.after()
    if f["u"] != "semaine" or not 1 <= f["n"] <= 53 or (after is not None and after.kind in _BUSY_WITH):
        return None
    for year in (cx.today.year, cx.today.year + 1):
        try:
            monday = date.fromisocalendar(year, f["n"], 1)
        except ValueError:
            continue
        if monday + timedelta(days=6) >= cx.today:
            return _days(_week(cx, monday))
    return None


@DATES.rule(f"{_FOR} la? o:ORD a:ABOUT (de|d|du)? (UNIT de|UNIT d)? m:MONTH", f"{_FOR} la? o:ORD a:ABOUT du UNIT")
def _half_month(cx: Context, f: Found) -> Made | None:
    if f["a"] != 15 or f["o"] not in (1, 2, -1):
        return None
    start = next_month(cx, f["m"]) if "m" in f.names else cx.today.replace(day=1)
    middle = start.replace(day=15)
    end = _month(cx, start).last
    return _days(cx.between(start, middle) if f["o"] == 1 else cx.between(middle + timedelta(days=1), end))


@DATES.rule("NEAR (le|du|de)? w:WD? d:NUM m:MONTH", "NEAR (le|du) d:NUM")
def _around_date(cx: Context, f: Found) -> Made | None:
    """« vers le 15 » is that day, give or take three."""
    after = f.after()
    if after is not None and after.kind in _BUSY_WITH:
        return None
    made = dated(cx, f["d"], f["m"] if "m" in f.names else None, None, f["w"] if "w" in f.names else None)
    if made is None or made.first is None:
        return None
    return _days(cx.between(made.first - timedelta(days=3), made.first + timedelta(days=3)))


@DATES.rule(f"{_FOR} (la)? u:UNIT (de|d|du) (la|l)? x:FEAST")
def _week_of_feast(cx: Context, f: Found) -> Made | None:
    if f["u"] != "semaine":
        return None
    first, _ = next_feast(f["x"], cx.today)
    return _days(_week(cx, cx.monday(first)))


# --- months ------------------------------------------------------------------------------------------------


def _month(cx: Context, day: date) -> Days:
    return cx.between(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def next_month(cx: Context, month: int, year: int | None = None) -> date:
    """First day of the current or next month of that number."""
    if year is not None:
        return date(year, month, 1)
    return date(cx.today.year + (month < cx.today.month), month, 1)


@DATES.rule(f"{_FOR} (le)? (UNIT de|UNIT d)? (e:EDGE (de|d)?)? (UNIT (de|d))? m:MONTH (NEXT|y:NUM)?")
def _month_name(cx: Context, f: Found) -> Made | None:
    year = f["y"] if "y" in f.names else None
    if year is not None and not 2000 <= year <= 2100:
        return None
    start = next_month(cx, f["m"], year)
    if "e" in f.names and f.has("e"):
        return _days(_section(cx, "mois", f["e"], start))
    return _days(_month(cx, start))


@DATES.rule(
    "(le|la|les|un|une)? o:ORD w:WD (de|d|du|en) (le)? (UNIT (de|d) m2:MONTH|m:MONTH|u:UNIT n:NEXT?)",
    "(le|la)? o:ORD w:WD (de|d) THIS u:UNIT",
)
def _nth_weekday(cx: Context, f: Found) -> Made | None:
    start = _start_of(cx, f)
    if start is None:
        return None
    days = [start + timedelta(days=i) for i in range(monthrange(start.year, start.month)[1])]
    hits = [d for d in days if d.weekday() == f["w"]]
    index = f["o"] - 1 if f["o"] > 0 else f["o"]
    if index >= len(hits):
        return None
    return _days(cx.one(hits[index]))


def _start_of(cx: Context, f: Found) -> date | None:
    if "m" in f.names and f.has("m"):
        return next_month(cx, f["m"])
    if "m2" in f.names and f.has("m2"):
        return next_month(cx, f["m2"])
    if not f.has("u") or f["u"] != "mois":
        return None
    if "n" in f.names and f["n"]:
        return later(cx.today.replace(day=1), 1, "mois")
    return cx.today.replace(day=1)


@DATES.rule(
    f"{_FOR} (la|les)? (k:NUM)? o:ORD u:UNIT (de|d|du) (le)? (m:MONTH|v:UNIT n:NEXT?)",
)
def _nth_week(cx: Context, f: Found) -> Made | None:
    if f["u"] != "semaine":
        return None
    if f.has("m"):
        start = next_month(cx, f["m"])
    elif f["v"] == "mois":
        start = later(cx.today.replace(day=1), 1, "mois") if f["n"] else cx.today.replace(day=1)
    else:
        return None
    last = start.replace(day=monthrange(start.year, start.month)[1])
    if start.weekday() > 3 and f["o"] > 0 or last.weekday() < 3 and f["o"] < 0:
        cx.doubt("une semaine entamée, ou la première entière")
    if f["o"] > 0:
        monday = cx.monday(start) + timedelta(weeks=f["o"] - 1)
        return _days(cx.between(max(monday, start), min(monday + timedelta(days=6), last)))
    return _days(cx.between(cx.monday(last), last))


# --- feasts and holidays -----------------------------------------------------------------------------------


@DATES.rule("(a|pour|le|la|l|au|UNIT de|le UNIT de|le UNIT du|le UNIT de la|le UNIT de l)? (la|l|le)? x:FEAST")
def _feast(cx: Context, f: Found) -> Made | None:
    first, last = next_feast(f["x"], cx.today)
    return _days(cx.one(first) if first == last else cx.between(first, last))


@DATES.rule("(pendant|durant|en|dans|pour|au cours de)? (les|le|la|l|mes|de|des)? (k:NUM)? x:SCHOOL NEXT?")
def _school(cx: Context, f: Found) -> Made | None:
    spans = school_holidays(f["x"], cx.settings.school_zone, cx.today)
    mask = 0
    for first, last in spans:
        mask |= cx.span(first, last)
    if not spans:
        return None
    after = f.first_word() in ("pendant", "durant", "en")
    first, last = spans[0]
    return _days(Days(mask if after or f["x"] == "vacances" else cx.span(first, last), "span", first=first, last=last))


@DATES.rule("(a|des|apres|pour|SINCE|a partir de)* (la|l) x:BACK", "(a|des|apres)* x:BACK")
def _back_to_school(cx: Context, f: Found) -> Made | None:
    spans = school_holidays("vacances", cx.settings.school_zone, cx.today)
    if not spans:
        return None
    start = spans[0][1] + timedelta(days=1)
    if any(f.first_word() == w for w in ("des", "apres")):
        return _days(cx.between(start, None))
    return _days(cx.between(start, start + timedelta(days=6)))


@DATES.rule("SINCE (le)? (w:WD|r:REL|NUM MONTH)")
def _since_day(cx: Context, f: Found) -> Made | None:
    return [("SINCE", None)]


@DATES.rule("a:ANY")
def _any_day(cx: Context, f: Found) -> Made | None:
    return _days(Days(ALL_DAYS, "span")) if f["a"] == "any_day" else None


# --- what is told, not asked -------------------------------------------------------------------------------

STORIES = Grammar(ALPHABET)
"""« depuis trois jours », « il y a deux semaines », « ma fille de six ans »: consumed, they constrain nothing."""


@DATES.rule("dans a:ABOUT", "sous a:ABOUT", "d ici a:ABOUT", "dans (les|la) a:ABOUT")
def _about(cx: Context, f: Found) -> Made | None:
    """« dans une quinzaine » is about two weeks ahead, « sous huitaine » within eight days."""
    day = later(cx.today, f["a"], "jour")
    if f.first_word() != "dans" or "la" in f.words() or "les" in f.words():
        return _days(cx.between(cx.today, day))
    return _days(cx.between(day - timedelta(days=2), day + timedelta(days=2)))


@STORIES.rule(f"SINCE n:{_ONE}? (UNIT|HEURE|MINUTE) (PLUTOT)?", f"AGO n:{_ONE} (UNIT|HEURE|MINUTE)")
def _story(cx: Context, f: Found) -> Made | None:
    return [("SINCE", None)]


@STORIES.rule("BOOK (de|a)? n:NUM u:UNIT (AND MORE)?", "(de|a)? n:NUM u:UNIT")
def _age(cx: Context, f: Found) -> Made | None:
    first = f.first_word()
    if f["u"] == "an" or (f["u"] == "mois" and first == "entourage"):
        return [("BOOK", "age")]
    return None
