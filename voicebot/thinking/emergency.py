"""What a sign of an emergency changes: a question, or the advice at once and a telephone that rings beside it."""

from __future__ import annotations

from voicebot.thinking.questions import put_question
from voicebot.thinking.red_flags import RedFlag
from voicebot.thinking.turn import Turn

RASA = "rasa"
"""Stands for a sign that no list holds and that Rasa heard."""


def ask_about(turn: Turn, flag: RedFlag | None, text: str) -> None:
    """Ask whether help is needed now, and set aside what was said. ``flag`` None: Rasa alone heard a sign.

    A clear sign gets here only where it was badly heard: then the advice is given with the question.
    """
    sign = flag.name if flag is not None else RASA
    turn.put(resume=turn.state.asks, set_aside=text, denied=turn.state.denied | {sign}, misses=0)
    turn.put(advice=_advice(turn, flag))
    put_question(turn, "emergency", "again" if flag is not None and flag.level == "clear" else "ask")


def advise(turn: Turn, flag: RedFlag | None) -> None:
    """15 or 112 at once; who stays on the line hears the practice ring. Nothing is diagnosed."""
    turn.put(advice=_advice(turn, flag))
    turn.say(f"emergency.{turn.state.advice}")
    contact = None if turn.state.unanswered else turn.mind.office.emergency_contact(turn.now)
    if contact is not None:
        turn.say("emergency.ring_on_call" if contact == "on_call" else "emergency.ring")
    turn.end("emergency", ring=contact)


def _advice(turn: Turn, flag: RedFlag | None) -> str:
    """What a sign calls for; who has spoken of suicide is told of the 31 14 for as long as that stands."""
    return flag.advice if flag is not None and turn.state.advice != "suicide" else turn.state.advice
