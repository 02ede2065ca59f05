"""The reactive caller: he answers what is asked, out of a script, whichever way the dialogue takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tests.conversations.script import Script
from voicebot.french.speak import say_date, say_time

HANG_UP = "#raccroche"
FAREWELL = "non merci, c'est tout"
"""What everyone says who has nothing more to ask."""

PATIENT = ("confirm", "emergency")
"""Questions that everyone answers more than once without complaint."""

MOST_TURNS = 45


class UnexpectedQuestionError(Exception):
    """The dialogue asked what no caller with this wish can answer, or asked again what was answered."""


class Caller:
    """What one caller says next."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._asked: dict[str, int] = {}

    def answer(self, asks: str, offers: Sequence[datetime]) -> str:
        """The answer to a question: text, empty for silence, ``#`` and keys, or ``#raccroche``.

        Raises:
            UnexpectedQuestionError: the script has no answer, or has no further one.
        """
        number = self._asked[asks] = self._asked.get(asks, 0) + 1
        if sum(self._asked.values()) > MOST_TURNS:
            raise UnexpectedQuestionError("the call does not end")
        answers = self._script.answers.get(asks)
        if answers is None and asks not in self._script.defaults:
            raise UnexpectedQuestionError(f"nobody expected to be asked {asks!r}")
        answers = answers or (self._script.defaults[asks],)
        if number <= len(answers):
            return answers[number - 1].format_map(_spoken(offers))
        if asks == "open":
            return FAREWELL
        if asks in PATIENT and number <= len(answers) + 2:
            return answers[-1]
        raise UnexpectedQuestionError(f"{asks!r} was asked {number} times")

    def turn(self, asks: str) -> int:
        """How often ``asks`` has been answered."""
        return self._asked.get(asks, 0)


def _spoken(offers: Sequence[datetime]) -> Mapping[str, str]:
    """``{heure2}``, ``{jour1}``: the offers as a caller says them back."""
    found = {f"heure{number}": say_time(offer.time()) for number, offer in enumerate(offers, 1)}
    return found | {f"jour{number}": say_date(offer.date()) for number, offer in enumerate(offers, 1)}
