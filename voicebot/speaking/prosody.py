"""How a text is handed to a voice: sentence by sentence, with a pause after each. Pure.

Cutting keeps the first sound early (a synthesiser gives nothing before it has read its whole input) and bounds the
memory of one synthesis.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ELDER_PACE = 1.25
"""Pace for callers who ask for slower speech: sounds and pauses last this much longer."""

_LONGEST = 160
"""Characters of one synthesis; a longer sentence is cut at a comma, else at a space."""

_AFTER_SENTENCE = 0.30
_AFTER_PART = 0.15
_AFTER_LAST = 0.05

_END = re.compile(r"(?<=[.!?…])\s+(?=[^\s.!?…])")
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:M|MM|Mme|Mlle|Dr|Pr|Me|St|Ste|no|av|bd|tél|[A-Z])\.$")
"""A point that ends no sentence."""


@dataclass(frozen=True)
class Breath:
    """What is said in one breath, and the silence after it."""

    text: str
    pause: float
    """s"""


def breaths(text: str, pace: float = 1.0) -> list[Breath]:
    """Cut ``text`` into what a voice is given one after the other. Whitespace is normalised; nothing else changes."""
    cut: list[Breath] = []
    for sentence in _sentences(" ".join(text.split())):
        *parts, last = _parts(sentence)
        cut += [Breath(part, _AFTER_PART * pace) for part in parts]
        cut.append(Breath(last, _AFTER_SENTENCE * pace))
    cut = [breath for breath in cut if any(c.isalnum() for c in breath.text)]
    if cut:
        cut[-1] = Breath(cut[-1].text, _AFTER_LAST)
    return cut


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    for part in _END.split(text):
        if sentences and _ABBREVIATION.search(sentences[-1]):
            sentences[-1] += " " + part
        else:
            sentences.append(part)
    return sentences


def _parts(sentence: str) -> list[str]:
    parts: list[str] = []
    while len(sentence) > _LONGEST:
        end = max(sentence.rfind(mark, 1, _LONGEST) for mark in (", ", " – ", " - "))
        if end < _LONGEST // 3:
            end = sentence.rfind(" ", 1, _LONGEST)
        if end < 1:
            end = _LONGEST - 1
        parts.append(sentence[: end + 1].strip())
        sentence = sentence[end + 1 :].strip()
    return [*parts, sentence]
