"""Clock times in company, and parts of the day, to sets of minutes."""

from __future__ import annotations

from voicebot.french.time.clocks import EARLY_EVENING, Clock, between
from voicebot.french.time.grammar import HOURS, Made
from voicebot.french.time.nodes import Context, Hours, minutes
from voicebot.french.time.patterns import Found
from voicebot.french.time.settings import DAY

_NEXT_TO = 60
"""« juste avant midi », minutes."""


def _set(cx: Context, at: Clock, first: int | None, last: int | None, *, point: bool = False) -> Made:
    """Minutes around a clock time: ``first`` and ``last`` are offsets from it, None for the ends of the day."""

    def mask(time: int) -> int:
        return minutes(0 if first is None else time + first, DAY if last is None else time + last)

    bounds = (0 if first is None else at.at + first, DAY if last is None else at.at + last)
    other = 0 if at.other is None else mask(at.other)
    # Seven o'clock is before the doors open and after they close: nobody knows which was meant.
    vague = at.other is not None and at.other // 60 == cx.settings.first_hour - 1 and at.at >= DAY // 2
    return [
        ("HRS", Hours(mask(at.at), "point" if point else "range", other, vague=vague, first=bounds[0], last=bounds[1]))
    ]


@HOURS.rule("(a|pour|de|d|EXACT)* c:CLK EXACT?")
def _at(cx: Context, f: Found) -> Made | None:
    return _set(cx, f["c"], 0, 1, point=True)


@HOURS.rule("(a|dans)? NEAR (de|d|du|des|les|a|l)* c:CLK NEAR?", "a? c:CLK (a|en)? NEAR", "(dans|sur) les c:CLK NEAR?")
def _around(cx: Context, f: Found) -> Made | None:
    return _set(cx, f["c"], -cx.settings.around, cx.settings.around)


@HOURS.rule(
    "(apres|des) c:CLK",
    "a (partir|compter) (de|d|des|du)* c:CLK",
    "NOT avant (les|NEAR)* c:CLK",
    "a? c:CLK (a|AND)? EARLIEST",
    "EARLIEST (a|NEAR)? c:CLK",
    "c:CLK (AND|OR) w:(LATER|apres)",
    "au dela (de|d)? c:CLK",
    "c:CLK PREV",
)
def _from(cx: Context, f: Found) -> Made | None:
    if f.has("w") and not f.closes():
        return None
    return _set(cx, f["c"], 0, None)


@HOURS.rule("BARELY (apres|avant) c:CLK")
def _barely(cx: Context, f: Found) -> Made | None:
    """« un peu après dix heures »: within the hour."""
    return _set(cx, f["c"], 0, _NEXT_TO) if "apres" in f.words() else _set(cx, f["c"], -_NEXT_TO, 0)


@HOURS.rule("LATER QUE c:CLK")
def _strictly_from(cx: Context, f: Found) -> Made | None:
    return _set(cx, f["c"], 1, None)


@HOURS.rule("(avant|jusqu) (a|les|NEAR)* c:CLK", "EARLIER QUE c:CLK", "c:CLK (OR|AND) w:(EARLIER|avant)")
def _before(cx: Context, f: Found) -> Made | None:
    if f.has("w") and not f.closes():
        return None
    return _set(cx, f["c"], None, 0)


@HOURS.rule("NOT (apres|au dela|LATER) (de|d|QUE)* c:CLK", "LATEST (a|NEAR)? c:CLK", "a? c:CLK LATEST")
def _until(cx: Context, f: Found) -> Made | None:
    before = f.before()
    if before is not None and before.kind == "OR" and f.first_word() == f["c"]:
        return _set(cx, f["c"], 0, 1, point=True)
    return _set(cx, f["c"], None, 1)


