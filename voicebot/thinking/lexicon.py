"""Intents by words alone (`lexicon.toml`): what a call still understands while Rasa is away, and the words that win
over any guess (a caller who says "secrétaire" gets the secretary)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from voicebot.thinking.state import Item
from voicebot.thinking.words import compile_phrases, fold

_FILE = Path(__file__).with_name("lexicon.toml")
_Patterns = Mapping[str, tuple[re.Pattern[str], ...]]


def intents(text: str) -> frozenset[str]:
    """Every intent whose words are in an utterance."""
    return _hits(_tables()["intents"], text)


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
