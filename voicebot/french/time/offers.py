"""Answers that only what was just offered makes clear: « plus tard », « le deuxième », « celui de dix heures »."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from voicebot.french.time.durations import add
from voicebot.french.time.grammar import OFFERS, PICKS, Made
from voicebot.french.time.nodes import ALL_DAYS, ALL_MINUTES, SIZE, Context, Days, Exact, Hours, minutes
from voicebot.french.time.patterns import Found
from voicebot.french.time.settings import DAY


def _exact(cx: Context, chosen: list[datetime]) -> Made:
    masks = [0] * SIZE
    for offer in chosen:
        index = cx.index(offer.date())
        if 0 <= index < SIZE:
            at = offer.hour * 60 + offer.minute
            masks[index] |= minutes(at, at + 1)
    return [("SET", Exact(tuple(masks)))]


def _minute(offer: datetime) -> int:
    return offer.hour * 60 + offer.minute


def _filter(cx: Context, keep: dict[int, int], default: int) -> Made:
    return [("SET", Exact(tuple(keep.get(i, default) for i in range(SIZE)), filters=True))]


def after(cx: Context, moment: datetime) -> Made:
    """Every minute after a moment."""
    day = cx.index(moment.date())
    masks = tuple(0 if i < day else minutes(_minute(moment) + 1, DAY) if i == day else ALL_MINUTES for i in range(SIZE))
    return [("SET", Exact(masks, filters=True))]


def before(cx: Context, moment: datetime) -> Made:
    """Every minute before a moment."""
    day = cx.index(moment.date())
    masks = tuple(ALL_MINUTES if i < day else minutes(0, _minute(moment)) if i == day else 0 for i in range(SIZE))
    return [("SET", Exact(masks, filters=True))]


_WITHIN = "(dans|en|de|d)? (la|le|l|THIS)? (w:DAYTIME|u:UNIT|p:PART)"


@OFFERS.rule("l:LATER", f"l:LATER {_WITHIN}")
def _later(cx: Context, f: Found) -> Made | None:
    return _shifted(cx, f, forward=True)


@OFFERS.rule("le LATER")
def _the_latest(cx: Context, f: Found) -> Made | None:
    """« le plus tard »: of several offers the last."""
    return _exact(cx, [cx.offered[-1]]) if len(cx.offered) > 1 else None


@OFFERS.rule("le EARLIER")
def _the_earliest(cx: Context, f: Found) -> Made | None:
    """« le plus tôt »: of several offers the first, else as soon as possible."""
    return _exact(cx, [cx.offered[0]]) if len(cx.offered) > 1 else [("SOON", "soonest")]


@OFFERS.rule("l:EARLIER", f"l:EARLIER {_WITHIN}")
def _earlier(cx: Context, f: Found) -> Made | None:
    return _shifted(cx, f, forward=False)


def _shifted(cx: Context, f: Found, *, forward: bool) -> Made | None:
    if not cx.offered:
        return None
    unit, part = f["u"], f["p"]
    within_day = f.has("w") or part is not None or unit == "jour"
    following = f.after()
    if not within_day and unit is None and following is not None and following.kind in ("WD", "REL", "NUM", "QUE"):
        return None  # « plutôt mardi », heard as « plus tôt mardi »
    if within_day:
        masks: dict[int, int] = {}
        for offer in cx.offered:
            index = cx.index(offer.date())
            at = _minute(offer)
            rest = minutes(at + 1, DAY) if forward else minutes(0, at)
            masks[index] = masks.get(index, ALL_MINUTES) & rest
        made = _filter(cx, masks, 0)
        if part is not None and part in cx.settings.parts and part != "journee":
            first, last = cx.settings.parts[part]
            made.append(("HRS", Hours(minutes(first, last), "part", article=True, first=first, last=last)))
        return made
    if unit in ("semaine", "mois"):
        base = cx.offered[-1 if forward else 0].date()
        start, end = _unit_of(cx, base, unit)
        one = timedelta(days=1)
        return [("DAY", cx.between(base + one, end) if forward else cx.between(start, base - one))]
    return after(cx, cx.offered[-1]) if forward else before(cx, cx.offered[0])


def _unit_of(cx: Context, day: date, unit: str) -> tuple[date, date]:
    if unit == "semaine":
        return cx.monday(day), cx.monday(day) + timedelta(days=6)
    first = day.replace(day=1)
    return first, add(first, 1, "mois") - timedelta(days=1)


@OFFERS.rule("n:(NUM|un|une) u:UNIT s:(LATER|EARLIER|apres|avant)")
def _days_away(cx: Context, f: Found) -> Made | None:
    """« deux jours plus tard »."""
    following = f.after()
    if not cx.offered or (following is not None and following.kind not in ("STOP", "COMMA", "YES", "DONC")):
        return None  # « deux jours après Noël »
    count = 1 if f["n"] in ("un", "une") else f["n"]
    if _forward(f):
        return [("DAY", cx.one(add(cx.offered[-1].date(), count, f["u"])))]
    if f["u"] not in ("jour", "semaine"):
        return None
    return [("DAY", cx.one(cx.offered[0].date() - timedelta(days=count * (7 if f["u"] == "semaine" else 1))))]


@OFFERS.rule(
    "n:(NUM|une) HEURE s:(LATER|EARLIER)",
    "n:(NUM|une) HEURE m:MORE s:(LATER|EARLIER)",
    "d:SPAN s:(LATER|EARLIER|apres|avant)",
)
def _minutes_away(cx: Context, f: Found) -> Made | None:
    """« une heure plus tard »."""
    if not cx.offered:
        return None
    count = f["d"] if f.has("d") else 60 * (1 if f["n"] == "une" else f["n"]) + (f["m"] or 0)
    base = cx.offered[-1 if _forward(f) else 0]
    return _exact(cx, [base + timedelta(minutes=count if _forward(f) else -count)])


def _forward(f: Found) -> bool:
    piece = f.piece("s")
    return piece is not None and (piece.kind == "LATER" or piece.value == "apres")


@OFFERS.rule("dans (d:SPAN|n:(NUM|une) HEURE)", "dans (les)? n:NUM MINUTE")
def _soon(cx: Context, f: Found) -> Made | None:
    """« dans une heure » counts from now, give or take half an hour."""
    cx.doubt("dans un moment, compté de maintenant")
    return None


@OFFERS.rule("o:OTHER")
def _other(cx: Context, f: Found) -> Made | None:
    if not cx.offered:
        return None
    days = sum({cx.day(o.date()) for o in cx.offered})
    if f["o"] == "other_day":
        return [("PLUTOT", "plutot"), ("DAY", Days(ALL_DAYS & ~days, "span"))]
    if f["o"] == "other_week":
        for offer in cx.offered:
            first, last = _unit_of(cx, offer.date(), "semaine")
            days |= cx.span(first, last)
        return [("PLUTOT", "plutot"), ("DAY", Days(ALL_DAYS & ~days, "span"))]
    taken: dict[int, int] = {}
    for offer in cx.offered:
        index = cx.index(offer.date())
        at = _minute(offer)
        taken[index] = taken.get(index, ALL_MINUTES) & ~minutes(at, at + 1)
    if f["o"] == "other_hour":
        cx.doubt("une autre heure, sans dire laquelle")
    return _filter(cx, taken, ALL_MINUTES)


@OFFERS.rule("(a|le|la)? s:SAME QUE?")
def _same(cx: Context, f: Found) -> Made | None:
    if not cx.offered:
        return None
    if f["s"] == "same_day":
        days = {o.date() for o in cx.offered}
        near = sum(cx.day(d) for d in days)
        every = sum(cx.weekday(number) for number in {d.weekday() for d in days})
        return [("DAY", Days(every, "weekday", near=near, first=min(days), last=max(days)))]
    if f["s"] == "same_week":
        first, last = _unit_of(cx, cx.offered[0].date(), "semaine")
        return [("DAY", cx.between(first, last))]
    mask = 0
    for offer in cx.offered:
        mask |= minutes(_minute(offer), _minute(offer) + 1)
    return [("HRS", Hours(mask, "point"))]


@OFFERS.rule("(le|la|l)? o:(lendemain|veille|surlendemain)")
def _beside(cx: Context, f: Found) -> Made | None:
    following = f.after()
    if not cx.offered or (following is not None and following.value in ("de", "d", "du", "des")):
        return None  # « le lendemain de Noël » says of which day
    step = {"lendemain": 1, "surlendemain": 2, "veille": -1}[f["o"]]
    return [("DAY", cx.one(cx.offered[-1 if step > 0 else 0].date() + timedelta(days=step)))]


@OFFERS.rule("le? u:UNIT s:(apres|avant|PREV)")
def _unit_beside(cx: Context, f: Found) -> Made | None:
    """« le jour d'avant », « la semaine d'avant »; what comes after is ``NEXT``."""
    if not cx.offered or f["u"] not in ("jour", "semaine"):
        return None
    step = 1 if _forward(f) else -1
    base = cx.offered[-1 if step > 0 else 0].date()
    if f["u"] == "jour":
        return [("DAY", cx.one(base + timedelta(days=step)))]
    monday = cx.monday(base) + timedelta(weeks=step)
    return [("DAY", cx.between(monday, monday + timedelta(days=6)))]


@OFFERS.rule("le n:NUM")
def _number(cx: Context, f: Found) -> Made | None:
    """« le deux », which may be the second offer or the second of the month."""
    following, count = f.after(), f["n"]
    if not 1 <= count <= len(cx.in_order) or any(offer.day == count for offer in cx.offered):
        return None
    if following is not None and following.kind not in ("STOP", "COMMA", "YES", "BOOK"):
        return None
    cx.doubt("la proposition de ce rang, ou le jour de ce numéro")
    return _exact(cx, [cx.in_order[count - 1]])


@OFFERS.rule("(le|la) meme")
def _same_what(cx: Context, f: Found) -> Made | None:
    """« le même », and no word of what."""
    if cx.offered:
        cx.doubt("le même, sans dire quoi")
    return None


@OFFERS.rule("b:BOTH", "les n:NUM")
def _both(cx: Context, f: Found) -> Made | None:
    following = f.after()
    if f["b"] == "whichever" and not cx.offered:
        return [("ANY", "any")]
    if {"two": 2, "three": 3}.get(f["b"], len(cx.offered)) != len(cx.offered):
        return None
    if f.has("n") and (f["n"] != len(cx.offered) or (following is not None and following.kind != "STOP")):
        return None
    return _exact(cx, list(cx.offered)) if cx.offered else None


@PICKS.rule(
    "(le|la|les|l)? PICK? de? o:ORD BOOK? (des of:NUM)?",
    "PICK (de|du)? (le|la)? o:ORD",
    "(le|la|numero) n:(NUM|un|une) BOOK?",
)
def _ordinal(cx: Context, f: Found) -> Made | None:
    if not cx.offered:
        return None
    following = f.after()
    if following is not None and following.kind in ("DAY", "MONTH", "WD", "HRS"):
        return None
    if f.has("of") and f["of"] != len(cx.in_order):
        return None
    number = f["o"] if f.has("o") else {"un": 1, "une": 1}.get(f["n"], f["n"])
    index = number - 1 if number > 0 else number
    if not -len(cx.in_order) <= index < len(cx.in_order):
        cx.impossible = True
        return None
    return _exact(cx, [cx.in_order[index]])


@PICKS.rule(
    "PICK (de|du|d|a|en|PLUTOT)* (le|la|l)? d:DAY h:HRS?",
    "PICK (de|du|d|a|en|PLUTOT)* (le|la|l)? h:HRS (de|du)? d:DAY?",
)
def _the_one(cx: Context, f: Found) -> Made | None:
    if not cx.offered:
        return None
    days: Days | None = f["d"]
    hours: Hours | None = f["h"]
    fits = [o for o in cx.in_order if _fits(cx, o, days, hours.mask if hours else ALL_MINUTES)]
    if not fits and hours is not None and hours.other:
        fits = [o for o in cx.in_order if _fits(cx, o, days, hours.other)]
    if not fits:
        cx.doubt("aucune proposition de ce jour ou de cette heure")
        return None
    return _exact(cx, fits)


def _fits(cx: Context, offer: datetime, days: Days | None, hours: int) -> bool:
    inside = days is None or cx.day(offer.date()) & days.mask != 0
    return inside and hours >> _minute(offer) & 1 == 1
