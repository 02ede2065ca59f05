"""Signs of an emergency in what a caller said: a list that a doctor can read (`red_flags.toml`), and nothing else.

Checked on every utterance before everything. A miss is far worse than a false alarm: clear signs end the call with
15/112, doubtful ones are asked about. Nothing is diagnosed.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from voicebot.thinking.words import compile_phrases, fold

_FILE = Path(__file__).with_name("red_flags.toml")

Level = Literal["clear", "doubtful"]


@dataclass(frozen=True)
class RedFlag:
    """A sign that was heard."""

    name: str
    level: Level
    advice: str = "now"
    """Which advice is spoken: ``now`` (15 or 112), ``suicide`` (also 31 14)."""


@dataclass(frozen=True)
class _Sign:
    flag: RedFlag
    phrases: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


def look(text: str) -> RedFlag | None:
    """The gravest sign in an utterance, or None."""
    erased, past, signs = _signs()
    words = fold(text) + " "
    for pattern in erased:
        words = pattern.sub(" ", words)
    # An over-long utterance is searched whole: gaps are bounded, so the cost stays linear.
    earlier = any(pattern.search(words) for pattern in past)
    found: RedFlag | None = None
    for sign in signs:
        if not any(pattern.search(words) for pattern in sign.phrases):
            continue
        if any(pattern.search(words) for pattern in sign.unless):
            continue
        if sign.flag.level == "clear" and not earlier:
            return sign.flag
        if sign.flag.level == "clear" or not earlier:
            found = found or RedFlag(sign.flag.name, "doubtful", sign.flag.advice)
    return found


@cache
def _signs() -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...], tuple[_Sign, ...]]:
    tables: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    signs = tuple(
        _Sign(
            RedFlag(entry["name"], entry["level"], entry.get("advice", "now")),
            compile_phrases(entry["phrases"]),
            compile_phrases(entry.get("unless", [])),
        )
        for entry in tables["sign"]
    )
    return compile_phrases(tables["erased"]), compile_phrases(tables["past"]), signs
