"""A message for the practice: only where the caller wants to leave one, in his words, with or without a call-back."""

from __future__ import annotations

from voicebot.thinking import callbacks
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading

LONGEST = 500
"""Characters of a message that are kept."""


def ask_for(turn: Turn) -> None:
    """Ask what the message is; the next words are it."""
    turn.put(message="", callback_for=None, pending=None)
    turn.ask("open", "callback.take_message")


def is_asked(turn: Turn) -> bool:
    """Whether the next words are a message."""
    return turn.state.message == "" and turn.state.asks == "open"


def go_on(turn: Turn, reading: Reading) -> bool:
    """Neither a yes nor a no to a call-back: the message had only paused, and what follows belongs to it."""
    message = turn.state.message
    if not message or len(message) >= LONGEST or reading.keys:
        return False
    turn.put(message=f"{message} {reading.text}"[:LONGEST])
    put_question(turn, "callback")
    return True


def take(turn: Turn, reading: Reading) -> None:
    """Keep the message, unless the caller thinks better of it; then ask whether he wants to be called back."""
    wants_none = reading.yes is False or reading.says & {"goodbye", "nothing_more"}
    if reading.keys or wants_none or turn.state.erase:
        turn.put(message=None)
        turn.say("callback.no_message")
    else:
        turn.put(message=reading.text[:LONGEST])
        turn.say("callback.message_noted")
    callbacks.offer(turn, "message")
