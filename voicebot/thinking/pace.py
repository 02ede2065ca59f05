"""Callers who need time: a slower voice, one offer at a time, keys early, and everything said again willingly."""

from __future__ import annotations

from voicebot.thinking.plan import put_again
from voicebot.thinking.turn import Turn

MANY_REPEATS = 2
"""Times that a caller asks to hear something again after which the call slows down by itself."""


def slower(turn: Turn) -> None:
    """The caller asked for it: slow from now on, and of the offers that were made at once only the first."""
    if not turn.state.slow:
        turn.say("aside.slower")
    turn.put(slow=True)
    if turn.state.asks == "choice":
        turn.wish(offers=turn.state.wish.offers[:1])
    put_again(turn)


def repeat(turn: Turn, *, hash_key: bool) -> None:
    """Say the last thing again, word for word; who presses the hash key is told what else it does."""
    repeats = turn.state.repeats + 1
    turn.put(repeats=repeats)
    if turn.state.slow:
        turn.say("aside.repeat")
    elif repeats >= MANY_REPEATS:
        turn.put(slow=True)
    if turn.state.spoken:
        turn.say_again()
    else:
        put_again(turn)
    if hash_key:
        turn.say("aside.hash")
        turn.put(hash=True)
    turn.in_passing = True
