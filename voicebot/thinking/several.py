"""Several people in one call: an appointment at a time, said so, and nobody forgotten."""

from __future__ import annotations

import re

from voicebot.thinking.state import Person, Wish
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading
from voicebot.thinking.words import fold

_SELF = re.compile(r"\b(moi|moi meme)\b")
_KIN = re.compile(r"\b(mon|ma|mes|notre|nos|le|la|l) (?!(premier|premiere|rendez|plus|jour) )\w+")


def notice(turn: Turn, reading: Reading) -> None:
    """The caller speaks of several patients: they are taken one after the other, and he says who is first.

    Of several appointments for one patient only the first is begun; "autre chose ?" leads to the next.
    """
    if "several_acts" in reading.says and turn.state.asks == "open" and turn.state.wish.act == "book":
        turn.say("several.one_at_a_time")
        return
    if "several" not in reading.says or turn.state.another is not None or turn.state.wish.act is None:
        return
    turn.say("several.one_at_a_time")
    if "with_self" in reading.says:
        turn.put(another="unsettled")
        turn.wish(other_person=False)
        turn.ask("for_whom", "several.first")
    else:
        turn.put(another="other")
        turn.wish(other_person=True)


def take_first(turn: Turn, reading: Reading) -> bool:
    """Take the answer to "pour qui"; whoever is named first comes first."""
    words = fold(reading.text)
    own, kin = _SELF.search(words), _KIN.search(words)
    if reading.keys:
        other: bool | None = "for_other" in reading.says
    elif own is not None and (kin is None or own.start() < kin.start()):
        other = False
    elif kin is not None or "for_other" in reading.says:
        other = True
    else:
        other = False if "for_self" in reading.says else None
    if other is None:
        return False
    turn.wish(other_person=other)
    if turn.state.another == "unsettled":
        turn.put(another="self" if other else "other")
    return True


def is_next(turn: Turn) -> bool:
    """Whether someone's appointment is settled, and another person was spoken of."""
    return turn.state.another in ("self", "other") and turn.state.done is not None


def ask_next(turn: Turn) -> None:
    """Ask whether the other person wants one too."""
    turn.put(anything_else=True)
    turn.ask("open", "several.next_self" if turn.state.another == "self" else "several.next_other")


def turn_to_next(turn: Turn, motive: str | None) -> None:
    """Start on the other person's appointment; nothing of the first one's identity is kept but the number."""
    other = turn.state.another == "other"
    turn.put(another="done", person=Person(phone=turn.state.person.phone), anything_else=False)
    turn.put(wish=Wish(act="book", other_person=other, motive=motive))
