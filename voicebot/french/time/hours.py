"""Clock times and parts of the day: pieces to sets of minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from voicebot.french.time.lexer import ALPHABET
from voicebot.french.time.nodes import Context, Hours, minutes
from voicebot.french.time.patterns import Found, Grammar, Piece
from voicebot.french.time.settings import DAY

CLOCKS = Grammar(ALPHABET)
"""Numbers and « heures » to clock times (``CLK``)."""
HOURS = Grammar(ALPHABET)
"""Clock times, approximations, ranges and parts of the day to sets of minutes (``HRS``)."""

Made = list[tuple[str, Any]]

_LONGEST_WAIT = 4
"""« trois heures plus tard » is a wait up to so many hours, then a clock time."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock time, minutes; ``other`` is the same in the other half of the day, where that may be meant."""

    at: int
    other: int | None = None


def clock(cx: Context, hour: int, minute: int = 0, *, exact: bool = False) -> Clock | None:
    """The time that a practice means by an hour and minutes; None when there is no such time."""
    at = hour * 60 + minute
    if hour > 24 or minute > 59 or at < 0 or at > DAY:
        return None
    if exact or hour > 12 or hour == 0:
        return Clock(at)
    if hour == 12:
        return Clock(at, at - 720)
    return Clock(at + 720, at) if hour < cx.settings.first_hour else Clock(at, at + 720)


@CLOCKS.rule("h:(NUM|une) HEURE", "h:(NUM|une) HEURE m:NUM MINUTE?", "h:NUM COLON m:NUM")
def _hour_minute(cx: Context, f: Found) -> Made | None:
    hour = 1 if f["h"] == "une" else f["h"]
    minute = (f["m"] or 0) if "m" in f.names else 0
    after = f.after()
    if _is_duration(f, hour) or ("m" in f.names and after is not None and after.kind == "HEURE"):
        return None  # in « dix heures dix heures trente » the second « dix » is an hour
    made = clock(cx, hour, minute)
    return None if made is None else [("CLK", made)]


def _is_duration(f: Found, hour: int) -> bool:
    """« dans deux heures », « une heure plus tard » count hours, they name none."""
    before, after = f.before(), f.after()
    if before is not None and (before.value in ("dans", "ici", "sous", "pendant", "durant") or before.kind == "SINCE"):
        return True
    return after is not None and after.kind in ("LATER", "EARLIER") and hour <= _LONGEST_WAIT


@CLOCKS.rule("h:NUM HEURE m:MORE", "h:(une) HEURE m:MORE")
def _hour_more(cx: Context, f: Found) -> Made | None:
    hour = 1 if f["h"] == "une" else f["h"]
    if _is_duration(f, hour):
        return None
    made = clock(cx, hour)
    return None if made is None else [("CLK", _shift(made, f["m"]))]


@CLOCKS.rule("h:NUM HEURE moins m:NUM MINUTE?", "h:(une) HEURE moins m:NUM MINUTE?")
def _hour_less(cx: Context, f: Found) -> Made | None:
    hour = 1 if f["h"] == "une" else f["h"]
    if _is_duration(f, hour):
        return None
    made = clock(cx, hour)
    return None if made is None or f["m"] > 30 else [("CLK", _shift(made, -f["m"]))]


@CLOCKS.rule("c:CLK m:(MORE|NUM)?", "c:CLK moins l:NUM")
def _noon(cx: Context, f: Found) -> Made | None:
    at = f["c"]
    if not isinstance(at, int):
        return None
    before = f.before()
    if at and not f.has("m") and before is not None and _means_lunch(before):
        return [("PART", "midi_deux")]
    extra = f["m"] if "m" in f.names and f.has("m") else 0
    if "l" in f.names and f.has("l"):
        extra = -f["l"]
    return None if extra > 59 else [("CLK", Clock((at + extra) % DAY if at else at + extra))]


def _means_lunch(before: Piece) -> bool:
    """« le midi », « mardi midi » are the lunch hours; « à midi » is twelve o'clock."""
    return before.value in ("le", "du", "ce") or before.kind in ("WD", "REL")


def _shift(made: Clock, extra: int) -> Clock:
    other = None if made.other is None else (made.other + extra) % DAY
    return Clock((made.at + extra) % DAY, other)


# --- clock times in company --------------------------------------------------------------------------------

