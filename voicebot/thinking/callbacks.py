"""Call-backs: consented to, with a number, and dated. Messages, results, failures and waiting all end here."""

from __future__ import annotations

from voicebot.french.speak import say_day
from voicebot.thinking.questions import put_question
from voicebot.thinking.state import Callback, CallbackReason
from voicebot.thinking.turn import Turn

ENDING: frozenset[CallbackReason] = frozenset({"identity", "slots", "misses"})
"""Reasons that mean that the act itself failed."""


def offer(turn: Turn, reason: CallbackReason) -> None:
    """Ask whether the secretary may call back."""
    turn.put(callback_for=reason, pending=None)
    put_question(turn, "callback")


def advance(turn: Turn) -> None:
    """Consent is given: a number is asked for where none is known, then the promise is made."""
    if number(turn) is None:
        put_question(turn, "phone")
    else:
        promise(turn, end=turn.state.callback_for == "misses")


def number(turn: Turn) -> str | None:
    """The number to call: the one that was given, else the one that calls."""
    return turn.state.person.phone or turn.mind.caller


def promise(turn: Turn, *, end: bool = False) -> None:
    """Promise the call-back by a day; ``end`` ends the call with it."""
    phone, reason = number(turn), turn.state.callback_for
    if phone is None or reason is None:
        return
    person = turn.state.person
    by = turn.mind.office.call_back_day(turn.now)
    made = Callback(phone, reason, by, person.birth_name, person.first_name)
    today = turn.now.date()
    day = turn.phrase("words.call_back_today" if by == today else "words.call_back_by", day=say_day(by, today=today))
    turn.say("callback.promised" if turn.state.person.phone is not None else "callback.promised_caller", by=day)
    _close(turn)
    turn.put(callbacks=(*turn.state.callbacks, made), done="callback")
    if end:
        turn.say("goodbye.plain")
        turn.end("callback")


def refuse(turn: Turn) -> None:
    """The caller wants no call-back."""
    turn.say("callback.refused")
    _close(turn)


def _close(turn: Turn) -> None:
    """A call-back in the place of an act ends that act; one that was asked for in passing returns to it."""
    if turn.state.callback_for in ENDING:
        turn.close_act()
    turn.put(callback_for=None, anything_else=True)
