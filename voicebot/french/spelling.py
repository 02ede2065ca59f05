"""Letters said one by one: "d u p o n t", "d comme daniel", "deux n", "e accent aigu", "tiret"."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from voicebot.french.phrases import Phrases, load
from voicebot.french.words import Word, fold

_DATA = load("alphabet.toml")
_TIMES = {"deux": 2, "2": 2, "double": 2, "trois": 3, "3": 3}


ALPHABET: Mapping[str, str] = MappingProxyType(_DATA["comme"])
"""The word that says each letter on a phone."""
ACCENTS: Mapping[str, str] = MappingProxyType({mark: name for name, mark in _DATA["accents"].items()})
"""Combining marks and how they are called."""
SIGNS: Mapping[str, str] = MappingProxyType({sign: names[0] for sign, names in _DATA["signes"].items()})
"""Signs inside names and how they are called."""

_LETTERS: Phrases[str] = Phrases((name, letter) for letter, names in _DATA["lettres"].items() for name in names)
_ACCENTS: Phrases[str] = Phrases(
    (prefix + name, mark) for name, mark in _DATA["accents"].items() for prefix in ("", "accent ", "avec accent ")
)
_SIGNS: Phrases[str] = Phrases((name, sign) for sign, names in _DATA["signes"].items() for name in names)


@dataclass(frozen=True)
class Spelled:
    """A run of letters, up to the word ``end`` (exclusive)."""

    name: str
    end: int
    sure: bool
    """Every letter was one character or came with a word that begins with it."""
    open: bool = True

    def joined(self, other: Spelled) -> Spelled:
        """This run continued by another one."""
        return replace(other, name=self.name + other.name, sure=self.sure and other.sure)


@dataclass(frozen=True)
class _Unit:
    letters: str
    end: int
    strict: bool


def read_letters(words: Sequence[Word], start: int, text: str) -> Spelled | None:
    """Read the longest run of letters that starts at ``start``; None when fewer than two letters are said there."""
    norms = [word.norm for word in words]
    units: list[_Unit] = []
    index = start
    while index < len(words) and (unit := _unit(norms, index, words)):
        units.append(unit)
        index = unit.end
    name = unicodedata.normalize("NFC", "".join(unit.letters for unit in units)).strip("-' ")
    if len(units) < 2 or sum(unit.strict for unit in units) * 2 < len(units) or not name:
        return None
    if len(units) == 2 and not any("comme" in norms[start:index] for _ in units) and index < len(words):
        # "l e goff" is a particle before a word, not a spelling.
        return None
    return Spelled(name, index, sure=all(unit.strict for unit in units))


def _unit(norms: Sequence[str], index: int, words: Sequence[Word]) -> _Unit | None:
    if sign := _SIGNS.at(norms, index):
        return _Unit(sign[1], index + sign[0], strict=True)
    times = _TIMES.get(norms[index], 1)
    at = index + 1 if times > 1 else index
    if at >= len(norms) or norms[at] == "comme":
        return None
    letter = _LETTERS.at(norms, at)
    if letter is None:
        return None
    length, base = letter
    strict = length == 1 and len(norms[at]) == 1
    if strict and fold(words[at].text) != words[at].text.lower():
        base = words[at].text.lower()  # the recogniser wrote the accent
    end = at + length
    if end + 1 < len(norms) and norms[end] == "comme":
        # On a phone the word is heard better than the letter: trust its initial.
        base, strict, end = norms[end + 1][0], True, end + 2
    if accent := _ACCENTS.at(norms, end) if end < len(norms) else None:
        base, end, strict = base + accent[1], end + accent[0], True
    return _Unit(base * times, end, strict)
