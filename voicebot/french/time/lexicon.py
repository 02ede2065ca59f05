"""The French vocabulary of time and of what surrounds it, from the data files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from voicebot.french.phrases import Phrases, load
from voicebot.french.words import fold, split

_KINDS = {
    "hesitation": "DROP",
    "politesse": "DROP",
    "accord": "YES",
    "reservation": "BOOK",
    "souhait": "WANT",
    "question": "WANT",
    "circonstance": "BOOK",
    "entourage": "BOOK",
    "raison": "REASON",
    "indisponible": "BUSY",
    "impossible": "CANT",
    "disponible": "CAN",
    "recit": "SINCE",
    "il_y_a": "AGO",
    "deplacer": "MOVE",
    "depart": "LEAVE",
    "deja": "HAVE",
    "cest": "IS",
    "titre": "TITLE",
}
"""Lists of ``sans_contenu.toml`` and the kind of piece that each makes."""

_NUMBERED = frozenset({"WD", "REL", "CLK", "MORE", "ORD", "MONTH", "SPAN", "ABOUT"})
"""Tables of ``temps.toml`` whose keys are numbers."""

_SUBJECTS = frozenset({"je", "j", "on", "ca", "ce", "c", "il", "elle", "nous", "vous"})
_CLITICS = frozenset({"me", "m", "te", "t", "y", "le", "la", "l", "en", "nous", "vous", "se", "s"})


def _lexicon() -> tuple[Phrases[tuple[str, Any]], frozenset[str], dict[str, int]]:
    phrases: Phrases[tuple[str, Any]] = Phrases()
    tables: dict[str, dict[str, list[str]]] = {**load("temps.toml"), "MONTH": load("mois.toml")}
    slips = {fold(word): int(value) for value, words in tables.pop("HEURE_SLIP").items() for word in words}
    for kind, table in tables.items():
        for key, spoken in table.items():
            for phrase in spoken:
                phrases.add(phrase, (kind, int(key) if kind in _NUMBERED else key))
    empty: dict[str, list[str]] = load("sans_contenu.toml")
    tools = frozenset(fold(word) for word in empty.pop("outils"))
    for name, spoken in empty.items():
        for phrase in spoken:
            phrases.add(phrase, (_KINDS[name], name))
    said = {words for words, _ in phrases.items()}
    for name in ("accord", "disponible"):
        for phrase in empty[name]:
            for negated in negations(phrase):
                if tuple(negated.split()) not in said:
                    phrases.add(negated, ("CANT", "impossible"))
    return phrases, tools, slips


def negations(phrase: str) -> Iterator[str]:
    """« ça me convient » → « ça me convient pas », « ça ne me convient pas »; nothing where no verb is found.

    Every way to say that a time suits has its contrary, and a contrary that were not known would be read as a yes.
    """
    words = [word.norm for word in split(phrase) if not word.is_mark]
    if "pas" in words or "rien" in words:
        return
    at = 1 if words[0] in _SUBJECTS else 0
    verb = at
    while verb < len(words) - 1 and words[verb] in _CLITICS:
        verb += 1
    if verb == 0:
        return
    yield " ".join([*words[: verb + 1], "pas", *words[verb + 1 :]])
    yield " ".join([*words[:at], "ne", *words[at : verb + 1], "pas", *words[verb + 1 :]])
    yield " ".join([*words[:at], "n", *words[at : verb + 1], "pas", *words[verb + 1 :]])


PHRASES, TOOLS, HOUR_SLIPS = _lexicon()
"""Phrases with the kind and value of the piece that each makes; words that carry nothing alone; misheard hours."""
