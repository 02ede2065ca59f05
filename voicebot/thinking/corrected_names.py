"""A name that was read back or summed up and is wrong: said again, spelled, or told apart from the other one."""

from __future__ import annotations

import re
from dataclasses import replace

from rapidfuzz.distance import JaroWinkler

from voicebot.thinking import confirm, naming
from voicebot.thinking.names import NamesHeard, read_answer
from voicebot.thinking.state import NameItem, Pending
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading
from voicebot.thinking.words import fold

_AFTER = re.compile(r".*\b(?:c'est|c est|plutôt|mais|j'ai dit)\s+(.+)$", re.I)

_ALIKE = 0.8
"""Likeness (Jaro-Winkler) from which a name said in correction stands for the one that was read."""


def take(turn: Turn, reading: Reading, item: NameItem, value: str | None) -> bool:
    """Take the answer to a name that was read back."""
    names = read_answer(reading.text, item)
    said = names.first_name if item == "first_name" else names.birth_name
    if said is not None and reading.yes is None and fold(said) == fold(value or ""):
        confirm.accept(turn)
        return True
    if said is not None and reading.yes is not True and fold(said) != fold(value or ""):
        naming.wrong(turn, item, value)
        naming.note(turn, NamesHeard(birth_name=said, spelled=names.spelled), item)
        if names.spelled:
            turn.person(spelled=turn.state.person.spelled | {item})
        turn.put(pending=Pending("item", item, naming.best(turn, item) or said if names.spelled else said))
        return True
    if reading.yes is False or said is not None:
        confirm.refuse_item(turn, item)
        return True
    return False


def change(turn: Turn, reading: Reading) -> None:
    """A name said in correction: which of the two it stands for, and its spelling when it was refused before."""
    person = turn.state.person
    only: NameItem | None = "first_name" if "first_name" in reading.items else None
    only = "birth_name" if "birth_name" in reading.items else only
    if reading.keys:
        return
    names = read_answer(reading.text, only or "birth_name")
    if not names and (tail := _AFTER.search(reading.text)):
        # "Ce n'est pas mon nom, c'est Durand": what comes last is the name.
        names = read_answer(tail[1], only or "birth_name")
    if not names:
        return
    if names.birth_name is not None and names.first_name is not None:
        changed = NamesHeard(names.birth_name, names.first_name)
    else:
        said = names.birth_name or names.first_name or ""
        item = only or _stands_for(said, turn)
        if item is None:
            return
        changed = NamesHeard(birth_name=said) if item == "birth_name" else NamesHeard(first_name=said)
    new = {
        item: value
        for item, value in (("birth_name", changed.birth_name), ("first_name", changed.first_name))
        if value is not None and value != getattr(person, item)
    }
    first: NameItem = "birth_name" if changed.birth_name is not None else "first_name"
    turn.wish(patient=None)
    naming.note(turn, replace(changed, spelled=names.spelled))
    naming.wrong(turn, first, getattr(person, first))
    if not names.spelled and (not new or first in person.corrected):
        # Corrected, and heard the same or refused again: the ear alone does not settle it.
        confirm.clear(turn, first)
        confirm.ask_spelling(turn, first)
        return
    turn.person(**new, corrected=person.corrected | set(new))


def _stands_for(said: str, turn: Turn) -> NameItem | None:
    """The name that a correction most resembles."""
    person = turn.state.person
    birth = JaroWinkler.similarity(fold(said), fold(person.birth_name or ""))
    first = JaroWinkler.similarity(fold(said), fold(person.first_name or ""))
    if max(birth, first) < _ALIKE:
        return None
    return "first_name" if first > birth else "birth_name"
