"""Which name was meant, out of several imperfect hearings of it: said, said again, spelled.

A name alone is the hardest thing to hear on a telephone. Each hearing is evidence; common French names are tried
against all of it, and what was heard stands for itself at a small extra cost, since most names are in no list. The
answer is only ever read back to the caller, never taken for granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from voicebot.french.names import capitalise
from voicebot.french.phonetics import phonetic_key
from voicebot.french.words import fold

_FOLDER = Path(__file__).with_name("lexique")

_UNLISTED = 0.4
"""What it costs a name to be in no list."""

_MOST = 0.6
"""What one hearing can count against a name: one that has nothing to do with it says no more than that."""

_SPELLED = 2.0
"""Weight of a hearing letter by letter; one that was said counts 1."""

_BELIEVED = 0.42
"""Cost of the hearing that fits best up to which a name is proposed."""

_SHORTLIST = 40
"""Names that are weighed closely, of those that resemble a hearing."""

_LETTERS = ("bcdgptvew", "flmnrsz", "ahk", "ijxy", "quo")
"""Letters whose names sound alike on a telephone."""

_SOUNDS = ("pb", "td", "kG", "sj", "fv", "Cjs", "mnN", "lr", "aeiouy123w")
"""Sounds of :func:`phonetic_key` that are mistaken for one another."""


@dataclass(frozen=True)
class Hearing:
    """One time that a name was heard."""

    name: str
    spelled: bool
    """Letter by letter."""


def guess(hearings: Sequence[Hearing], refused: Iterable[str] = (), *, first_name: bool = False) -> str | None:
    """The name that explains all hearings best, capitalised; None when none explains them well enough.

    ``refused`` are names that the caller said were wrong.
    """
    if not hearings:
        return None
    wrong = {_letters(name) for name in refused}
    said = {phonetic_key(hearing.name) for hearing in hearings if not hearing.spelled}
    for hearing in reversed(hearings):
        # Spelled as it was said: no list knows better.
        if hearing.spelled and phonetic_key(hearing.name) in said and _letters(hearing.name) not in wrong:
            return capitalise(hearing.name)
    listed = _listed("prenoms.txt" if first_name else "patronymes.txt")
    heard = {hearing.name for hearing in hearings}
    costs: dict[str, float] = {}
    for name in (*_shortlist(hearings, listed), *sorted(heard)):
        if (flat := _letters(name)) in wrong or not flat or flat in (_letters(other) for other in costs):
            continue
        unlisted = 0.0 if flat in listed else _UNLISTED
        costs[name] = unlisted + sum(
            min(_MOST, _cost(hearing, flat)) * (_SPELLED if hearing.spelled else 1) for hearing in hearings
        )
    if not costs:
        return None
    best = min(costs, key=lambda name: (costs[name], name))
    nearest = min(_cost(hearing, _letters(best)) for hearing in hearings)
    return capitalise(best) if nearest <= _BELIEVED else None


def _shortlist(hearings: Sequence[Hearing], listed: dict[str, str]) -> list[str]:
    """Names of the list that resemble the hearings, as written."""

    def roughly(flat: str) -> float:
        key = phonetic_key(flat)
        return sum(
            Levenshtein.normalized_distance(_letters(hearing.name), flat) * _SPELLED
            if hearing.spelled
            else Levenshtein.normalized_distance(phonetic_key(hearing.name), key)
            for hearing in hearings
        )

    return [listed[flat] for flat in sorted(listed, key=lambda flat: (roughly(flat), flat))[:_SHORTLIST]]


def _cost(hearing: Hearing, flat: str) -> float:
    """0 (heard as it is) to 1 (nothing alike)."""
    if hearing.spelled:
        return _distance(_letters(hearing.name), flat, _LETTERS)
    return _distance(phonetic_key(hearing.name), phonetic_key(flat), _SOUNDS)


def _distance(heard: str, name: str, alike: Sequence[str]) -> float:
    """Edit distance by length (Wagner and Fischer, 1974) in which sounds mistaken for one another cost half."""
    above = [float(column) for column in range(len(name) + 1)]
    for row, said in enumerate(heard, 1):
        line = [float(row)]
        for column, meant in enumerate(name, 1):
            change = 0.0 if said == meant else 0.5 if any(said in group and meant in group for group in alike) else 1.0
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + change))
        above = line
    return above[-1] / max(len(heard), len(name), 1)


@cache
def _letters(name: str) -> str:
    return "".join(char for char in fold(name) if char.isalpha())


@cache
def _listed(file: str) -> dict[str, str]:
    """Names of a list as written, by their letters."""
    words = (_FOLDER / file).read_text(encoding="utf-8").split()
    return {_letters(word): word for word in words}


def is_listed(name: str, *, first_name: bool) -> bool:
    """Whether a name is in the list of common ones."""
    return _letters(name) in _listed("prenoms.txt" if first_name else "patronymes.txt")
