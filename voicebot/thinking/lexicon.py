"""Intents by words alone (`lexicon.toml`): what a call still understands while Rasa is away, and the words that win
over any guess (a caller who says "secrétaire" gets the secretary)."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from voicebot.french.words import split
from voicebot.thinking.state import Item
from voicebot.thinking.words import compile_phrases, fold

_FILE = Path(__file__).with_name("lexicon.toml")
_Patterns = Mapping[str, tuple[re.Pattern[str], ...]]


def intents(text: str) -> frozenset[str]:
    """Every intent whose words are in an utterance."""
    return _hits(_tables()["intents"], text)


CLAIMED = ("known_patient", "new_patient", "for_other", "symptom", "human", "thanks", "late")
"""Intents whose words say nothing about a time, whatever they hold ("plusieurs fois")."""


def spans(text: str) -> list[tuple[int, int]]:
    """The characters of an utterance that these intents understood (end exclusive)."""
    found = []
    words = [word for word in split(text) if not word.is_mark]
    folded = " ".join(word.norm for word in words) + " "
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word.norm) + 1)
    for name in CLAIMED:
        for pattern in _tables()["intents"].get(name, ()):
            for match in pattern.finditer(folded):
                first = bisect_right(starts, match.start()) - 1
                last = bisect_left(starts, match.end()) - 1
                if 0 <= first <= last < len(words):
                    found.append((words[first].start, words[last].end))
    return found


def items(text: str) -> frozenset[Item]:
    """What an utterance speaks about: ``nom``, ``date de naissance``…"""
    found = _hits(_tables()["items"], text)
    if "birth_date" in found:
        found -= {"when"}
    return frozenset(item for item in ITEMS if item in found)


ITEMS: tuple[Item, ...] = ("birth_name", "first_name", "birth_date", "motive", "practitioner", "when", "phone")
"""In the order in which they are listed and keyed."""


def _hits(table: _Patterns, text: str) -> frozenset[str]:
    words = fold(text) + " "
    return frozenset(name for name, patterns in table.items() if any(p.search(words) for p in patterns))


@cache
def _tables() -> Mapping[str, _Patterns]:
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        table: {name: compile_phrases(phrases) for name, phrases in entries.items()}
        for table, entries in raw.items()
        if table != "names"
    }