COMPANY = Grammar(ALPHABET)
"""Bare numbers beside a clock time: « dix ou onze heures », « entre neuf et onze », « à quatorze trente »."""


@COMPANY.rule("h:NUM o:(OR|a|COMMA|DASH)? c:CLK")
def _number_then_clock(cx: Context, f: Found) -> Made | None:
    before = f.before()
    made = clock(cx, f["h"])
    if made is None or (before is not None and before.kind in ("WD", "MONTH")) or _is_le(before):
        return None
    gap = f["c"].at - made.at
    if not 0 < gap <= 720:
        return None
    joint = f.piece("o")
    if joint is None or joint.kind == "COMMA":
        # « dix onze heures »: somewhere between the two.
        return [("HRS", _range(made, Clock(f["c"].at + 1)))] if gap <= 120 else None
    if joint.kind in ("word", "DASH"):
        return [("HRS", _range(made, f["c"]))]
    return [("CLK", made), ("OR", "ou"), ("CLK", f["c"])]


def _is_le(before: Any) -> bool:
    return before is not None and before.value in ("le", "du", "au")


@COMPANY.rule("p:(entre|de|d) a:(NUM|CLK) j:(AND|a|AND|DASH|jusqu) a? b:(CLK|NUM) HEURE?")
def _between_numbers(cx: Context, f: Found) -> Made | None:
    first, last = _as_clock(cx, f["a"]), _as_clock(cx, f["b"])
    after = f.after()
    if first is None or last is None or (after is not None and after.kind in ("MONTH", "SLASH", "UNIT", "OR", "NUM")):
        return None
    return [("HRS", _range(first, last))]


@COMPANY.rule("NEAR? a:CLK b:CLK")
def _two_clocks(cx: Context, f: Found) -> Made | None:
    """« vers dix heures, dix heures trente »: from the one to the other."""
    first, last = f["a"], f["b"]
    if not 0 < last.at - first.at <= 60:
        return None
    return [("HRS", _range(first, Clock(last.at + 1, None if last.other is None else last.other + 1)))]


@COMPANY.rule("de h:NUM a c:CLK", "d h:NUM a c:CLK")
def _from_to(cx: Context, f: Found) -> Made | None:
    first = clock(cx, f["h"])
    return None if first is None else [("HRS", _range(first, f["c"]))]


@COMPANY.rule("c:CLK o:(OR|COMMA) n:NUM", "c:CLK o:(AND|AND) n:NUM")
def _clock_then_number(cx: Context, f: Found) -> Made | None:
    after = f.after()
    made = clock(cx, f["n"])
    if made is None or (after is not None and after.kind in ("MONTH", "HEURE", "UNIT", "NUM", "SLASH", "MINUTE")):
        return None
    return [("CLK", f["c"]), ("OR", "ou"), ("CLK", made)]


@COMPANY.rule("p:(a|NEAR|pour) h:NUM m:NUM")
def _bare_minutes(cx: Context, f: Found) -> Made | None:
    after = f.after()
    made = clock(cx, f["h"], f["m"])
    if made is None or f["h"] < 7 or f["m"] % 5 or (after is not None and after.kind in ("MONTH", "HEURE")):
        return None
    piece = f.piece("p")
    head = [] if piece is None or piece.kind != "NEAR" else [("NEAR", piece.value)]
    return [*head, ("CLK", made)]


@COMPANY.rule("n:NEAR h:NUM", "n:NEAR les h:NUM")
def _around_number(cx: Context, f: Found) -> Made | None:
    after = f.after()
    made = clock(cx, f["h"])
    if made is None or (after is not None and after.kind not in ("COMMA", "STOP", "OR", "YES", "AND")):
        return None
    return [("NEAR", f["n"]), ("CLK", made)]


def _as_clock(cx: Context, value: Any) -> Clock | None:
    return value if isinstance(value, Clock) else clock(cx, value)


def _range(first: Clock, last: Clock) -> Hours:
    """From one time to another, exclusive; bare hours are read so that the range runs forward and is short."""
    pairs = [(a, b) for a in _options(first) for b in _options(last) if a < b]
    if not pairs:
        return Hours(0, "range")
    a, b = (
        min(pairs, key=lambda pair: (pair[0] != first.at, pair[1] != last.at))
        if first.at < last.at
        else min(pairs, key=lambda pair: (pair[0] != first.at, pair[1] - pair[0]))
    )
    other = 0
    if first.other is not None and last.other is not None and (first.other, last.other) in pairs:
        other = minutes(first.other, last.other)
    return Hours(minutes(a, b), "range", other=other, first=a, last=b)


