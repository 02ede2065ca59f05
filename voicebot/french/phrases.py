"""Longest-match search of known phrases among folded words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Generic, TypeVar

from voicebot.french.words import split

V = TypeVar("V")


def load(name: str) -> dict[str, Any]:
    """Read a data file of ``voicebot/french/lexique``."""
    return tomllib.loads(files("voicebot.french").joinpath("lexique", name).read_text(encoding="utf-8"))


class Phrases(Generic[V]):
    """Phrases with a value each. Accents, hyphens, apostrophes and case do not count."""

    def __init__(self, phrases: Iterable[tuple[str, V]] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], V]]] = {}
        for phrase, value in phrases:
            self.add(phrase, value)

    @classmethod
    def from_lists(cls, lists: Mapping[str, Sequence[str]]) -> Phrases[str]:
        """Phrases whose value is the name of the list that holds them."""
        made: Phrases[str] = Phrases()
        for name, phrases in lists.items():
            for phrase in phrases:
                made.add(phrase, name)
        return made

    def add(self, phrase: str, value: V) -> None:
        """Add one phrase; the longest one that fits wins, and among equals the one that was added first."""
        words = tuple(w.norm for w in split(phrase) if not w.is_mark)
        entries = self._by_first.setdefault(words[0], [])
        entries.append((words, value))
        entries.sort(key=lambda entry: -len(entry[0]))

    def items(self) -> Iterator[tuple[tuple[str, ...], V]]:
        """Every phrase, as folded words, with its value."""
        for entries in self._by_first.values():
            yield from entries

    def at(self, norms: Sequence[str], index: int) -> tuple[int, V] | None:
        """The longest phrase that starts at ``index``: (number of words, value)."""
        for words, value in self._by_first.get(norms[index], ()):
            if tuple(norms[index : index + len(words)]) == words:
                return len(words), value
        return None

    def scan(self, norms: Sequence[str]) -> Iterator[tuple[int, int, V]]:
        """Non-overlapping matches from left to right: (start, end, value)."""
        index = 0
        while index < len(norms):
            if found := self.at(norms, index):
                yield index, index + found[0], found[1]
                index += found[0]
            else:
                index += 1
