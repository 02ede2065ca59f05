"""A day and an hour together bound a stretch of time: « à partir de mardi 14 h », « jusqu'à jeudi midi »."""

from __future__ import annotations

from voicebot.french.time.grammar import RANGES, Made
from voicebot.french.time.nodes import ALL_MINUTES, SIZE, Context, Days, Exact, Hours, minutes
from voicebot.french.time.patterns import Found
from voicebot.french.time.ranges import first_of
from voicebot.french.time.settings import DAY


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


@RANGES.rule(
    "(avant|d ici|jusqu a|jusqu au|jusqu) (le|la|l)? d:DAY h:HRS",
    "NOT apres (le|la|l)? d:DAY h:HRS",
    "LATEST (le|la|l)? d:DAY h:HRS",
    "d:DAY h:HRS LATEST",
)
def _until_moment(cx: Context, f: Found) -> Made | None:
    hours: Hours = f["h"]
    day = _bound(cx, f["d"], hours)
    before = f.before()
    if before is not None and before.kind == "OR" and f.first_word() == f["d"]:
        return [("DAY", f["d"]), ("HRS", hours)]  # « cet après-midi ou demain matin au plus tard » names both
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
