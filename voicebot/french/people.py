"""For how many people: « pour moi et ma fille », « mes deux enfants », « nous sommes trois »."""

from __future__ import annotations

from voicebot.french import numbers
from voicebot.french.phrases import Phrases, load
from voicebot.french.words import split

_PHRASES = Phrases.from_lists(load("personnes.toml"))
_AMOUNTS = {"deux": 2, "trois": 3}
_MOST = 20


def read_people(text: str) -> int | None:
    """How many people an appointment is for; None when nobody was named, or more than a family can be."""
    norms = [word.norm for word in split(text) if not word.is_mark]
    counts = {number.end: number.value for number in numbers.find(norms)}
    starts = {number.start: number.value for number in numbers.find(norms)}
    named, total = False, 0
    for start, end, kind in _PHRASES.scan(norms):
        if kind in _AMOUNTS:
            found = _AMOUNTS[kind]
        elif kind == "une":
            found = 1
        elif kind == "nous":
            found = starts.get(end, 0)
        else:
            article = start > 0 and norms[start - 1] in ("un", "une")
            found = counts.get(start, 1 if article else 0)
        named, total = named or found > 0, total + found
    return total if named and total <= _MOST else None
