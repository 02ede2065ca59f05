"""Misheard motives and practitioners, resolved against the practice's own lists and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from rapidfuzz import fuzz

from voicebot.french.phonetics import phonetic_key
from voicebot.french.words import Word, split

SURE = 88.0
"""Likeness (0 to 100) from which a match is taken without being read back."""

DOUBTFUL = 82.0
"""Likeness from which a match is read back."""

_SOUNDS_LIKE = 85.0
"""Likeness of words that sound alike, however they are written: doubtful."""

_LONG = 5
"""Letters from which a word may be misheard, or heard as two: one letter in a short word makes another word."""

_CLOSE = 6.0
"""Two names whose likeness differs by less are rivals."""

_EMPTY = frozenset(
    {"un", "une", "le", "la", "les", "l", "d", "de", "du", "des", "pour", "avec", "chez", "mon", "ma", "mes"}
    | {"au", "aux", "a", "c", "est", "ce", "serait", "sera"}
)


_REFUSED = re.compile(r"\bpas (?:pour )?(?:une?|le|la) [\w'-]+", re.I)


class Named(Protocol):
    """Something with an id and the words that callers use for it."""

    @property
    def id(self) -> str:
        """The id in the practice's file."""

    @property
    def words(self) -> tuple[str, ...]:
        """What callers say."""


@dataclass(frozen=True)
class Match:
    """What an utterance names."""

    id: str
    sure: bool
    span: tuple[int, int] | None = None
    """The characters of the utterance that named it (end exclusive); None for what was keyed or inferred."""


@dataclass(frozen=True, order=True)
class _Score:
    """How well a run of words names a choice: the likeness (0 to 100), then the letters, then the place."""

    likeness: float
    letters: int
    start: int
    end: int


_NOTHING = _Score(0.0, 0, 0, 0)


def find(text: str, choices: Sequence[Named], *, general: str | None = None) -> Match | None:
    """The one choice that an utterance names, or None.

    ``general`` is the choice that gives way when another is named beside it ("un frottis de contrôle").
    """
    heard = [word for word in split(text) if not word.is_mark]
    words = [word for word in heard if word.norm not in _EMPTY]
    pairs = [(first.norm + second.norm, first.start, second.end) for first, second in pairwise(heard)]
    named = [
        (max((_score(words, pairs, name) for name in choice.words), default=_NOTHING), choice.id) for choice in choices
    ]
    named = sorted(((score, id) for score, id in named if score.likeness >= DOUBTFUL), reverse=True)
    if len(named) > 1:
        named = [(score, id) for score, id in named if id != general]
    if not named:
        return None
    best, id = named[0]
    rivals = [(score, other) for score, other in named[1:] if score.likeness >= best.likeness - _CLOSE]
    if rivals:
        # Two are named: the one said last is meant ("pas une consultation, un vaccin"), but it is read back.
        best, id = max([(best, id), *rivals], key=lambda pair: pair[0].start)
    return Match(id, sure=not rivals and best.likeness >= SURE, span=(best.start, best.end))


def without_refused(text: str) -> str:
    """ "Pas une consultation, un vaccin": what is refused is blanked out, so that the rest keeps its place."""
    return _REFUSED.sub(lambda found: " " * len(found[0]), text)


def _score(words: Sequence[Word], pairs: Sequence[tuple[str, int, int]], name: str) -> _Score:
    """The best likeness of a run of words with a name, or of two words that were heard for one ("ben ali")."""
    target = [word.norm for word in split(name) if word.norm not in _EMPTY]
    if not target:
        return _NOTHING
    best = _NOTHING
    for at in range(len(words) - len(target) + 1):
        run = words[at : at + len(target)]
        likeness = min(_alike(said.norm, wanted) for said, wanted in zip(run, target, strict=True))
        best = max(best, _Score(likeness, sum(map(len, target)), run[0].start, run[-1].end))
    if len(target) == 1 and len(target[0]) >= _LONG:
        for joined, start, end in pairs:
            if joined == target[0]:
                best = max(best, _Score(100.0, len(joined), start, end))
            elif _sound_alike(joined, target[0]):
                best = max(best, _Score(_SOUNDS_LIKE, len(joined), start, end))
    return best


def _alike(said: str, wanted: str) -> float:
    """Likeness of two words."""
    if said == wanted:
        return 100.0
    if len(wanted) < _LONG:
        return 0.0
    likeness = _SOUNDS_LIKE if _sound_alike(said, wanted) else 0.0
    if said[0] == wanted[0]:
        likeness = max(likeness, SURE if said.startswith(wanted) else float(fuzz.ratio(said, wanted)))
    return likeness


def _sound_alike(said: str, wanted: str) -> bool:
    return len(said) >= _LONG - 1 and phonetic_key(said) == phonetic_key(wanted)
