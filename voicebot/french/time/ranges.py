"""Before, after, between: days in company of prepositions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from voicebot.french.time.lexer import ALPHABET
from voicebot.french.time.nodes import ALL_MINUTES, SIZE, Context, Days, Exact, Hours, Within, minutes
from voicebot.french.time.patterns import Found, Grammar
from voicebot.french.time.settings import DAY

RANGES = Grammar(ALPHABET)
"""Days and prepositions to spans of days."""

Made = list[tuple[str, Any]]


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


@RANGES.rule("(apres|PREV) (le|la|les|l)? d:DAY", "NOT avant (le|la|les|l)? d:DAY_X")
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
    "d:DAY (OR|AND) (apres|LATER|les UNIT NEXT|la UNIT NEXT)",
)
def _from(cx: Context, f: Found) -> Made | None:
    days: Days = f["d"]
    if f.first_word() == "des" and days.kind == "every":
        return None
    first = first_of(cx, days)
    if first is None:
        return None
    number = _weekday_of(cx, days)
    return _span(cx, first, None, (None if number is None else (number, 0), None))


@RANGES.rule("avant (le|la|les|l)? d:DAY")
def _before(cx: Context, f: Found) -> Made | None:
    first = first_of(cx, f["d"])
    if first is None:
        return None
    number = _weekday_of(cx, f["d"])
    return _span(cx, cx.today, first - timedelta(days=1), (None, None if number is None else (number, -1)))


@RANGES.rule(
    "(d ici|jusqu) (a|au|le|la|les|l)* d:DAY",
    "NOT (apres|LATER) (PLUTOT|PLUTOT)? (le|la|les|l)? d:DAY",
    "LATEST d:DAY",
    "d:DAY LATEST",
    "d:DAY (OR|AND) (avant|EARLIER)",
)
def _until(cx: Context, f: Found) -> Made | None:
    last = last_of(cx, f["d"])
    if last is None:
        return None
    number = _weekday_of(cx, f["d"])
    return _span(cx, cx.today, last, (None, None if number is None else (number, 0)))


@RANGES.rule(
    "entre (le|la|les|l)? a:DAY (AND|a) (le|la|les|l)? b:DAY",
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


@RANGES.rule(
    "entre (le)? a:NUM (AND) (le)? b:DAY", "(du|de|d) a:NUM (au) b:DAY", "du a:NUM au b:DAY", "les a:NUM (a|au) b:DAY"
)
def _number_to_day(cx: Context, f: Found) -> Made | None:
    last: date | None = f["b"].first
    if last is None or not 1 <= f["a"] <= 31:
        return None
    try:
        first = last.replace(day=f["a"])
    except ValueError:
        return None
    if first > last:
        first = (first.replace(day=1) - timedelta(days=1)).replace(day=f["a"])
    return _span(cx, first, last)


_STEPS = {"veille": -1, "lendemain": 1, "avant": -1, "apres": 1, "surlendemain": 2}


@RANGES.rule(
    "(la|le|l)? o:(veille|lendemain|surlendemain) (de|d|du|des|de la|de l) (le|la|les|l)? d:DAY",
    "le? u:UNIT o:(avant|apres) le? d:DAY",
)
def _beside(cx: Context, f: Found) -> Made | None:
    days: Days = f["d"]
    if "u" in f.names and f["u"] != "jour":
        cx.doubt("une autre semaine ou un autre mois que celui de la date")
    step = _STEPS.get(f["o"])
    base = first_of(cx, days) if step is not None and step < 0 else last_of(cx, days)
    return None if base is None or step is None else [("DAY", cx.one(base + timedelta(days=step)))]


@RANGES.rule("l? avant veille (de|d|du|des|de la|de l) (le|la|les|l)? d:DAY")
def _eve_of_eve(cx: Context, f: Found) -> Made | None:
    base = first_of(cx, f["d"])
    return None if base is None else [("DAY", cx.one(base - timedelta(days=2)))]


@RANGES.rule("w:DAY o:(avant|apres|NEXT) (le|la|les|l)? d:DAY")
def _weekday_beside(cx: Context, f: Found) -> Made | None:
    """« le mardi avant Noël », « le lundi d'après le 15 »."""
    days: Days = f["w"]
    if days.kind not in ("weekday", "every") or bin(days.mask & 127).count("1") != 1:
        return None
    number = _number(cx, days)
    if f["o"] == "avant":
        base = first_of(cx, f["d"])
        return None if base is None else [("DAY", cx.one(base - timedelta(days=(base.weekday() - number - 1) % 7 + 1)))]
    base = last_of(cx, f["d"])
    return None if base is None else [("DAY", cx.one(base + timedelta(days=(number - base.weekday() - 1) % 7 + 1)))]


