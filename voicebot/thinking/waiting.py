"""The waiting list: offered where nothing suits, joined with an identity and a number, and said so."""

from __future__ import annotations

from voicebot.errors import NotBookableError
from voicebot.thinking import callbacks, identity
from voicebot.thinking.questions import put_question
from voicebot.thinking.seeking import query
from voicebot.thinking.state import Pending
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading


def suggest(turn: Turn) -> None:
    """Nothing suits: offer the waiting list once, then a call-back."""
    turn.drop_hold()
    turn.wish(offers=())
    if turn.state.wish.waiting is None and turn.state.wish.motive is not None:
        turn.put(pending=Pending("waitlist"))
        put_question(turn, "confirm")
    else:
        callbacks.offer(turn, "slots")


def take(turn: Turn, reading: Reading) -> bool:
    """The answer to the offer of the waiting list."""
    if reading.yes is None and "waiting_list" not in reading.says:
        return False
    turn.put(pending=None)
    turn.wish(waiting=reading.yes is not False)
    if not turn.state.wish.waiting:
        callbacks.offer(turn, "slots")
    return True


def ask_for(turn: Turn) -> None:
    """The caller asks for the waiting list himself."""
    turn.drop_hold()
    turn.put(pending=None)
    turn.wish(waiting=True, offers=())


def advance(turn: Turn) -> None:
    """Ask for what is missing, then put the patient on the list."""
    wish = turn.state.wish
    if wish.motive is None:
        put_question(turn, "motive")
    elif wish.patient is None and identity.ask_missing(turn):
        return
    elif callbacks.number(turn) is None and (wish.patient is None or wish.patient.phone is None):
        put_question(turn, "phone")
    else:
        _join(turn, wish.motive)


def _join(turn: Turn, motive: str) -> None:
    wish = turn.state.wish
    patient = wish.patient.id if wish.patient is not None else None
    try:
        turn.mind.agenda.wait_for(identity.claim(turn), query(turn, wish.when), source="phone", patient_id=patient)
    except NotBookableError:
        turn.say("choice.not_bookable")
        callbacks.offer(turn, "slots")
        return
    turn.say("waitlist.noted", motive=turn.mind.office.motive(motive).label)
    callbacks.note(turn, "waitlist")
    turn.close_act()
    turn.put(done=turn.state.done or "callback")
    put_question(turn, "open")
