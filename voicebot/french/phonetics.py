"""French names by ear: a phonetic key and a ranking. A name alone never identifies anyone: it only suggests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import JaroWinkler

from voicebot.french.words import fold

_RULES = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z]", ""),
        (r"(.)\1+", r"\1"),
        (r"^h", ""),
        (r"ph", "f"),
        (r"tsch|sch|tch|ch|sh", "C"),
        (r"gn", "N"),
        (r"qu|q|ck|cq|cc(?![eiy])|c(?![eiyC])", "k"),
        (r"c(?=[eiy])", "s"),
        (r"gu(?=[eiy])", "G"),
        (r"g(?=[eiy])", "j"),
        (r"g", "G"),
        (r"h", ""),
        (r"eaux?$|eau|aud$|ault$|aut$|aux?$|ot$|os$|op$|oz$|au", "o"),
        (r"ez$|er$|et$|ai[st]?$|ay$|ey$|ei$|ais$|aix$", "e"),
        (r"ill(?=[aeiou])|il(?=$)|ll(?=[aeiou])|y", "i"),
        (r"ain|ein|aim|in(?![aeiouy])|im(?=[bp])|un(?![aeiou])|um(?=[bp])", "1"),
        (r"oin", "w1"),
        (r"an(?![aeiou])|am(?=[bp])|en(?![aeiou])|em(?=[bp])", "2"),
        (r"on(?![aeiou])|om(?=[bp])", "3"),
        (r"oi|oy", "wa"),
        (r"ou", "u"),
        (r"eu|oeu|oe", "e"),
        (r"ai|ei|ay|ey", "e"),
        (r"z", "s"),
        (r"x$|s$|t$|d$|p$|e$|es$|nt$", ""),
        (r"e(?=.)", "e"),
        (r"(.)\1+", r"\1"),
    )
]


@lru_cache(maxsize=8192)
def phonetic_key(name: str) -> str:
    """How a French name sounds, roughly: ``Dupont``, ``Dupond`` and ``Du Pont`` share one key."""
    key = fold(name)
    for pattern, sound in _RULES:
        key = pattern.sub(sound, key)
    return key or fold(name)


def candidates(name: str, known: Iterable[str], *, limit: int = 5, threshold: float = 0.75) -> list[tuple[str, float]]:
    """Known names that sound or look like ``name``, best first, with a score of 0 to 1.

    The score blends Jaro-Winkler on the phonetic key and on the folded spelling (measured: the right name is first
    for half of what is heard, among the first three for nearly all).
    """
    folded, key = _flat(name), phonetic_key(name)
    scored = []
    for other in dict.fromkeys(known):
        look = JaroWinkler.similarity(folded, _flat(other))
        sound = JaroWinkler.similarity(key, phonetic_key(other))
        score = 1.0 if look == 1.0 else 0.55 * sound + 0.45 * look
        if score >= threshold:
            scored.append((other, round(score, 4)))
    scored.sort(key=lambda pair: (-pair[1], pair[0]))
    return scored[:limit]


def _flat(name: str) -> str:
    return "".join(c for c in fold(name) if c.isalpha())
