"""Letters said one by one: "d u p o n t", "d comme daniel", "deux n", "e accent aigu", "tiret"."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from voicebot.french.phrases import Phrases, load
from voicebot.french.words import Word, fold

_DATA = load("alphabet.toml")

ALPHABET: Mapping[str, str] = MappingProxyType(_DATA["comme"])
"""The word that says each letter on a phone."""
ACCENTS: Mapping[str, str] = MappingProxyType({mark: name for name, mark in _DATA["accents"].items()})
"""Combining marks and how they are called."""
SIGNS: Mapping[str, str] = MappingProxyType({sign: names[0] for sign, names in _DATA["signes"].items()})
"""Signs inside names and how they are called."""

SIGN_WORDS: Phrases[str] = Phrases((name, sign) for sign, names in _DATA["signes"].items() for name in names)
"""Ways to say a sign: « tiret », « apostrophe »."""
_LETTERS: Phrases[str] = Phrases((name, letter) for letter, names in _DATA["lettres"].items() for name in names)
_ACCENTS: Phrases[str] = Phrases(
    (prefix + name, mark) for name, mark in _DATA["accents"].items() for prefix in ("", "accent ", "avec accent ")
)
_HESITATIONS = frozenset({"euh", "heu", "alors", "donc", "ensuite", "puis", "et"})
_FRENCH = frozenset("àâäéèêëîïôöùûüÿçñ")
"""Letters that a mark may make in a name of a French civil record; any other is doubtful."""
_TIMES = {"deux": 2, "2": 2, "double": 2, "trois": 3, "3": 3}
_PLACES = {"premier": 0, "deuxieme": 1, "second": 1, "troisieme": 2, "dernier": -1}
_SHORT = 4
"""Letters of the longest word that may be a misheard letter name before « comme »."""


@dataclass(frozen=True)
class Spelled:
    """A run of letters, up to the word ``end`` (exclusive)."""

    name: str
    end: int
    sure: bool
    """Every letter was one character or came with a word that begins with it."""

    def joined(self, other: Spelled) -> Spelled:
        """This run continued by another one."""
        return replace(other, name=self.name + other.name, sure=self.sure and other.sure)


@dataclass(frozen=True)
class _Said:
    """What one stretch of words spells."""

    letters: str
    end: int
    strict: bool


def read_letters(words: Sequence[Word], start: int) -> Spelled | None:
    """Read the longest run of letters that starts at ``start``; None when fewer than two letters are said there."""
    norms = [word.norm for word in words]
    letters: list[str] = []
    strict: list[bool] = []
    index = end = start
    while index < len(words):
        if letters and norms[index] in _HESITATIONS:
            index += 1
            continue
        accent = _accent_put_on(norms, index, letters)
        if accent is not None:
            index = end = accent
            continue
        said = _letters_at(words, norms, index)
        if said is None:
            break
        letters.extend(_split(said.letters))
        strict.extend([said.strict] * (len(letters) - len(strict)))
        index = end = said.end
    name = unicodedata.normalize("NFC", "".join(letters)).strip("-' ")
    if len(letters) < 2 or sum(strict) * 2 < len(strict) or not name:
        return None
    if len(letters) == 2 and "comme" not in norms[start:end] and end < len(words) and norms[end] not in _HESITATIONS:
        return None  # « l e goff » is a particle before a word, not a spelling
    return Spelled(name, end, sure=all(strict))


def _split(letters: str) -> list[str]:
    """Letters with their combining marks."""
    parts: list[str] = []
    for char in letters:
        if unicodedata.combining(char):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def _letters_at(words: Sequence[Word], norms: Sequence[str], index: int) -> _Said | None:
    if sign := SIGN_WORDS.at(norms, index):
        return _Said(sign[1], index + sign[0], strict=True)
    whole = _LETTERS.at(norms, index)
    times = 1 if whole and whole[0] > 1 else _TIMES.get(norms[index], 1)  # « double v » is one letter
    at = index + 1 if times > 1 else index
    if at >= len(norms) or norms[at] == "comme":
        return None
    letter = _LETTERS.at(norms, at)
    if letter is None:
        return _illustrated(norms, at, at + 1, times) if len(norms[at]) <= _SHORT else None
    end, base = at + letter[0], letter[1]
    strict = len(norms[at]) == 1 or letter[0] > 1
    if strict and fold(words[at].text) != words[at].text.lower():
        base = words[at].text.lower()  # the recogniser wrote the accent
    if shown := _illustrated(norms, at, end, times):
        return shown
    if end < len(norms) and (accent := _ACCENTS.at(norms, end)) and norms[end + accent[0] :][:2] != ["sur", "le"]:
        end += accent[0]
        if list(norms[end : end + 1]) == ["comme"] and end + 1 < len(norms):
            base, end = norms[end + 1][0], end + 2
        accented = unicodedata.normalize("NFC", fold(base) + accent[1])  # « é accent aigu » has one accent
        return _Said(accented * times, end, strict=accented in _FRENCH)
    return _Said(base * times, end, strict)


def _illustrated(norms: Sequence[str], at: int, end: int, times: int) -> _Said | None:
    """« d comme daniel », « u pour ursule »: on a phone the word is heard better than the letter, trust its initial."""
    if end + 1 >= len(norms) or len(norms[end + 1]) < 3:
        return None
    word = norms[end + 1]
    if norms[end] != "comme" and not (norms[end] in ("de", "pour") and norms[at] == word[0]):
        return None
    return _Said(word[0] * times, end + 2, strict=True)


def _accent_put_on(norms: Sequence[str], index: int, letters: list[str]) -> int | None:
    """« avec un accent aigu sur le premier e », said after the letters; puts it on and returns where it ends."""
    at = index
    while at < len(norms) and norms[at] in ("avec", "et", "un", "une"):
        at += 1
    accent = _ACCENTS.at(norms, at) if letters and at < len(norms) else None
    if accent is None or list(norms[at + accent[0] : at + accent[0] + 2]) != ["sur", "le"]:
        return None
    at += accent[0] + 2
    which = _PLACES.get(norms[at]) if at < len(norms) else None
    at += which is not None
    letter = _LETTERS.at(norms, at) if at < len(norms) else None
    places = [i for i, said in enumerate(letters) if letter and said == letter[1]]
    place = which or 0
    if letter is None or not -len(places) <= place < len(places):
        return None
    letters[places[place]] += accent[1]
    return at + letter[0]
