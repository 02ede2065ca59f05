"""Names: taken out of a sentence, spelled letter by letter, and read back so that a phone cannot blur them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise

from voicebot.french.phonetics import candidates, phonetic_key
from voicebot.french.phrases import Phrases, load
from voicebot.french.spelling import ACCENTS, ALPHABET, SIGN_WORDS, SIGNS, Spelled, read_letters
from voicebot.french.words import Word, fold, split

__all__ = ["NameReading", "candidates", "capitalise", "phonetic_key", "read_name", "spell_out"]

_DATA = load("noms.toml")
_AROUND = Phrases.from_lists({key: _DATA[key] for key in ("avant", "correction")})
_COMPOSERS = frozenset(_DATA["composent"])
_PARTICLES = frozenset(_DATA["particules"])
_ELIDED = frozenset("dlo")
_MOST_WORDS = 3
_HINT = re.compile(r",?\s+avec\s+(un|une|deux|2)\s+(?:seul\s+)?([a-zé])\b.*$", re.I)

_HYPHEN = re.compile(r",?\s+(?:avec|il y a|y a)\s+(?:un|le)\s+(?:trait d.union|tiret)\b", re.I)
"""« Dupont-Martin avec un trait d'union »: the sign is told, it is no word of the name."""
_BEN = "ben"
"""A hesitation, or the first word of « Ben Ali »: written large within the sentence it is the name."""


@dataclass(frozen=True)
class NameReading:
    """A name out of an utterance: capitalised; None when no name was found."""

    name: str | None
    sure: bool
    """Spelled in full, or nothing but a name was said. Never proof of identity."""
    spelled: bool = False
    """Whether the letters were given one by one."""


@dataclass(frozen=True)
class _Part:
    """A word of a name, and the sign that was said in front of it (empty: none)."""

    word: Word
    sign: str


def read_name(text: str, *, first_name: bool = False) -> NameReading:
    """Take a name out of what a caller said.

    Understands ``"je m'appelle durand"``, ``"d u r a n d"``, ``"durand d comme daniel u …"``, ``"deux n"``,
    ``"e accent aigu"``, ``"tiret"``. ``first_name`` writes two words as a composed first name (``Jean-Pierre``).
    """
    if hinted := _HINT.search(text):
        return _with_hint(read_name(text[: hinted.start()], first_name=first_name), hinted)
    said = _HYPHEN.sub("", text)
    words = [word for word in split(said) if not word.is_mark]
    parts, spelled = _parse(words)
    if spelled is not None:
        agrees = not parts or _alike(parts[-1].word, spelled.name)
        return NameReading(capitalise(spelled.name), spelled.sure and agrees, spelled=True)
    if not parts:
        return NameReading(None, sure=False)
    name = capitalise(_compose(parts, said, first_name=first_name))
    if said != text and len(parts) == 2:
        name = name.replace(" ", "-")
    hesitant = any(a.norm == _BEN and b is parts[0].word for a, b in pairwise(words))
    return NameReading(name, sure=len(parts) <= _MOST_WORDS and not hesitant)


def _with_hint(reading: NameReading, hint: re.Match[str]) -> NameReading:
    """« bonet avec deux n », « dupont avec un d à la fin »: the letter is put in; what it is read back."""
    name, letter = reading.name, fold(hint[2])
    if name is None:
        return reading
    if fold(hint[1]) in ("deux", "2") and fold(name).count(letter) == 1:
        at = fold(name).index(letter)
        name = name[: at + 1] + letter + name[at + 1 :]
    elif phonetic_key(changed := name[:-1] + letter) == phonetic_key(name):
        name = changed
    return replace(reading, name=name, sure=False)


def _parse(words: list[Word]) -> tuple[list[_Part], Spelled | None]:
    """Separate plain words from what was spelled, and drop what surrounds a name."""
    norms = [word.norm for word in words]
    parts: list[_Part] = []
    spelled: Spelled | None = None
    sign = ""
    index = 0
    while index < len(words):
        run = read_letters(words, index)
        if run is not None:
            spelled = run if spelled is None else spelled.joined(run)
            index = run.end
        elif parts and (said := SIGN_WORDS.at(norms, index)):
            sign = said[1]
            index += said[0]
        elif norms[index] == _BEN and 0 < index < len(words) - 1 and words[index].text[0].isupper():
            parts.append(_Part(words[index], sign))
            index += 1
        elif around := _AROUND.at(norms, index):
            if around[1] == "correction" and (parts or spelled):
                parts, spelled = [], None
            index += around[0]
        else:
            if not norms[index].isdecimal():
                parts.append(_Part(words[index], sign))
                sign = ""
            index += 1
    return parts, spelled


def _alike(word: Word, name: str) -> bool:
    return fold(name).startswith(word.norm[:1]) or phonetic_key(word.text) == phonetic_key(name)


def _compose(parts: list[_Part], text: str, *, first_name: bool) -> str:
    """Join words with the sign that was said or written between them, else the one that French writing wants."""
    composed = unicodedata.normalize("NFC", text)
    name, before = "", None
    for part in parts:
        if before is not None:
            name += part.sign or _sign(before, composed[before.end : part.word.start].strip(), first_name=first_name)
        name += part.word.text
        before = part.word
    return name


def _sign(before: Word, between: str, *, first_name: bool) -> str:
    if before.norm in _ELIDED or between in ("'", "’"):
        return "'"
    return "-" if between == "-" or (first_name and before.norm in _COMPOSERS) else " "


def capitalise(name: str) -> str:
    """``"jean-pierre"`` → ``"Jean-Pierre"``, ``"d'almeida"`` → ``"D'Almeida"``, ``"LE GOFF"`` → ``"Le Goff"``."""
    made: list[str] = []
    start = True
    for index, char in enumerate(name.lower()):
        made.append(char.upper() if start else char)
        start = not char.isalpha()
        if start and char == " ":
            start = name[index + 1 :].lower().split(" ", 1)[0] not in _PARTICLES
    return "".join(made)


def spell_out(name: str) -> str:
    """Letters for the ear: ``"Dû"`` → ``"D comme Daniel, U accent circonflexe comme Ursule"``."""
    parts: list[str] = []
    for char in unicodedata.normalize("NFC", name.lower()):
        decomposed = unicodedata.normalize("NFD", char)
        base, marks = decomposed[0], decomposed[1:]
        if base in SIGNS:
            parts.append(SIGNS[base])
        elif base in ALPHABET:
            accents = "".join(f" {_accent_name(mark)}" for mark in marks if mark in ACCENTS)
            parts.append(f"{base.upper()}{accents} comme {ALPHABET[base]}")
    return ", ".join(parts)


def _accent_name(mark: str) -> str:
    name = ACCENTS[mark]
    return name if name in ("tréma", "cédille") else f"accent {name}"
