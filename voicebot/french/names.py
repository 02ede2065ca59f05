"""Names: taken out of a sentence, spelled letter by letter, and read back so that a phone cannot blur them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from voicebot.french.phonetics import candidates, phonetic_key
from voicebot.french.phrases import Phrases, load
from voicebot.french.spelling import ACCENTS, ALPHABET, SIGNS, Spelled, read_letters
from voicebot.french.words import Word, fold, split

_DATA = load("noms.toml")
_AROUND = Phrases.from_lists({key: _DATA[key] for key in ("avant", "correction")})
_COMPOSERS = frozenset(_DATA["composent"])
_PARTICLES = frozenset(_DATA["particules"])
_ELIDED = frozenset("dlo")


@dataclass(frozen=True)
class NameReading:
    """A name out of an utterance: capitalised; None when no name was found."""

    name: str | None
    sure: bool
    """Spelled in full, or nothing but a name was said. Never proof of identity."""
    spelled: bool = False
    """Whether the letters were given one by one."""


def read_name(text: str, *, first_name: bool = False) -> NameReading:
    """Take a name out of what a caller said.

    Understands ``"je m'appelle durand"``, ``"d u r a n d"``, ``"durand d comme daniel u …"``, ``"deux n"``,
    ``"e accent aigu"``, ``"tiret"``. ``first_name`` writes two words as a composed first name (``Jean-Pierre``).
    """
    words = [word for word in split(text) if not word.is_mark]
    plain, spelled = _parse(words, text)
    if spelled is not None:
        agrees = not plain or _alike(plain[-1], spelled.name)
        return NameReading(capitalise(spelled.name), spelled.sure and agrees, spelled=True)
    if not plain:
        return NameReading(None, sure=False)
    name = capitalise(_compose(plain, text, first_name=first_name))
    return NameReading(name, sure=len(plain) <= 3 and name.replace(" ", "").isprintable())


def _parse(words: list[Word], text: str) -> tuple[list[Word], Spelled | None]:
    """Separate plain words from the last spelled run, and drop what surrounds a name."""
    norms = [word.norm for word in words]
    plain: list[Word] = []
    spelled: Spelled | None = None
    index = 0
    while index < len(words):
        run = read_letters(words, index, text)
        if run is not None:
            spelled = run if spelled is None or not spelled.open else spelled.joined(run)
            index = run.end
            continue
        around = _AROUND.at(norms, index)
        if around is None:
            if not norms[index].isdigit():
                plain.append(words[index])
            index += 1
            continue
        length, kind = around
        if kind == "correction" and (plain or spelled):
            plain, spelled = [], None
        index += length
    return plain, spelled


def _alike(word: Word, name: str) -> bool:
    return fold(name).replace("-", "").replace(" ", "").startswith(word.norm[:1]) or phonetic_key(
        word.text
    ) == phonetic_key(name)


def _compose(words: list[Word], text: str, *, first_name: bool) -> str:
    """Join words with the sign that the text has between them, else the one that French writing wants."""
    composed = unicodedata.normalize("NFC", text)
    name = words[0].text
    for before, word in pairwise(words):
        between = composed[before.end : word.start].strip()
        if before.norm in _ELIDED and len(before.norm) == 1:
            sign = "'"
        elif between in ("-", "'", "’"):
            sign = "-" if between == "-" else "'"
        else:
            sign = "-" if first_name and before.norm in _COMPOSERS else " "
        name += sign + word.text
    return name


def capitalise(name: str) -> str:
    """``"jean-pierre"`` → ``"Jean-Pierre"``, ``"d'almeida"`` → ``"D'Almeida"``, ``"LE GOFF"`` → ``"Le Goff"``."""
    made: list[str] = []
    start = True
    for index, char in enumerate(name.lower()):
        made.append(char.upper() if start else char)
        start = not char.isalpha()
        if start and char == " ":
            particle = name[index + 1 :].lower().split(" ", 1)[0]
            start = particle not in _PARTICLES
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


__all__ = ["NameReading", "candidates", "capitalise", "phonetic_key", "read_name", "spell_out"]
