"""Taking the answer to a question about a name, said or spelled; which of the two names it is."""

from __future__ import annotations

from collections.abc import Callable

from rapidfuzz.distance import JaroWinkler

from voicebot.thinking import naming
from voicebot.thinking.names import NamesHeard
from voicebot.thinking.state import NameItem, Pending
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading
from voicebot.thinking.words import fold

_SAME = 0.9
"""Likeness (Jaro-Winkler) from which a spelled name is one that we hold already."""


def take_names(turn: Turn, names: NamesHeard) -> None:
    """Keep names; one that was spelled is read back."""
    person = turn.state.person
    naming.note(turn, names)
    if names.birth_name is not None and person.birth_name is None:
        turn.person(birth_name=names.birth_name)
    if names.first_name is not None and person.first_name is None:
        turn.person(first_name=names.first_name)


def taker(item: NameItem) -> Callable[[Turn, Reading], bool]:
    """What takes the answer to the question about one of the names."""

    def take_name(turn: Turn, reading: Reading) -> bool:
        names = reading.names
        if "by_keys" in reading.says:
            by_keys(turn)
            return True
        if not names:
            return False
        heard = names.first_name if item == "first_name" else names.birth_name
        if item == "first_name" and names.spelled and heard is not None and _is_birth_name(turn, heard):
            return True
        take_names(turn, names)
        if heard is not None and names.spelled:
            turn.person(spelled=turn.state.person.spelled | {item})
        if heard is not None and not names.sure:
            # A name that was not heard for certain is read back before anything else.
            turn.put(pending=Pending("item", item, heard))
            turn.person(**{item: None})
        return True

    return take_name


def take_spelling(turn: Turn, reading: Reading) -> bool:
    """Take letters; what they make is read back."""
    item: NameItem = turn.state.spelling or "birth_name"
    if "by_keys" in reading.says:
        by_keys(turn)
        return True
    heard = reading.names.birth_name or reading.names.first_name
    if heard is None:
        return False
    heard = _with_accents(turn, heard)
    if _is_other(turn, item, heard):
        # The other name was spelled: that one is read back, and this one asked plainly.
        item = "first_name" if item == "birth_name" else "birth_name"
    naming.note(turn, NamesHeard(birth_name=heard, spelled=reading.names.spelled), item)
    turn.put(spelling=None, pending=Pending("item", item, naming.best(turn, item) or heard))
    if reading.names.spelled:
        turn.person(spelled=turn.state.person.spelled | {item})
    return True


def _is_birth_name(turn: Turn, spelled: str) -> bool:
    """Whether the surname, or one of its words, was spelled unasked: that settles it; the first name is to come."""
    birth_name = turn.state.person.birth_name
    if birth_name is not None and fold(spelled) in fold(birth_name).split():
        return True
    if not _is_other(turn, "first_name", spelled):
        return False
    turn.person(birth_name=_with_accents(turn, spelled), spelled=turn.state.person.spelled | {"birth_name"})
    return True


def _with_accents(turn: Turn, spelled: str) -> str:
    """Letters are said without their accents: a name heard before with the same letters lends them back."""
    said = (hearing.name for _, hearing in reversed(turn.state.person.hearings))
    return next((name for name in said if fold(name) == fold(spelled)), spelled)


def _is_other(turn: Turn, item: NameItem, heard: str) -> bool:
    """Whether what was spelled is the name that was not asked for."""
    person = turn.state.person
    other = person.first_name if item == "birth_name" else person.birth_name
    return other is not None and JaroWinkler.similarity(fold(heard), fold(other)) >= _SAME


def by_keys(turn: Turn) -> None:
    """Go on by keys alone: birth date and phone; the name becomes the secretary's to complete."""
    turn.person(keyed=True, birth_name=None, first_name=None)
    turn.put(spelling=None, pending=None)
    turn.say("birth_name.keyed")
