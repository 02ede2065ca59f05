"""What comes next: the one place that decides which question a call has reached."""

from __future__ import annotations

from voicebot.thinking import booking, callbacks, existing, late
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn

MOST_STEPS = 5
"""Steps that may close one after another before a question is put."""


def advance(turn: Turn) -> None:
    """Ask for the first thing that is missing."""
    state = turn.state
    if state.outcome is not None:
        return
    if state.pending is not None and state.pending.kind == "item":
        put_question(turn, "confirm")
    elif state.callback_for == "late":
        late.advance(turn)
    elif state.callback_for is not None:
        callbacks.advance(turn)
    elif state.correcting:
        put_question(turn, "confirm")
    elif state.wish.act == "book":
        booking.advance(turn)
    elif state.wish.act is not None:
        existing.advance(turn)
    else:
        put_question(turn, "open")


def finish(turn: Turn) -> None:
    """Ask on until a question is put or the call is over: one step may only close an act."""
    for _ in range(MOST_STEPS):
        if turn.asked or turn.state.outcome is not None:
            return
        advance(turn)
    raise RuntimeError("the dialogue found no question to put")


def put_again(turn: Turn) -> None:
    """Put the question that was open again, after something said in between."""
    if turn.state.asks is None:
        advance(turn)
    else:
        put_question(turn, turn.state.asks)
