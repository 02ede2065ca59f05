"""Whether the words so far already answer the question: then the turn may end after a shorter silence. Pure."""

from __future__ import annotations

from datetime import date

from voicebot.french.birth_dates import read_birth_date
from voicebot.french.phones import read_phone
from voicebot.french.yesno import read_yes_no
from voicebot.ports import Asks

_YES_OR_NO: frozenset[Asks] = frozenset({"confirm", "known", "emergency", "callback", "transcript"})

_FEW = 3
"""A yes or no of more words may be the beginning of a correction («non, c'est Durand»)."""


def answers(asks: Asks | None, text: str, today: date) -> bool:
    """Whether ``text`` is a whole answer to ``asks``; False wherever more may well follow."""
    if asks in _YES_OR_NO:
        return len(text.split()) <= _FEW and read_yes_no(text) is True
    match asks:
        case "birth_date":
            return read_birth_date(text, today=today).sure
        case "phone":
            return read_phone(text).sure
        case _:
            return False
