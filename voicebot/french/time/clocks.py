"""Clock times: « neuf heures moins le quart », « 14h30 », « dix ou onze heures »."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from voicebot.french.time.grammar import CLOCKS, COMPANY, Made
from voicebot.french.time.nodes import Context, Hours, minutes
from voicebot.french.time.patterns import Found, Piece
from voicebot.french.time.settings import DAY

_NOON = 720
EARLY_EVENING = 17 * 60
_LATE = 19 * 60 + 30
"""« entre dix heures et huit heures » does not mean eight in the evening."""
"""Beside a clock time the evening begins earlier than on its own."""
_SPANS = (24, 48, 72, 96)
"""Hours that count days."""
_LONGEST_WAIT = 4
"""« trois heures plus tard » is a wait up to so many hours, then a clock time."""
_NOT_AN_HOUR = frozenset({"MONTH", "HEURE", "UNIT", "NUM", "SLASH", "MINUTE"})
"""What shows that a bare number before it is no hour."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock time, minutes; ``other`` is the same in the other half of the day, where that may be meant."""

    at: int
    other: int | None = None

    @property
    def options(self) -> list[int]:
        """The times that it may be, the likely one first."""
        return [self.at] if self.other is None else [self.at, self.other]

    def shifted(self, by: int) -> Clock:
        """The same some minutes later or earlier."""
        return Clock((self.at + by) % DAY, None if self.other is None else (self.other + by) % DAY)


def clock(cx: Context, hour: int, minute: int = 0) -> Clock | None:
    """The time that a practice means by an hour and minutes; None when there is no such time."""
    at = hour * 60 + minute
    if not (0 <= hour <= 24 and 0 <= minute < 60 and at <= DAY):
        return None
    if hour > 12 or hour == 0:
        return Clock(at)
    if hour == 12:
        return Clock(at, at - _NOON)
    return Clock(at + _NOON, at) if hour < cx.settings.first_hour else Clock(at, at + _NOON)


def between(first: Clock, last: Clock) -> Hours:
    """From one time to another (exclusive); bare hours are read so that the range runs forward."""
    pairs = [(a, b) for a in first.options for b in last.options if a < b]
    likely = [(a, b) for a, b in pairs if a == first.at or b == last.at]
    likely = [(a, b) for a, b in likely if b == last.at or b <= _LATE]
    if not likely:
        return Hours(0, "range")
    if first.at < last.at:
        a, b = min(likely, key=lambda pair: (pair[0] != first.at, pair[1] != last.at))
    else:
        a, b = min(likely, key=lambda pair: (pair[0] != first.at, pair[1] - pair[0]))
    others = first.other is not None and last.other is not None and (first.other, last.other) in pairs
    other = minutes(first.other or 0, last.other or 0) if others else 0
    return Hours(minutes(a, b), "range", other=other, first=a, last=b)


def _hour(f: Found) -> int:
    return 1 if f["h"] == "une" else int(f["h"])


def _is_duration(f: Found) -> bool:
    """« dans deux heures », « une heure plus tard » count hours, they name none."""
    before, after = f.before(), f.after()
    if before is not None and (before.value in ("dans", "ici", "sous", "pendant", "durant") or before.kind == "SINCE"):
        return True
    if before is not None and before.kind == "WANT" and f["h"] == "une":
        return True  # « il me faut une heure pour venir »
    return after is not None and after.kind in ("LATER", "EARLIER") and _hour(f) <= _LONGEST_WAIT


@CLOCKS.rule("h:(NUM|une) HEURE", "h:NUM COLON m:NUM")
def _hour_alone(cx: Context, f: Found) -> Made | None:
    made = None if _is_duration(f) else clock(cx, _hour(f), f["m"] or 0)
    return None if made is None else [("CLK", made)]


@CLOCKS.rule("h:(NUM|une) HEURE m:NUM MINUTE?")
def _hour_and_minutes(cx: Context, f: Found) -> Made | None:
    after = f.after()
    if _is_duration(f) or (after is not None and after.kind == "HEURE"):
        return None  # in « dix heures dix heures trente » the second « dix » is an hour
    made = clock(cx, _hour(f), f["m"])
    return None if made is None else [("CLK", made)]


