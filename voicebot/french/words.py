"""Words of an utterance as a recogniser wrote it: folded for comparison, with their place in the text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[0-9]{1,12}|[^\W\d_]+|[.,;:!?/…]|(?<=[0-9h])[-–](?=[0-9])")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'", "Œ": "oe", "Æ": "ae"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word, number or punctuation mark; ``start`` and ``end`` are offsets in the text (end exclusive)."""

    text: str
    norm: str
    start: int
    end: int

    @property
    def is_mark(self) -> bool:
        """Whether this is punctuation."""
        return not self.norm[0].isalnum()


def fold(text: str) -> str:
    """Lower case without accents or ligatures: ``"Févr. où"`` → ``"fevr. ou"``."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.translate(_LIGATURES).lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def split(text: str) -> list[Word]:
    """Cut an utterance into words.

    Apostrophes and hyphens separate (``l'après-midi`` is three words, as a recogniser without punctuation writes
    it), digits and letters too (``14h30`` is three), so every spelling of an expression gives the same words.
    Text is composed (NFC) so that a combining accent never cuts a word; offsets are those of the text as it was given
    whenever it was composed already.
    """
    composed = unicodedata.normalize("NFC", text)
    return [Word(m.group(), fold(m.group()), m.start(), m.end()) for m in _WORD.finditer(composed)]
