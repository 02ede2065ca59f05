"""Before, after, between: days in company of prepositions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from voicebot.french.time.grammar import RANGES, Made
from voicebot.french.time.nodes import Context, Days, Hours, Within, minutes
from voicebot.french.time.patterns import Found
from voicebot.french.time.settings import DAY
from voicebot.french.time.weekdays import next_weekday


def first_of(cx: Context, days: Days) -> date | None:
    """The first day that is meant when days stand after a preposition."""
    if days.first is not None:
        return days.first
    mask = days.alone
    return cx.at((mask & -mask).bit_length() - 1) if mask else None


def last_of(cx: Context, days: Days) -> date | None:
    """The last day that is meant when days stand after a preposition (of a bare weekday: the coming one)."""
    if days.last is not None:
        return days.last
    if days.kind == "every":
        return first_of(cx, days)
    mask = days.alone
    return cx.at(mask.bit_length() - 1) if mask else None


def _span(cx: Context, first: date | None, last: date | None, within: Within = (None, None)) -> Made:
    if first is not None and last is not None and last < first:
        cx.impossible = True
    return [("DAY", replace(cx.between(first, last), within=within))]


def _weekday_of(cx: Context, days: Days) -> int | None:
    """The number of a bare weekday."""
    return _number(cx, days) if days.kind == "weekday" else None


@RANGES.rule("(apres|PREV) (le|la|les|l)? d:DAY")
def _after(cx: Context, f: Found) -> Made | None:
    last = last_of(cx, f["d"])
    if last is None:
        return None
    number = _weekday_of(cx, f["d"])
    return _span(cx, last + timedelta(days=1), None, (None if number is None else (number, 1), None))


@RANGES.rule(
    "(a partir|a compter) (de|d|du|des)* (le|la|l|les)? d:DAY",
    "des (le|la|l)? d:DAY",
    "NOT avant (le|la|les|l)? d:DAY",
    "d:DAY (a)? EARLIEST",
    "EARLIEST d:DAY",
    "d:DAY (OR|AND) w:(apres|LATER)",
)
def _from(cx: Context, f: Found) -> Made | None:
    days: Days = f["d"]
    if f.has("w") and not f.closes():
        return None
    if f.first_word() == "des" and days.kind == "every":
        return None
    first = first_of(cx, days)
    if first is None:
        return None
    number = _weekday_of(cx, days)
    return _span(cx, first, None, (None if number is None else (number, 0), None))


@RANGES.rule("d:DAY DONC w:(apres|avant)")
def _so_after(cx: Context, f: Found) -> Made | None:
    """« je rentre le 30 donc après »."""
    if not f.closes():
        return None
    if f["w"] == "avant":
        first = first_of(cx, f["d"])
        return None if first is None else [("DONC", None), *_span(cx, cx.today, first - timedelta(days=1))]
    last = last_of(cx, f["d"])
    return None if last is None else [("DONC", None), *_span(cx, last + timedelta(days=1), None)]


@RANGES.rule("avant (le|la|les|l)? d:DAY")
def _before(cx: Context, f: Found) -> Made | None:
    first = first_of(cx, f["d"])
    if first is None:
        return None
    number = _weekday_of(cx, f["d"])
    return _span(cx, cx.today, first - timedelta(days=1), (None, None if number is None else (number, -1)))


@RANGES.rule(
    "(d ici|jusqu) (a|au|le|la|les|l)* d:DAY",
    "NOT (apres|LATER) QUE? (le|la|les|l)? d:DAY",
    "LATEST d:DAY",
    "d:DAY LATEST",
    "d:DAY (OR|AND) w:(avant|EARLIER)",
)
def _until(cx: Context, f: Found) -> Made | None:
    if f.has("w") and not f.closes():
        return None
    before = f.before()
    if before is not None and before.kind == "OR" and f.first_word() == f["d"]:
        return [("DAY", f["d"])]  # « mardi ou mercredi au plus tard » names both
    last = last_of(cx, f["d"])
    if last is None:
        return None
    number = _weekday_of(cx, f["d"])
    return _span(cx, cx.today, last, (None, None if number is None else (number, 0)))


@RANGES.rule(
    "(UNIT|un UNIT|la UNIT)? entre (le|la|les|l)? a:DAY (AND|a) (le|la|les|l)? b:DAY",
    "(de|du|d|a partir de|a partir du) (le|la|l)? a:DAY (a|au|jusqu a|jusqu au|jusqu) (le|la|les|l)? b:DAY",
    "a:DAY (a|au|jusqu a|jusqu au) b:DAY",
)
def _between(cx: Context, f: Found) -> Made | None:
    a, b = f["a"], f["b"]
    first = first_of(cx, a)
    if first is None:
        return None
    if a.kind in ("weekday", "every") and b.kind in ("weekday", "every"):
        return _weekday_range(cx, f, a, b, first)
    last = last_of(cx, b)
    if b.kind == "weekday" and last is not None and last < first:
        last += timedelta(days=7 * ((first - last).days // 7 + 1))
    return None if last is None else _span(cx, first, last)


def _weekday_range(cx: Context, f: Found, a: Days, b: Days, first: date) -> Made | None:
    """« de lundi à mercredi » are the coming ones; « du lundi au mercredi » is every week."""
    start, end = _number(cx, a), _number(cx, b)
    count = (end - start) % 7
    if f.first_word() == "du" or a.kind == "every":
        mask = 0
        for step in range(count + 1):
            mask |= cx.weekday((start + step) % 7)
        return [("DAY", Days(mask, "every"))]
    within: Within = ((start, 0), (end, 0))
    today = cx.today.weekday()
    if 0 < (today - start) % 7 <= count and start != today:
        return _span(cx, cx.today, cx.today + timedelta(days=(end - today) % 7), within)
    return _span(cx, first, first + timedelta(days=count), within)


def _number(cx: Context, days: Days) -> int:
    mask = days.mask
    return cx.at((mask & -mask).bit_length() - 1).weekday()


_ONE_WEEK = 0b1111111
_STEPS = {"veille": -1, "lendemain": 1, "avant": -1, "apres": 1, "surlendemain": 2}


@RANGES.rule(
    "(la|le|l)? o:(veille|lendemain|surlendemain) (de|d|du|des|de la|de l) (le|la|les|l)? d:DAY",
    "le? u:UNIT o:(avant|apres) le? d:DAY",
)
def _beside(cx: Context, f: Found) -> Made | None:
    days: Days = f["d"]
    if f.has("u") and f["u"] == "semaine" and f["o"] == "apres":
        last = last_of(cx, days)
        return None if last is None else [("DAY", _week_after(cx, last))]
    if f.has("u") and f["u"] != "jour":
        cx.doubt("une autre semaine ou un autre mois que celui de la date")
    step = _STEPS.get(f["o"])
    base = first_of(cx, days) if step is not None and step < 0 else last_of(cx, days)
    return None if base is None or step is None else [("DAY", cx.one(base + timedelta(days=step)))]


@RANGES.rule("BARELY w:(apres|avant) (le|la|les|l)? d:DAY")
def _barely(cx: Context, f: Found) -> Made | None:
    """« juste après les fêtes »: within the week."""
    if f["w"] == "avant":
        first = first_of(cx, f["d"])
        return None if first is None else _span(cx, first - timedelta(days=7), first - timedelta(days=1))
    last = last_of(cx, f["d"])
    return None if last is None else _span(cx, last + timedelta(days=1), last + timedelta(days=7))


@RANGES.rule("d:DAY j:(OR|AND|BUT|COMMA) (PICK|la|le) NEXT", "d:DAY j:BUT? PICK NEXT")
def _or_the_next(cx: Context, f: Found) -> Made | None:
    """« cette semaine ou celle d'après », « pas la semaine prochaine mais la suivante »."""
    joint = f.piece("j")
    if (joint is None or joint.kind != "OR") and not f.follows("NOT"):
        return None
    days: Days = f["d"]
    if days.first is None or days.last is None or days.kind != "span" or (days.last - days.first).days > 6:
        return None
    between: Made = [("OR", "ou")] if joint is not None and joint.kind == "OR" else [("BUT", "mais")]
    return [("DAY", days), *between, ("DAY", _week_after(cx, days.last))]


