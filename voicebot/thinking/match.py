"""Misheard motives and practitioners, resolved against the practice's own lists and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rapidfuzz import fuzz

from voicebot.thinking.words import fold

SURE = 88.0
"""Likeness (0 to 100) from which a match is taken without being read back."""

DOUBTFUL = 74.0
"""Likeness from which a match is read back."""

_EMPTY = frozenset(
    {"un", "une", "le", "la", "les", "l", "d", "de", "du", "des", "pour", "avec", "chez", "mon", "ma", "mes"}
    | {"au", "aux", "a", "c", "est", "ce", "serait", "sera"}
)


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
    span: str = ""
    """The words that named it, folded."""


def find(text: str, choices: Sequence[Named], *, general: str | None = None) -> Match | None:
    """The one choice that an utterance names, or None.

    ``general`` is the choice that gives way when another is named beside it ("un frottis de contrôle").
    """
    words = fold(text).split()
    scored: list[tuple[float, int, str, str]] = []
    for choice in choices:
        best = max((_score(words, word) for word in choice.words), default=(0.0, 0, ""))
        scored.append((best[0], best[1], best[2], choice.id))
    scored.sort(reverse=True)
    if not scored or scored[0][0] < DOUBTFUL:
        return None
    score, length, span, identity = scored[0]
    rivals = [other for other in scored[1:] if other[0] >= score - 6]
    if rivals and identity == general:
        score, length, span, identity = rivals.pop(0)
    rivals = [other for other in rivals if other[3] != general]
    if rivals and score < 100:
        return Match(identity, sure=False, span=span)
    if rivals:
        # Two are named: the one said last wins in French ("pas une consultation, un vaccin"), but it is read back.
        last = max([(score, length, span, identity), *rivals], key=lambda other: " ".join(words).rfind(other[2]))
        return Match(last[3], sure=False, span=last[2])
    return Match(identity, sure=score >= SURE, span=span)


def _score(words: Sequence[str], wanted: str) -> tuple[float, int, str]:
    """The best likeness of a run of words, how many letters it has, and the run."""
    target = [word for word in fold(wanted).split() if word not in _EMPTY] or fold(wanted).split()
    goal = " ".join(target)
    best = (0.0, 0, "")
    for run in _runs(words, len(target)):
        said = " ".join(run)
        # One letter in a short word makes another word: only long ones may be misheard.
        score = 100.0 if said == goal else (fuzz.ratio(said, goal) if len(goal) > 4 else 0.0)
        if len(goal) > 4 and len(target) == 1 and len(said) > len(goal) and said.startswith(goal):
            score = max(score, SURE)
        best = max(best, (score, len(goal), said))
    return best


def _runs(words: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    content = [word for word in words if word not in _EMPTY] or list(words)
    for start in range(max(1, len(content) - size + 1)):
        yield content[start : start + size]