def _options(value: Clock) -> list[int]:
    return [value.at] if value.other is None else [value.at, value.other]


# --- sets of minutes ---------------------------------------------------------------------------------------


def _point(cx: Context, at: Clock) -> Hours:
    other = 0 if at.other is None else minutes(at.other, at.other + 1)
    return Hours(minutes(at.at, at.at + 1), "point", other, vague=_vague(cx, at), first=at.at, last=at.at + 1)


def _vague(cx: Context, at: Clock) -> bool:
    """Seven o'clock is before the doors open and after they close: nobody knows which was meant."""
    return at.other is not None and at.other // 60 == cx.settings.first_hour - 1 and at.at >= 720


@HOURS.rule("(a|pour|de|d|EXACT)* c:CLK EXACT?")
def _at(cx: Context, f: Found) -> Made | None:
    return [("HRS", _point(cx, f["c"]))]


@HOURS.rule("c:CLK (du|de|de l|de la|le|l)? p:PART EXACT?")
def _of_part(cx: Context, f: Found) -> Made | None:
    part = cx.settings.parts[f["p"]]
    for at in _options(f["c"]):
        if part[0] <= at < part[1] or (f["p"] == "soir" and at >= 1020) or (f["p"] == "apres_midi" and at == 720):
            return [("HRS", _point(cx, Clock(at)))]
    return None


@HOURS.rule(
    "(a|dans)? NEAR (de|d|des|les|a|l)* c:CLK", "c:CLK (a|en)? NEAR", "(dans|sur) les c:CLK", "a (une)? c:CLK (a)? NEAR"
)
def _around(cx: Context, f: Found) -> Made | None:
    at: Clock = f["c"]
    span = cx.settings.around
    other = 0 if at.other is None else minutes(at.other - span, at.other + span)
    return [
        (
            "HRS",
            Hours(
                minutes(at.at - span, at.at + span),
                "range",
                other,
                vague=_vague(cx, at),
                first=at.at - span,
                last=at.at + span,
            ),
        )
    ]


@HOURS.rule(
    "(apres|des) c:CLK",
    "a partir (de|d|des|du)* c:CLK",
    "a compter (de|d)* c:CLK",
    "NOT avant (les|NEAR)* c:CLK",
    "c:CLK (a|AND)? EARLIEST",
    "EARLIEST (a|NEAR|NEAR)? c:CLK",
    "c:CLK (AND|OR|OR|AND) (LATER|apres|au dela)",
    "au dela (de|d)? c:CLK",
    "c:CLK PREV",
)
def _from(cx: Context, f: Found) -> Made | None:
    at: Clock = f["c"]
    other = 0 if at.other is None else minutes(at.other, DAY)
    return [("HRS", Hours(minutes(at.at, DAY), "range", other, vague=_vague(cx, at), first=at.at))]


@HOURS.rule("LATER PLUTOT c:CLK")
def _strictly_from(cx: Context, f: Found) -> Made | None:
    at: Clock = f["c"]
    other = 0 if at.other is None else minutes(at.other + 1, DAY)
    return [("HRS", Hours(minutes(at.at + 1, DAY), "range", other, vague=_vague(cx, at), first=at.at + 1))]


@HOURS.rule("(avant|jusqu) (a|les|NEAR)* c:CLK", "EARLIER PLUTOT c:CLK", "c:CLK (OR|OR|AND|AND) (EARLIER|avant)")
def _before(cx: Context, f: Found) -> Made | None:
    at: Clock = f["c"]
    other = 0 if at.other is None else minutes(0, at.other)
    return [("HRS", Hours(minutes(0, at.at), "range", other, vague=_vague(cx, at), last=at.at))]


@HOURS.rule(
    "NOT (apres|au dela|LATER) (de|d|PLUTOT|PLUTOT)* c:CLK",
    "LATEST (a|NEAR)? c:CLK",
    "c:CLK LATEST",
    "NOT LATER PLUTOT c:CLK",
)
def _until(cx: Context, f: Found) -> Made | None:
    at: Clock = f["c"]
    other = 0 if at.other is None else minutes(0, at.other + 1)
    return [("HRS", Hours(minutes(0, at.at + 1), "range", other, vague=_vague(cx, at), last=at.at + 1))]


