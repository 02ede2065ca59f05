"""A caller who will be late: the secretary is told who it is, since nobody can wait for an unknown."""

from __future__ import annotations

from voicebot.thinking import callbacks, messages, name_answers
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading


def take(turn: Turn, reading: Reading) -> None:
    """Keep what was said; the name is asked for where nothing else is going on and none is known."""
    turn.put(message=reading.text[: messages.LONGEST])
    if turn.state.asks != "open":
        _note(turn)
        put_question(turn, turn.state.asks or "open")
        return
    name_answers.take_names(turn, reading.names)
    turn.put(callback_for="late")
    advance(turn)


def advance(turn: Turn) -> None:
    """Ask for the name, then pass it on."""
    if turn.state.person.birth_name is None:
        turn.ask("birth_name", "late.name")
        return
    pass_on(turn)


def pass_on(turn: Turn) -> None:
    """Tell the secretary what is known of it."""
    turn.put(callback_for=None)
    _note(turn)
    put_question(turn, "open")


def _note(turn: Turn) -> None:
    callbacks.note(turn, "late", message=turn.state.message, promised=False)
    turn.put(message=None, informed=True, anything_else=True)
    turn.say("aside.late")
