"""A message for the practice: only where the caller wants to leave one, in his words, with or without a call-back."""

from __future__ import annotations

import re

from voicebot.thinking import callbacks
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading
from voicebot.thinking.words import fold

LONGEST = 500
"""Characters of a message that are kept."""


SHORT = 5
"""Words of an utterance that is rather about the call ("pardon ?", "passez-moi la secrétaire") than a message."""

_SAID = re.compile(r"\b(dites|dire|prevenez|prevenir|informer|signaler) .*\b(que|qu) \w+ \w+")
"""A message that comes with the wish to leave one."""


def is_said(turn: Turn, reading: Reading) -> bool:
    """Whether an utterance asks for a message to be passed on and holds it."""
    return turn.state.asks == "open" and "message" in reading.says and bool(_SAID.search(fold(reading.text)))


def ask_for(turn: Turn) -> None:
    """Ask what the message is; the next words are it."""
    turn.put(message="", callback_for=None, pending=None)
    turn.ask("open", "callback.take_message")


def is_meant(turn: Turn, reading: Reading) -> bool:
    """Whether these words are the message that was asked for, and not about the call."""
    about_the_call = reading.says & {"human", "repeat", "wait", "slower", "erase_call", "transcript"}
    return is_asked(turn) and not (about_the_call and len(reading.text.split()) <= SHORT)


def keep(turn: Turn) -> None:
    """The call is over: a message that was taken stays, though nothing was said of a call-back."""
    if turn.state.message:
        callbacks.note(turn, "message", message=turn.state.message, promised=False)
        outcome = "callback" if turn.state.outcome in ("abandoned", "informed") else turn.state.outcome
        turn.put(message=None, outcome=outcome)


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
