"""Not understood, or silence: an example first, then choices or keys, the third time a human or a dated call-back."""

from __future__ import annotations

from voicebot.thinking import callbacks
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn

MOST_MISSES = 3
"""Turns in a row without anything understood after which a person helps."""

MOST_TURNS = 80
"""No call takes this many turns and ends well by itself."""


def miss(turn: Turn, *, silent: bool = False, greeted: bool = False) -> None:
    """One more turn without anything understood; ``greeted``: it was only a greeting, which the first time gets one."""
    turn.missed = not silent
    misses = turn.state.misses + 1
    turn.put(misses=misses)
    asks = turn.state.asks or "open"
    if asks == "transcript":
        # Silence is no, and nobody has to argue about it.
        turn.put(transcript=False, misses=0)
        turn.say("transcript.refused")
        put_question(turn, "open")
    elif asks == "open" and turn.state.done is not None and misses >= 2:
        # The caller has what he called for and says nothing more.
        turn.say("goodbye.booked")
        turn.end(turn.state.done)
    elif asks == "emergency" and misses >= MOST_MISSES:
        # Doubt that nobody lifts is treated as danger.
        turn.say(f"emergency.{turn.state.advice}")
        turn.end("emergency")
    elif misses >= MOST_MISSES:
        give_up(turn)
    elif greeted and asks == "open" and misses == 1:
        turn.missed = False
        turn.say("greeting.back")
        put_question(turn, asks)
    else:
        if silent:
            turn.say("aside.silence")
        put_question(turn, asks, "again" if misses == 1 and not turn.state.slow else "keys")


def give_up(turn: Turn) -> None:
    """A human, or a dated call-back: nobody is left without either."""
    state = turn.state
    turn.say("human.cannot_help")
    if can_ring(turn) and turn.mind.office.reception_open(turn.now):
        transfer(turn)
    elif callbacks.number(turn) is not None:
        turn.put(callback_for=state.callback_for or "misses")
        callbacks.promise(turn, end=True)
    elif state.asks != "phone":
        turn.drop_hold()
        turn.put(callback_for=state.callback_for or "misses", misses=0, pending=None)
        put_question(turn, "phone")
    else:
        transfer(turn)


def transfer(turn: Turn) -> None:
    """Pass the call to the secretary; where nobody can be rung, offer that she calls back."""
    asks = turn.state.asks
    contact = turn.mind.office.contact(turn.now)
    if contact is not None and can_ring(turn):
        turn.say("human.on_call" if contact == "on_call" else "human.transfer")
        turn.end("transferred", ring=contact)
    elif asks == "phone" and turn.state.callback_for is not None:
        # Neither a person nor a number to call: there is nothing left to offer.
        turn.say("goodbye.later")
        turn.end(turn.state.done or "abandoned")
    elif asks == "callback":
        turn.say("human.nobody")
        callbacks.advance(turn)
    else:
        turn.say("human.nobody")
        callbacks.offer(turn, "human")


def can_ring(turn: Turn) -> bool:
    """Whether there is someone to ring who was not rung in vain a moment ago."""
    return turn.mind.office.contact(turn.now) is not None and not turn.state.unanswered
