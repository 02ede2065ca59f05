"""What the assistant says: fixed sentences spoken from memory, and sentences that hold something of the call.

The text is data (`phrases.toml`); a practice overrides any of it by key. A sentence without a slot is *fixed*: the
mouth renders it once at start. A sentence with a slot is spoken afresh and never kept.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter

from voicebot.thinking.practice_file import PracticeFile

_FILE = Path(__file__).with_name("phrases.toml")
_SENTENCE = re.compile(r"(?<=[.?!])\s+")


@cache
def _shipped() -> dict[str, str]:
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {f"{table}.{key}": text for table, entries in tables.items() for key, text in entries.items()}


class Phrases:
    """The phrases of one practice.

    ``constants`` (name of the practice, days of retention) are put in once, so that a sentence with only those is
    fixed. ``overrides`` were checked when the practice's file was read (``voicebot.practice.spoken``).
    """

    def __init__(self, constants: Mapping[str, str], overrides: Mapping[str, str] | None = None) -> None:
        texts = {**_shipped(), **(overrides or {})}
        self._texts = {key: _fill(text, constants) for key, text in texts.items()}

    def pieces(self, key: str, **values: str) -> tuple[str, ...]:
        """The sentences of a phrase with its slots filled. Raises KeyError for an unknown phrase or a slot missing."""
        # Cut before filling: an initial or a full stop inside a name is no end of a sentence.
        return tuple(sentence.format(**values) for sentence in _sentences(self._texts[key]))

    def text(self, key: str, **values: str) -> str:
        """A phrase as one text."""
        return self._texts[key].format(**values)

    def fixed(self) -> tuple[str, ...]:
        """Every sentence that never changes, to be rendered at start."""
        found = {
            sentence.format(): None
            for key, text in self._texts.items()
            if not key.startswith("words.")
            for sentence in _sentences(text)
            if not slots(sentence)
        }
        return tuple(found)


def slots(text: str) -> set[str]:
    """Names of the slots in a phrase."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _fill(text: str, constants: Mapping[str, str]) -> str:
    for name, value in constants.items():
        # What a practice wrote is text: its own braces are none of ours.
        text = text.replace("{" + name + "}", value.replace("{", "{{").replace("}", "}}"))
    return text


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE.split(text) if sentence]


def phrases_of(practice: PracticeFile) -> Phrases:
    """The phrases of a practice, its own words put in."""
    days = str(practice.retention.transcript)
    kept = {"on": "greeting.kept", "ask": "greeting.asked", "off": "greeting.not_kept"}[practice.transcript]
    plain = Phrases({}, practice.phrases)
    constants = {"practice": practice.name, "days": days, "transcript": plain.text(kept, **_days(kept, days))}
    return Phrases(constants, practice.phrases)


def _days(key: str, days: str) -> dict[str, str]:
    return {"days": days} if key == "greeting.kept" else {}


def fixed_phrases(practice: PracticeFile) -> tuple[str, ...]:
    """Every sentence that the mouth renders once at start: the fixed phrases and the practice's own answers."""
    closed = [practice.outside_hours.message] if practice.outside_hours.message else []
    return (*phrases_of(practice).fixed(), *practice.answers.values(), *closed)
