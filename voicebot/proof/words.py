"""Find what was said, and by whom, in what a run printed and left: names, numbers, dates, motives, utterances."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from voicebot.proof.findings import Finding

BETWEEN = r"[\s./-]{0,2}"
"""What may stand between two digits of a date or a number."""

SHORTEST = 8
"""Characters of the shortest utterance that is looked for: «oui» stands in every log."""


class Words:
    """What may stand nowhere, by what it is."""

    def __init__(self) -> None:
        self._words: dict[str, set[str]] = {}
        self._digits: dict[str, set[re.Pattern[str]]] = {}

    def __len__(self) -> int:
        return sum(self.counts.values())

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each kind."""
        words = {kind: len(words) for kind, words in self._words.items()}
        return words | {kind: len(forms) for kind, forms in self._digits.items()}

    def person(self, birth_name: str, first_name: str, birth_date: date | None, phone: str | None) -> None:
        """One patient."""
        for name in (birth_name, first_name):
            self._words.setdefault("name", set()).add(_fold(name))
        if birth_date is not None:
            forms = {_digits(birth_date.strftime(form)) for form in ("%Y%m%d", "%d%m%Y")}
            self._digits.setdefault("birth date", set()).update(forms)
        digits = re.sub(r"\D", "", phone or "")
        if len(digits) >= 9:
            self._digits.setdefault("phone number", set()).add(_digits(digits[-9:], before="(?:0|33|0033)?"))

    def motive(self, *words: str) -> None:
        """One motive's code and label."""
        self._words.setdefault("motive", set()).update(_fold(word) for word in words)

    def utterance(self, text: str) -> None:
        """Something that was said or heard."""
        if len(folded := _fold(text)) >= SHORTEST:
            self._words.setdefault("utterance", set()).add(folded)

    def found_in(self, text: str) -> dict[str, int]:
        """How many of each kind stand in a text; what they are is not told."""
        folded = f" {_fold(text)} "
        found = {kind: sum(f" {word} " in folded for word in words) for kind, words in self._words.items()}
        found |= {kind: sum(bool(word.search(text)) for word in words) for kind, words in self._digits.items()}
        return {kind: number for kind, number in found.items() if number}


def scan_words(words: Words, texts: Mapping[str, str], files: Iterable[Path]) -> list[Finding]:
    """Look into texts (by what they are) and files, and into the files' names."""
    found = []
    for where, text in texts.items():
        for kind, number in words.found_in(text).items():
            found.append(Finding("scan", "words", where, f"{number} × {kind}"))
    for path in files:
        text = path.read_bytes().decode("utf-8", errors="replace")
        for kind, number in words.found_in(f"{path.name}\n{text}").items():
            found.append(Finding("scan", "words", str(path), f"{number} × {kind}"))
    return found


def _digits(digits: str, before: str = "") -> re.Pattern[str]:
    """These digits as people write them, and not in the middle of a longer number, where chance puts any eight."""
    return re.compile(rf"(?<!\d){before}{BETWEEN}{BETWEEN.join(digits)}(?!\d)")


def _fold(text: str) -> str:
    """Small letters without accents, words apart by one space."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z0-9]+", plain))