@CLOCKS.rule("(dans les|sous|d ici) n:NUM HEURE NEXT?")
def _within_hours(cx: Context, f: Found) -> Made | None:
    """« sous 48 heures »."""
    if f["n"] not in _SPANS:
        return None
    return [("DAY", cx.between(cx.today, cx.today + timedelta(days=f["n"] // 24)))]


@CLOCKS.rule("h:(NUM|une) HEURE une MINUTE?")
def _hour_one(cx: Context, f: Found) -> Made | None:
    """« huit heures une »; in « à huit heures une place » it is an article."""
    after = f.after()
    ends = ("COMMA", "STOP", "OR", "AND", "DAY", "WD")
    if after is not None and after.kind not in ends and after.value not in ("du", "de"):
        return None
    made = clock(cx, _hour(f), 1)
    return None if made is None else [("CLK", made)]


@CLOCKS.rule("h:(NUM|une) HEURE m:MORE", "h:(NUM|une) HEURE moins l:NUM MINUTE?")
def _hour_and_quarter(cx: Context, f: Found) -> Made | None:
    made = None if _is_duration(f) else clock(cx, _hour(f))
    by = f["m"] if f.has("m") else -f["l"]
    return None if made is None or abs(by) > 45 else [("CLK", made.shifted(by))]


@CLOCKS.rule("c:CLK m:(MORE|NUM)?", "c:CLK moins l:NUM")
def _noon(cx: Context, f: Found) -> Made | None:
    before = f.before()
    if f["c"] == _NOON and not (f.has("m") or f.has("l")) and before is not None and _means_lunch(before):
        return [("PART", "midi_deux")]
    by = -f["l"] if f.has("l") else f["m"] or 0
    return None if abs(by) > 59 else [("CLK", Clock((f["c"] + by) % DAY))]


def _means_lunch(before: Piece) -> bool:
    """« le midi », « mardi midi » are the lunch hours; « à midi » is twelve o'clock."""
    return before.value in ("le", "du", "ce") or before.kind in ("WD", "REL")


@COMPANY.rule("c:CLK (du|de l|de la) p:PART")
def _of_part(cx: Context, f: Found) -> Made | None:
    """« huit heures du soir »."""
    first, last = cx.settings.parts[f["p"]]
    early = {"soir": EARLY_EVENING, "apres_midi": _NOON}.get(f["p"], first)
    fitting = [at for at in f["c"].options if min(first, early) <= at < last]
    return [("CLK", Clock(fitting[0]))] if fitting else None


# --- bare numbers in company -------------------------------------------------------------------------------


@COMPANY.rule("h:NUM o:(OR|a|COMMA|DASH)? c:CLK")
def _number_then_clock(cx: Context, f: Found) -> Made | None:
    before, joint = f.before(), f.piece("o")
    made = clock(cx, f["h"])
    if made is None or not 0 < f["c"].at - made.at <= _NOON:
        return None
    if joint is not None and joint.kind == "DASH":
        return [("HRS", between(made, f["c"]))]
    if before is not None and (before.kind in ("WD", "MONTH") or before.value in ("le", "du", "au", "en")):
        return None  # « mardi 9 à 10h » is a date, « lundi en huit à neuf heures » a week away
    if joint is None or joint.kind == "COMMA":
        # « dix onze heures »: somewhere between the two.
        near = f["c"].at - made.at <= 120
        return [("HRS", between(made, Clock(f["c"].at + 1)))] if near else None
    return [("HRS", between(made, f["c"]))] if joint.kind == "word" else [("CLK", made), ("OR", "ou"), ("CLK", f["c"])]


@COMPANY.rule("NEAR? a:CLK b:CLK")
def _two_clocks(cx: Context, f: Found) -> Made | None:
    """« vers dix heures, dix heures trente »: from the one to the other."""
    first, last = f["a"], f["b"]
    return [("HRS", between(first, last.shifted(1)))] if 0 < last.at - first.at <= 60 else None


@COMPANY.rule("(entre|de|d) a:(NUM|CLK) (AND|a|DASH|jusqu) a? b:(CLK|NUM) HEURE?")
def _between_numbers(cx: Context, f: Found) -> Made | None:
    first, last = _as_clock(cx, f["a"]), _as_clock(cx, f["b"])
    after = f.after()
    if first is None or last is None or (after is not None and after.kind in ("MONTH", "SLASH", "UNIT", "OR", "NUM")):
        return None
    return [("HRS", between(first, last))]


@COMPANY.rule("EVENT (a|NEAR)* c:CLK")
def _event(cx: Context, f: Found) -> Made | None:
    """« je finis à 17 heures »: the hour of an occupation; only « donc » says what follows from it."""
    before, after = f.before(), f.after()
    explained = (before is not None and before.kind == "REASON") or (after is not None and after.kind == "DONC")
    return [("EVENTED", "explained" if explained else "open")]


@COMPANY.rule(
    "EVENT (a|NEAR)* c:CLK (DONC|COMMA|PLUTOT)* w:(apres|avant)",
    "c:CLK (DONC|COMMA|PLUTOT) (COMMA|PLUTOT)? w:(apres|avant)",
)
def _so_after(cx: Context, f: Found) -> Made | None:
    """« je finis à 17 heures donc après »."""
    return [("DONC", None), ("word", f["w"]), ("CLK", f["c"])] if f.closes() else None


@COMPANY.rule("c:CLK DONC w:(apres|avant) d:WD")
def _so_after_that_day(cx: Context, f: Found) -> Made:
    """« il a école jusqu'à 16 heures 30 alors après vendredi »: after that hour, or after that day."""
    cx.doubt("après cette heure, ou après ce jour")
    return [("DONC", None), ("word", f["w"]), ("CLK", f["c"]), ("WD", f["d"])]


@COMPANY.rule("c:CLK (OR|COMMA|AND) n:NUM")
def _clock_then_number(cx: Context, f: Found) -> Made | None:
    after = f.after()
    made = clock(cx, f["n"])
    if made is None or (after is not None and after.kind in _NOT_AN_HOUR):
        return None
    return [("CLK", f["c"]), ("OR", "ou"), ("CLK", made)]


@COMPANY.rule("p:(a|NEAR|pour) h:NUM m:NUM")
def _bare_minutes(cx: Context, f: Found) -> Made | None:
    """« à quatorze trente », with the word « heures » left out."""
    after, preposition = f.after(), f.piece("p")
    made = clock(cx, f["h"], f["m"])
    if made is None or f["h"] < 7 or f["m"] % 5 or (after is not None and after.kind in ("MONTH", "HEURE")):
        return None
    near: Made = [("NEAR", preposition.value)] if preposition is not None and preposition.kind == "NEAR" else []
    return [*near, ("CLK", made)]


@COMPANY.rule("n:NEAR les? h:NUM")
def _around_number(cx: Context, f: Found) -> Made | None:
    after = f.after()
    made = clock(cx, f["h"])
    if made is None or (after is not None and after.kind not in ("COMMA", "STOP", "OR", "YES", "AND")):
        return None
    return [("NEAR", f["n"]), ("CLK", made)]


@COMPANY.rule("e:EDGE OR (en|a la|au)? g:EDGE (de|d|du|de la|de l|la)? p:(PART|UNIT) n:NEXT?")
def _two_edges(cx: Context, f: Found) -> Made | None:
    """« en début ou en fin de semaine »: what is named once holds for both."""
    what = f.piece("p")
    if what is None:
        return None
    rest: Made = [("word", "de"), (what.kind, what.value), *([("NEXT", f["n"])] if f.has("n") else [])]
    return [("EDGE", f["e"]), *rest, ("OR", "ou"), ("EDGE", f["g"]), *rest]


def _as_clock(cx: Context, value: Any) -> Clock | None:
    return value if isinstance(value, Clock) else clock(cx, value)
