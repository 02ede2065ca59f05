"""Call-backs: consented to, with a number, and dated. Messages, results, failures and waiting all end here."""

from __future__ import annotations

from voicebot.french.speak import say_day
from voicebot.thinking.questions import put_question
from voicebot.thinking.state import Callback, CallbackReason
from voicebot.thinking.turn import Turn

ENDING: frozenset[CallbackReason] = frozenset({"identity", "slots", "misses", "closed"})
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


def note(turn: Turn, reason: CallbackReason, *, message: str | None = None, promised: bool = True) -> Callback:
    """Leave something to the secretary, to be done by a day."""
    person = turn.state.person
    patient = turn.state.wish.patient
    made = Callback(
        number(turn) or (patient.phone if patient is not None else None),
        reason,
        turn.mind.office.call_back_day(turn.now),
        person.birth_name,
        person.first_name,
        turn.state.caller_name,
        message,
        promised,
    )
    turn.put(callbacks=(*turn.state.callbacks, made))
    return made


def promise(turn: Turn, *, end: bool = False) -> None:
    """Promise the call-back by a day; ``end`` ends the call with it."""
    phone, reason = number(turn), turn.state.callback_for
    if phone is None or reason is None:
        return
    by = note(turn, reason, message=turn.state.message or None).by
    today = turn.now.date()
    day = turn.phrase("words.call_back_today" if by == today else "words.call_back_by", day=say_day(by, today=today))
    turn.say("callback.promised" if turn.state.person.phone is not None else "callback.promised_caller", by=day)
    _close(turn)
    # A call-back in passing does not undo what the call has achieved before it.
    turn.put(done="callback", message=None)
    if end:
        turn.say("goodbye.plain")
        turn.end("callback")


def refuse(turn: Turn) -> None:
    """The caller wants no call-back; a message that he left is passed on without one."""
    message = turn.state.message
    if message:
        note(turn, "message", message=message, promised=False)
        turn.put(message=None, done=turn.state.done or "callback")
    turn.say("callback.refused")
    _close(turn)


def _close(turn: Turn) -> None:
    """A call-back in the place of an act ends that act; one that was asked for in passing returns to it."""
    if turn.state.callback_for in ENDING:
        turn.close_act()
    turn.put(callback_for=None, anything_else=True)