@HOURS.rule("entre a:CLK (AND|AND|a) b:CLK", "(de|d|des|a partir de) a:CLK (a|jusqu) a? b:CLK", "a:CLK (a|DASH) b:CLK")
def _between(cx: Context, f: Found) -> Made | None:
    return [("HRS", _range(f["a"], f["b"]))]


@HOURS.rule("(apres|a partir de|a partir d|des) a:CLK (AND|AND|BUT|BUT|COMMA)? (avant|NOT apres|jusqu a|jusqu) b:CLK")
def _after_before(cx: Context, f: Found) -> Made | None:
    return [("HRS", _range(f["a"], f["b"]))]


@HOURS.rule("(avant|NOT apres) b:CLK (AND|AND|BUT|BUT|COMMA)? (apres|NOT avant) a:CLK")
def _before_after(cx: Context, f: Found) -> Made | None:
    return [("HRS", _range(f["a"], f["b"]))]


_ARTICLES = "(dans|pendant|en|a|au|de|du|d|NEAR|durant|pour|sur|des|vers)* (le|la|l|les|EACH|cours|courant|de|HEURE)*"


@HOURS.rule(f"a:({_ARTICLES}) p:PART")
def _part(cx: Context, f: Found) -> Made | None:
    return [("HRS", part_hours(cx, f["p"], article=f.has("a")))]


@HOURS.rule(
    "(en|au|a|a la|des|des le|NEAR|NEAR la|NEAR|NEAR la|NEAR le|sur la|sur le|dans la|dans le)? e:EDGE (de|d|du|de l|de la|l|le|la)* p:PART"
)
def _edge(cx: Context, f: Found) -> Made | None:
    if f"{f['e']} {f['p']}" not in cx.settings.parts:
        return None
    return [("HRS", part_hours(cx, f"{f['e']} {f['p']}", article=True))]


@COMPANY.rule("e:EDGE o:OR (en|a la|au)? g:EDGE (de|d|du|de la|de l|la)? p:(PART|UNIT) n:NEXT?")
def _two_edges(cx: Context, f: Found) -> Made | None:
    """« en début ou en fin de semaine »: what is named once holds for both."""
    what = f.piece("p")
    if what is None:
        return None
    rest: Made = [("word", "de"), (what.kind, what.value), *([("NEXT", f["n"])] if f.has("n") else [])]
    return [("EDGE", f["e"]), *rest, ("OR", "ou"), ("EDGE", f["g"]), *rest]


@HOURS.rule("(apres|PREV|a partir de|a partir d|des|NOT avant) (le|la|l)? (e:EDGE (de|d|du|de l|de la)?)? p:PART")
def _after_part(cx: Context, f: Found) -> Made | None:
    name = f"{f['e']} {f['p']}" if f.has("e") else f["p"]
    if name not in cx.settings.parts:
        return None
    before = f.first_word()
    first, last = cx.settings.parts[name]
    start = last if before in ("apres", "passe") else first
    return [("HRS", Hours(minutes(start, DAY), "range", first=start))]


@HOURS.rule("avant (le|la|l)? (e:EDGE (de|d|du|de l|de la)?)? p:PART")
def _before_part(cx: Context, f: Found) -> Made | None:
    name = f"{f['e']} {f['p']}" if f.has("e") else f["p"]
    if name not in cx.settings.parts:
        return None
    end = cx.settings.parts[name][1 if f.has("e") else 0]
    return None if end == 0 else [("HRS", Hours(minutes(0, end), "range", last=end))]


@HOURS.rule("THIS p:PART (ci)?", "THIS e:EDGE (de|d|du|de l)? p:PART", "e:EDGE (de|d) THIS p:PART")
def _this_part(cx: Context, f: Found) -> Made | None:
    name = f"{f['e']} {f['p']}" if f.has("e") else f["p"]
    if name not in cx.settings.parts:
        return None
    return [("DAY", cx.one(cx.today)), ("HRS", part_hours(cx, name))]


@HOURS.rule("a:ANY")
def _any(cx: Context, f: Found) -> Made | None:
    return [("HRS", Hours(minutes(0, DAY), "any"))] if f["a"] == "any_hour" else None


def part_hours(cx: Context, name: str, *, article: bool = False) -> Hours:
    """The set of minutes of a part of the day."""
    first, last = cx.settings.parts[name]
    return Hours(minutes(first, last), "part", article=article, first=first, last=last)