@RANGES.rule("e:EARLIEST h:HRS", "h:HRS a? LATEST", "LATEST h:HRS")
def _bounded_part(cx: Context, f: Found) -> Made | None:
    """« fin de matinée au plus tard »."""
    hours: Hours = f["h"]
    if hours.kind != "part":
        return None
    low, high = (hours.first, DAY) if f.has("e") else (0, hours.last)
    return [("HRS", Hours(minutes(low, high), "range", first=low, last=high))]


@RANGES.rule("h:HRS NEAR")
def _roughly(cx: Context, f: Found) -> Made | None:
    return [("HRS", f["h"])] if f["h"].kind == "range" else None


@RANGES.rule("NEAR (de|d)? d:DAY")
def _around_day(cx: Context, f: Found) -> Made | None:
    """« vers Noël »."""
    days: Days = f["d"]
    if days.kind != "date" or days.first is None or days.last is None:
        return None
    return [("DAY", cx.between(days.first - timedelta(days=3), days.last + timedelta(days=3)))]


def _week_after(cx: Context, day: date) -> Days:
    monday = cx.monday(day) + timedelta(weeks=1)
    return cx.between(monday, monday + timedelta(days=6))


@RANGES.rule("n:(NUM|un|une) u:UNIT w:(apres|avant) (le|la|les|l)? d:DAY")
def _counted_from(cx: Context, f: Found) -> Made | None:
    """« deux semaines après Noël »."""
    count = 1 if f["n"] in ("un", "une") else f["n"]
    base = last_of(cx, f["d"]) if f["w"] == "apres" else first_of(cx, f["d"])
    if base is None or not 0 < count <= 60 or f["u"] not in ("jour", "semaine"):
        return None
    step = timedelta(days=count * (7 if f["u"] == "semaine" else 1))
    return [("DAY", cx.one(base + step if f["w"] == "apres" else base - step))]


@RANGES.rule("l? avant veille (de|d|du|des|de la|de l) (le|la|les|l)? d:DAY")
def _eve_of_eve(cx: Context, f: Found) -> Made | None:
    base = first_of(cx, f["d"])
    return None if base is None else [("DAY", cx.one(base - timedelta(days=2)))]


@RANGES.rule("w:DAY o:(avant|apres|NEXT) (le|la|les|l)? d:DAY")
def _weekday_beside(cx: Context, f: Found) -> Made | None:
    """« le mardi avant Noël », « le lundi d'après le 15 »."""
    days: Days = f["w"]
    if days.kind not in ("weekday", "every") or (days.mask & _ONE_WEEK).bit_count() != 1:
        return None
    number = _number(cx, days)
    before = f["o"] == "avant"
    base = first_of(cx, f["d"]) if before else last_of(cx, f["d"])
    if base is None:
        return None
    return [("DAY", cx.one(next_weekday(base - timedelta(days=8) if before else base, number)))]
