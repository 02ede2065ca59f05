"""Word error rate and exact match of a recogniser's texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from models.forge.grammar import normalise

_SILENT_FEMININES = {"née": "né", "venue": "venu", "suivie": "suivi", "trompée": "trompé", "connue": "connu"}


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1 (word errors may exceed 1): errors per reference word, utterances without any error."""

    count: int
    word_errors: float
    exact: float


def score(references: Sequence[str], heard: Sequence[str]) -> Score:
    """Compare what was heard with what was said; hyphens and apostrophes part words, case does not matter.

    A feminine ending that cannot be heard ("née") is no error.
    """
    pairs = [(words(said), words(got)) for said, got in zip(references, heard, strict=True)]
    errors = sum(Levenshtein.distance(said, got) for said, got in pairs)
    total = max(1, sum(len(said) for said, _ in pairs))
    return Score(len(pairs), errors / total, sum(said == got for said, got in pairs) / max(1, len(pairs)))


def words(text: str) -> list[str]:
    """The words that are compared."""
    parts = normalise(text).replace("-", " ").replace("'", " ").split()
    return [_SILENT_FEMININES.get(part, part) for part in parts]
