"""Days of the month: « le 24 », « mardi premier décembre », « du 2 au 5 janvier »."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from voicebot.french.time.durations import add
from voicebot.french.time.grammar import DATES, Made
from voicebot.french.time.nodes import Context, Days
from voicebot.french.time.patterns import Found
from voicebot.french.time.weekdays import days

NOT_A_DAY = frozenset({"HEURE", "UNIT", "COLON", "SLASH", "MINUTE"})
"""What shows that a number before it is no day of the month."""

_FAR = 45
"""A weekday with a number and no month that falls later than so many days ahead is doubtful."""
_AROUND = 3
"""« vers le 15 », days on each side."""


def dated(cx: Context, day: int, month: int | None = None, year: int | None = None, weekday: int | None = None) -> Days:
    """A day of the month, in the given or the next fitting month.

    Where no calendar has it, or it does not fall on the weekday that was said, the reading becomes impossible.
    """
    for offer in cx.offered:
        if month is None and offer.day == day and weekday in (None, offer.weekday()):
            return cx.one(offer.date())
    for found in _fitting(cx, day, month, year):
        if weekday in (None, found.weekday()):
            return cx.one(found)
    cx.impossible = True
    return Days(0, "date")


def _fitting(cx: Context, day: int, month: int | None, year: int | None) -> list[date]:
    if not 1 <= day <= 31 or (month is not None and not 1 <= month <= 12):
        return []
    years = [cx.today.year, cx.today.year + 1] if year is None else [year]
    months = range(1, 13) if month is None else [month]
    made = [date(y, m, day) for y in years for m in months if day <= monthrange(y, m)[1]]
    return [d for d in made if d >= cx.today] if year is None else made


def day_number(f: Found) -> int | None:
    """The day of the month among the named pieces ``d`` (a number) or ``o`` (premier); None when it is none."""
    if f.has("o"):
        return 1 if f["o"] == 1 else None
    return f["d"] if 1 <= f["d"] <= 31 else None


def _year(cx: Context, said: int | None) -> int | None:
    """The year that was said, four digits; a year of birth makes the reading impossible."""
    if said is None:
        return None
    return said + 2000 if said < 100 else said


@DATES.rule(
    "w:WD? le? (d:NUM|o:ORD|un) (de|du|du UNIT de|au UNIT de)? m:MONTH y:NUM?",
    "le w:WD (d:NUM|o:ORD) (de|du|du UNIT de)? m:MONTH y:NUM?",
    "w:WD? le? d:NUM (SLASH|STOP) m:NUM (SLASH|STOP) y:NUM",
    "w:WD? le? d:NUM DASH m:NUM DASH y:NUM",
    "w:WD? le? d:NUM SLASH m:NUM",
)
def _full_date(cx: Context, f: Found) -> Made | None:
    day, before = day_number(f) if f.has("d") or f.has("o") else 1, f.before()
    if day is None or (f.has("y") and f["y"] < 100 and "MONTH" in f.kinds()):
        return None  # after a month two digits are rather an hour
    if "SLASH" in f.kinds() and before is not None and before.kind == "AND" and (day, f["m"]) in ((1, 2), (1, 4)):
        return None  # « dix heures et 1/2 »
    return days(dated(cx, day, f["m"], _year(cx, f["y"]), f["w"]))


@DATES.rule("w:WD? le? (d:NUM|o:ORD|un) (de|du|du UNIT de)? m:MONTH y:NUM")
def _short_year(cx: Context, f: Found) -> Made | None:
    """« le 3 décembre 26 »; any other two digits after a month are left over."""
    day = day_number(f) if f.has("d") or f.has("o") else 1
    if day is None or f["y"] + 2000 not in (cx.today.year, cx.today.year + 1):
        return None
    return days(dated(cx, day, f["m"], f["y"] + 2000, f["w"]))


@DATES.rule("w:WD? le? (d:NUM|o:ORD|un) (de|du|du UNIT de)? m:MONTH", "le w:WD (d:NUM|o:ORD) (de|du)? m:MONTH")
def _day_and_month(cx: Context, f: Found) -> Made | None:
    day = day_number(f) if f.has("d") or f.has("o") else 1
    return None if day is None else days(dated(cx, day, f["m"], None, f["w"]))


@DATES.rule("le? w:WD le? (d:NUM|o:ORD)")
def _weekday_and_number(cx: Context, f: Found) -> Made | None:
    day, after = day_number(f), f.after()
    if day is None or (after is not None and (after.kind in NOT_A_DAY or after.kind == "WD")):
        return None
    made = dated(cx, day, weekday=f["w"])
    if made.first is not None and cx.index(made.first) > _FAR:
        cx.doubt("ce jour ne tombe à cette date que dans longtemps")
    return days(made)


@DATES.rule("w:WD un")
def _weekday_and_one(cx: Context, f: Found) -> Made | None:
    """« mardi un » may be the first, « mardi un rendez-vous » is not."""
    following = f.after()
    if f.closes() or (following is not None and following.kind == "HRS"):
        cx.doubt("le premier du mois, ou un mot resté en suspens")
    return None


@DATES.rule("w:WD? le? (d:NUM|o:ORD) du u:UNIT n:NEXT")
def _number_next_month(cx: Context, f: Found) -> Made | None:
    """« le 24 du mois prochain »."""
    day = day_number(f)
    if day is None or f["u"] != "mois" or f["n"] == "suivant":
        return None
    start = add(cx.today.replace(day=1), 1, "mois")
    return days(dated(cx, day, start.month, start.year, f["w"]))


@DATES.rule("p:(le|au|du) UNIT? d:NUM", "p:(au|du) o:ORD")
def _number_alone(cx: Context, f: Found) -> Made | None:
    day, after = day_number(f), f.after()
    if day is None or (after is not None and (after.kind in NOT_A_DAY or after.kind in ("MONTH", "NUM"))):
        return None
    if f.has("o") and cx.offered:
        return None  # « au premier » may be an offer
    if f.has("d") and _tells_an_offer(cx, day):
        cx.doubt("le jour de ce numéro, ou l'heure d'une proposition")
    if f["p"] == "du" and f.earlier("UNIT", "semaine"):
        cx.doubt("ce jour, ou la semaine de ce jour")
    preposition: Made = [] if f["p"] == "le" else [("word", f["p"])]
    return [*preposition, ("DAY", dated(cx, day))]


def _tells_an_offer(cx: Context, number: int) -> bool:
    """« le trente », of 10:00 and 10:30: no offer is of that day, but one is of that hour or minute."""
    return number not in {o.day for o in cx.offered} and any(number in (o.hour, o.minute) for o in cx.offered)


@DATES.rule(
    "(le|les|au)? a:(NUM|ORD) (AND|OR|COMMA) le? b:NUM m:MONTH",
    "(le|les|au)? a:(NUM|ORD) COMMA? le? c:NUM COMMA? (AND|OR) le? b:NUM m:MONTH",
    "le? w:WD le? a:NUM (AND|OR|COMMA) le? v:WD le? b:NUM m:MONTH",
    "les a:NUM (AND|OR) le? b:NUM",
    "(le|les) a:NUM COMMA? le? c:NUM COMMA? (AND|OR) le? b:NUM",
)
def _several_numbers(cx: Context, f: Found) -> Made | None:
    """« le 2 ou le 3 janvier »: the month that is named once holds for all."""
    before, after = f.before(), f.after()
    if before is not None and before.value == "entre":
        return None
    if not f.has("m") and after is not None and after.kind in NOT_A_DAY:
        return None
    out: Made = []
    for name, weekday in (("a", f["w"]), ("c", None), ("b", f["v"])):
        if f.has(name):
            out += [("OR", "ou")] if out else []
            out.append(("DAY", dated(cx, f[name], f["m"], None, weekday)))
    return out


@DATES.rule(
    "entre le? w:WD? a:(NUM|ORD) (AND|a) le? v:WD? b:NUM m:MONTH?",
    "(du|de|d) w:WD? a:(NUM|ORD) (au|a|jusqu au|jusqu a) v:WD? b:NUM m:MONTH?",
    "les? w:WD? a:(NUM|ORD) (au|a) v:WD? b:NUM m:MONTH",
)
def _span_of_numbers(cx: Context, f: Found) -> Made | None:
    """« du 2 au 5 décembre »."""
    before, after = f.before(), f.after()
    if before is not None and before.kind == "MOVE":
        return None
    if not f.has("m") and not _are_days(f):
        return None
    if not f.has("m") and after is not None and after.kind in NOT_A_DAY:
        return None
    last = dated(cx, f["b"], f["m"]).first
    first = None if last is None else _first_before(cx, f["a"], last, month=f.has("m"))
    if first is None or last is None:
        return None
    if last < first:
        last = add(last, 1, "mois")
    if any(f.has(name) and day.weekday() != f[name] for name, day in (("w", first), ("v", last))):
        cx.impossible = True
    return days(cx.between(first, last))


def _are_days(f: Found) -> bool:
    """« du 7 au 11 » and « entre le 7 et le 11 » are days, « de 7 à 11 » and « entre 7 et 11 » hours."""
    return f.first_word() == "du" or "le" in f.words()


def _first_before(cx: Context, day: int, last: date, *, month: bool) -> date | None:
    """The first day of a span that ends on ``last``: in its month, or the one before."""
    if not month:
        return dated(cx, day).first
    start = last if day <= last.day else last.replace(day=1) - timedelta(days=1)
    return start.replace(day=day) if day <= monthrange(start.year, start.month)[1] else None


@DATES.rule("NEAR (le|du|de)? w:WD? (d:NUM|o:ORD) m:MONTH", "NEAR (le|du) d:NUM")
def _around_date(cx: Context, f: Found) -> Made | None:
    after = f.after()
    if after is not None and after.kind in NOT_A_DAY:
        return None
    day = day_number(f)
    middle = None if day is None else dated(cx, day, f["m"], None, f["w"]).first
    if middle is None:
        return None
    return days(cx.between(middle - timedelta(days=_AROUND), middle + timedelta(days=_AROUND)))
