"""What a sign of an emergency changes: a question, or the advice at once and a telephone that rings beside it."""

from __future__ import annotations

from voicebot.thinking.questions import put_question
from voicebot.thinking.red_flags import RedFlag
from voicebot.thinking.turn import Turn

RASA = "rasa"
"""Stands for a sign that no list holds and that Rasa heard."""


def ask_about(turn: Turn, sign: str, text: str, *, clear: bool = False) -> None:
    """Ask whether help is needed now, and set aside what was said; ``clear``: the advice is given with the question."""
    turn.put(resume=turn.state.asks, set_aside=text, denied=turn.state.denied | {sign}, misses=0)
    put_question(turn, "emergency", "again" if clear else "ask")


def advise(turn: Turn, flag: RedFlag | None) -> None:
    """15 or 112 at once; who stays on the line hears the practice ring. Nothing is diagnosed."""
    turn.say(f"emergency.{flag.advice if flag is not None else 'now'}")
    contact = None if turn.state.unanswered else turn.mind.office.emergency_contact(turn.now)
    if contact is not None:
        turn.say("emergency.ring_on_call" if contact == "on_call" else "emergency.ring")
    turn.end("emergency", ring=contact)
