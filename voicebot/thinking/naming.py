"""What a call knows of a name: each time it was heard, and what the caller said it was not."""

from __future__ import annotations

from voicebot.french.name_guess import Hearing, guess
from voicebot.thinking.names import NamesHeard
from voicebot.thinking.state import NameItem, Pending
from voicebot.thinking.turn import Turn
from voicebot.thinking.words import fold

MOST_HEARINGS = 8
"""Hearings of both names that are kept, the last ones."""

MOST_WRONG = 5
"""Names refused in a row after which a person takes it down."""


def note(turn: Turn, heard: NamesHeard, item: NameItem | None = None) -> None:
    """Keep what was heard; ``item`` says which name it was where the words do not."""
    person = turn.state.person
    said: list[tuple[NameItem, Hearing]] = []
    if heard.birth_name is not None:
        said.append((item or "birth_name", Hearing(heard.birth_name, heard.spelled)))
    if heard.first_name is not None:
        said.append(("first_name" if item is None else item, Hearing(heard.first_name, heard.spelled)))
    turn.person(hearings=(*person.hearings, *said)[-MOST_HEARINGS:], guessed=person.guessed and not heard.spelled)


def wrong(turn: Turn, item: NameItem, name: str | None) -> None:
    """The caller said that a name is not his."""
    person = turn.state.person
    if name is not None and (item, fold(name)) not in person.wrong:
        turn.person(wrong=(*person.wrong, (item, fold(name))))


def hopeless(turn: Turn, item: NameItem) -> bool:
    """Whether so many names were refused that asking on is no help."""
    return sum(of == item for of, _ in turn.state.person.wrong) >= MOST_WRONG


def best(turn: Turn, item: NameItem) -> str | None:
    """The name that explains all hearings best, of those not refused."""
    person = turn.state.person
    hearings = [hearing for of, hearing in person.hearings if of == item]
    refused = [name for of, name in person.wrong if of == item]
    return guess(hearings, refused, first_name=item == "first_name")


def propose(turn: Turn, item: NameItem) -> bool:
    """Read back the next likely name, once for each spelling; False when there is none to propose."""
    person = turn.state.person
    if person.guessed or not any(of == item and hearing.spelled for of, hearing in person.hearings):
        return False
    name = best(turn, item)
    if name is None:
        return False
    turn.put(pending=Pending("item", item, name), spelling=None)
    turn.person(spelled=person.spelled | {item}, guessed=True)
    return True
