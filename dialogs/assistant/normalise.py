"""One written form for what recognisers write in many: case, accents, hyphens, digits, hesitations."""

from __future__ import annotations

import re
import unicodedata

_HESITATIONS = re.compile(r"\b(?:euh+|heu+|hein|hum+|mmh?|bah|ben|bon|hop|pfff?)\b")
_ELISIONS = re.compile(r"\b(c|d|j|l|m|n|qu|s|t|jusqu|lorsqu|puisqu)'")


def fold(text: str) -> str:
    """Lower case without accents, ligatures or curly apostrophes; the length may change."""
    text = text.lower().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def normalise(text: str) -> str:
    """The form that the classifier and the guard read: words of a–z, 0 for any digit, elisions split."""
    text = _ELISIONS.sub(r"\1 ", fold(text))
    text = re.sub(r"\d", "0", text)
    text = re.sub(r"[^a-z0]+", " ", text)
    text = _HESITATIONS.sub(" ", text)
    return " ".join(text.split())
