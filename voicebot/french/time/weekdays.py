"""Days of the week, and days counted from today."""

from __future__ import annotations

from datetime import date, timedelta

from voicebot.french.time.grammar import DATES, Made
from voicebot.french.time.nodes import ALL_DAYS, Context, Days
from voicebot.french.time.patterns import Found

_IN_EIGHT = {8: 1, 15: 2}
"""« en huit » and « en quinze », in weeks."""


def days(value: Days) -> Made:
    """One piece of days."""
    return [("DAY", value)]


def next_weekday(after: date, number: int) -> date:
    """The first day of a number (0 is Monday) strictly after a day."""
    return after + timedelta(days=(number - after.weekday() - 1) % 7 + 1)


def weekday(cx: Context, number: int) -> Days:
    """A bare weekday: the one among the offers, else the coming one (never today)."""
    near = 0
    for offer in cx.offered:
        if offer.weekday() == number:
            near |= cx.day(offer.date())
    return Days(cx.weekday(number), "weekday", near=near or cx.day(next_weekday(cx.today, number)))


@DATES.rule("w:WD")
def _weekday(cx: Context, f: Found) -> Made | None:
    return days(weekday(cx, f["w"]))


@DATES.rule("(le|les|un|EACH) w:WD")
def _every_weekday(cx: Context, f: Found) -> Made | None:
    if f.first_word() == "le" and any(o.weekday() == f["w"] for o in cx.offered):
        return days(weekday(cx, f["w"]))
    return days(Days(cx.weekday(f["w"]), "every"))


@DATES.rule("(le|THIS|un)? w:WD n:NEXT", "le? n:NEXT w:WD")
def _next_weekday(cx: Context, f: Found) -> Made | None:
    if f["n"] == "suivant":
        return days(cx.one(next_weekday(cx.offered[-1].date(), f["w"]))) if cx.offered else None
    day = next_weekday(cx.today, f["w"])
    if cx.index(day) in (1, 7):
        cx.doubt("le prochain, ou celui de la semaine prochaine")
    return days(cx.one(day))


@DATES.rule("le? WD (PREV|o:ORD)", "(la|le|l)? UNIT (PREV|o:ORD)")
def _past(cx: Context, f: Found) -> Made | None:
    """« mardi dernier », « la semaine passée »."""
    if f.has("o") and f["o"] != -1:
        return None
    cx.impossible = True
    return days(Days(0, "date"))


@DATES.rule("THIS w:WD ci?")
def _this_weekday(cx: Context, f: Found) -> Made | None:
    return days(cx.one(cx.today + timedelta(days=(f["w"] - cx.today.weekday()) % 7)))


@DATES.rule("le? (w:WD|r:REL) (en|un|dans|UNIT) h:NUM")
def _in_eight(cx: Context, f: Found) -> Made | None:
    """« mardi en huit » (also heard as « an huit », « un huit »): a week after the coming one."""
    after = f.after()
    weeks = _IN_EIGHT.get(f["h"])
    if weeks is None or (after is not None and after.kind in ("UNIT", "HEURE", "MINUTE")):
        return None
    if f.has("r"):
        return days(cx.one(cx.today + timedelta(days=f["r"], weeks=weeks)))
    day = next_weekday(cx.today, f["w"])
    if cx.index(day) == 7:
        cx.doubt("en huit compté d'aujourd'hui ou du prochain")
    return days(cx.one(day + timedelta(weeks=weeks)))


@DATES.rule("le? WD OR le? WD (en|un|dans|UNIT) h:NUM")
def _either_in_eight(cx: Context, f: Found) -> Made | None:
    if f["h"] in _IN_EIGHT:
        cx.doubt("en huit le second, ou les deux")
    return None


@DATES.rule("le? r:REL")
def _relative_day(cx: Context, f: Found) -> Made | None:
    return days(cx.one(cx.today + timedelta(days=f["r"])))


@DATES.rule("t:THIS? WEEKEND n:NEXT?")
def _weekend(cx: Context, f: Found) -> Made | None:
    if not (f.has("t") or f.has("n")):
        return days(Days(cx.weekday(5) | cx.weekday(6), "every"))
    if f.has("n"):
        cx.doubt("ce week-end, ou le suivant")
    monday = cx.monday(cx.today)
    return days(cx.between(monday + timedelta(days=5), monday + timedelta(days=6)))


@DATES.rule("WORKDAYS")
def _workdays(cx: Context, f: Found) -> Made | None:
    return days(Days(ALL_DAYS & ~(cx.weekday(5) | cx.weekday(6)), "every"))


@DATES.rule("a:ANY")
def _any_day(cx: Context, f: Found) -> Made | None:
    return days(Days(ALL_DAYS, "span")) if f["a"] == "any_day" else None