@HOURS.rule(
    "entre a:CLK (AND|a) b:CLK",
    "(de|d|des|a partir de|a partir d) a:CLK (a|jusqu) a? b:CLK",
    "a:CLK (a|DASH) b:CLK",
    "(apres|a partir de|a partir d|des) a:CLK (AND|BUT|COMMA)? (avant|NOT apres|jusqu a|jusqu) b:CLK",
    "(avant|NOT apres) b:CLK (AND|BUT|COMMA)? (apres|NOT avant) a:CLK",
)
def _between(cx: Context, f: Found) -> Made | None:
    return [("HRS", between(f["a"], f["b"]))]


# --- parts of the day --------------------------------------------------------------------------------------

_ARTICLES = "(dans|pendant|en|a|au|de|du|d|NEAR|durant|pour|sur|des)* (le|la|l|les|EACH|cours|courant|de|HEURE)*"
_PROPER = frozenset({"matin", "apres_midi", "soir", "nuit", "journee", "midi_deux", "entre_midi_deux"})
"""Parts of the day; the other names (« après l'école », « pas trop tôt ») are rather bounds."""
_OF = "(de|d|du|de l|de la|l|le|la)*"


def part_hours(cx: Context, name: str, *, article: bool = False) -> Hours:
    """The set of minutes of a part of the day."""
    first, last = cx.settings.parts[name]
    # « entre cinq et six heures du soir »: beside a clock time the evening begins earlier.
    lenient = minutes(EARLY_EVENING, last) if name == "soir" and first > EARLY_EVENING else 0
    proper = name.split()[-1] in _PROPER
    return Hours(
        minutes(first, last), "part" if proper else "range", lenient=lenient, article=article, first=first, last=last
    )


def _name(cx: Context, f: Found) -> str | None:
    """The part of the day that was named, with its edge."""
    name = f"{f['e']} {f['p']}" if f.has("e") else str(f["p"])
    return name if name in cx.settings.parts else None


@HOURS.rule(f"a:({_ARTICLES}) p:PART", f"a:({_ARTICLES}) e:EDGE {_OF} p:PART")
def _part(cx: Context, f: Found) -> Made | None:
    name = _name(cx, f)
    return (
        None
        if name is None
        else [("HRS", part_hours(cx, name, article=f.has("a") or f.has("e") or name.startswith("entre")))]
    )


@HOURS.rule(
    f"w:(apres|PREV) (le|la|l)? (e:EDGE {_OF})? p:PART",
    f"(a partir de|a partir d|des|NOT avant) (le|la|l)? (e:EDGE {_OF})? p:PART",
)
def _after_part(cx: Context, f: Found) -> Made | None:
    name = _name(cx, f)
    if name is None:
        return None
    start = cx.settings.parts[name][1 if f.has("w") else 0]
    return [("HRS", Hours(minutes(start, DAY), "range", first=start))]


@HOURS.rule(f"avant (le|la|l)? (e:EDGE {_OF})? p:PART")
def _before_part(cx: Context, f: Found) -> Made | None:
    name = _name(cx, f)
    end = 0 if name is None else cx.settings.parts[name][1 if f.has("e") else 0]
    return [("HRS", Hours(minutes(0, end), "range", last=end))] if end else None


@HOURS.rule("THIS p:PART ci?", f"THIS e:EDGE {_OF} p:PART", "e:EDGE (de|d) THIS p:PART")
def _this_part(cx: Context, f: Found) -> Made | None:
    name = _name(cx, f)
    return None if name is None else [("DAY", cx.one(cx.today)), ("HRS", part_hours(cx, name))]


@HOURS.rule("s:SHIFT")
def _shift(cx: Context, f: Found) -> Made | None:
    """« je suis du matin » is being busy then."""
    return [("BUSY", None), ("HRS", part_hours(cx, f["s"], article=True))]


@HOURS.rule("a:ANY")
def _any(cx: Context, f: Found) -> Made | None:
    return [("HRS", Hours(minutes(0, DAY), "any"))] if f["a"] == "any_hour" else None


@HOURS.rule("DAYTIME")
def _in_the_day(cx: Context, f: Found) -> Made | None:
    """« mardi dans la journée »; alone it may be today or any day."""
    return [("HRS", Hours(minutes(0, DAY), "daytime"))]