# --- a day and an hour together bound a stretch of time ----------------------------------------------------


def _stretch(cx: Context, first: tuple[int, int], last: tuple[int, int]) -> Made:
    """From one minute of one day to another (exclusive), as exact minutes. Days are indices from today."""
    masks = []
    for day in range(SIZE):
        low = first[1] if day == first[0] else 0
        high = last[1] if day == last[0] else DAY
        inside = first[0] <= day <= last[0]
        masks.append((ALL_MINUTES if (low, high) == (0, DAY) else minutes(low, high)) if inside else 0)
    return [("SET", Exact(tuple(masks), filters=True))]


def _is_moment(cx: Context, hours: Hours) -> bool:
    """A clock time, or « midi » heard as the lunch hours."""
    return hours.kind == "point" or (hours.first, hours.last) == cx.settings.parts["midi_deux"]


def _bound(cx: Context, days: Days, hours: Hours) -> int | None:
    day = first_of(cx, days)
    return None if day is None or hours.article or hours.kind not in ("point", "part") else cx.index(day)


@RANGES.rule(
    "(apres|a partir de|a partir du|a partir d|des) (le|la|l)? d:DAY h:HRS",
    "NOT avant (le|la|l)? d:DAY h:HRS",
)
def _from_moment(cx: Context, f: Found) -> Made | None:
    hours: Hours = f["h"]
    day = _bound(cx, f["d"], hours)
    if day is None:
        return None
    start = hours.last if f.first_word() == "apres" and hours.kind == "part" else hours.first
    return _stretch(cx, (day, start), (SIZE, 0))


@RANGES.rule("(avant|d ici|jusqu a|jusqu au|jusqu) (le|la|l)? d:DAY h:HRS", "NOT apres (le|la|l)? d:DAY h:HRS")
def _until_moment(cx: Context, f: Found) -> Made | None:
    hours: Hours = f["h"]
    day = _bound(cx, f["d"], hours)
    if day is None:
        return None
    end = hours.first if f.first_word() == "avant" or _is_moment(cx, hours) else hours.last
    return _stretch(cx, (0, 0), (day, end))


@RANGES.rule(
    "entre (le)? a:DAY h:HRS (AND) (le)? b:DAY k:HRS", "(de|du) a:DAY h:HRS (a|au|jusqu a|jusqu au) b:DAY k:HRS"
)
def _between_moments(cx: Context, f: Found) -> Made | None:
    start, end = _bound(cx, f["a"], f["h"]), _bound(cx, f["b"], f["k"])
    if start is None or end is None:
        return None
    return _stretch(cx, (start, f["h"].first), (end, f["k"].first if _is_moment(cx, f["k"]) else f["k"].last))


# --- the appointment that one has, and the one that one wants ----------------------------------------------

MOVES = Grammar(ALPHABET)
"""« déplacer mon rendez-vous de mardi à jeudi »: what is left is jeudi."""


@MOVES.rule(
    "MOVE BOOK* (de|du) (le|la)? d:DAY h:HRS? t:(a|au|pour|en|sur|PLUTOT|NEAR|dans)",
    "MOVE BOOK* (de|du) h:HRS t:(a|au|pour)",
)
def _moved_from(cx: Context, f: Found) -> Made | None:
    piece = f.piece("t")
    return None if piece is None else [("MOVE", None), (piece.kind, piece.value)]


@MOVES.rule("MOVE BOOK* (de|du) (le|la)? d:DAY h:HRS?")
def _moved_from_only(cx: Context, f: Found) -> Made | None:
    cx.doubt("le rendez-vous que l'on a, ou celui que l'on veut")
    return None
