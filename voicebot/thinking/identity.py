"""Who the patient is: asked for, checked against the agenda, and never disclosed.

The wording is the same whether a person exists or not. A first failure asks again, spelled, and for the phone number,
which tells homonyms apart; a second one leads to a call-back.
"""

from __future__ import annotations

from dataclasses import replace

from voicebot.french.speak import say_phone
from voicebot.ports import Patient, PatientClaim
from voicebot.thinking import misses
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn

MOST_FAILURES = 3
"""Failed identities in one call after which only a person helps."""


def ask_missing(turn: Turn) -> bool:
    """Ask for the first part of the identity that is missing; False when all is there."""
    person, wish = turn.state.person, turn.state.wish
    if turn.state.spelling is not None:
        put_question(turn, "spelling")
    elif person.birth_name is None and not person.keyed:
        if person.hearings == () and person.phone is None and wish.act == "book" and wish.failures == 0:
            turn.ask("birth_name", "birth_name.first_other" if wish.other_person else "birth_name.first")
        else:
            put_question(turn, "birth_name")
    elif person.first_name is None and not person.keyed:
        put_question(turn, "first_name")
    elif person.birth_date is None:
        put_question(turn, "birth_date")
    elif person.phone is None and (person.keyed or wish.failures > 0):
        put_question(turn, "phone")
    else:
        return False
    return True


def claim(turn: Turn) -> PatientClaim:
    """The identity as claimed. Raises ValueError while a part is missing."""
    person = turn.state.person
    if person.birth_date is None:
        raise ValueError("the birth date is missing")
    if person.keyed:
        # Two people who only used keys must never become one: the number keeps them apart.
        birth_name = turn.phrase("words.unknown_birth_name")
        first_name = turn.phrase("words.unknown_first_name", phone=say_phone(person.phone) if person.phone else "")
        return PatientClaim(birth_name, first_name, person.birth_date, person.phone)
    if person.birth_name is None or person.first_name is None:
        raise ValueError("a name is missing")
    # The number that calls is kept to reach the caller, never to tell who he is.
    return PatientClaim(person.birth_name, person.first_name, person.birth_date, person.phone or turn.mind.caller)


def settle(turn: Turn) -> Patient | None:
    """The one patient whom the claim identifies; otherwise ask again, or arrange a call-back, and return None."""
    if turn.state.wish.patient is not None:
        return turn.state.wish.patient
    matches = list(turn.mind.agenda.match(claim(turn)))
    if turn.state.wish.act == "book":
        # Who says that he has come before must be one whom the practice knows.
        matches = matches if len(matches) == 1 and matches[0].known else []
    elif len(matches) > 1 and turn.state.person.phone is not None:
        matches = [patient for patient in matches if patient.phone == turn.state.person.phone]
    if len(matches) == 1:
        turn.wish(patient=matches[0])
        return matches[0]
    fail(turn)
    return None


def fail(turn: Turn) -> None:
    """Identity failed: once more with spelling, then a call-back. Nothing says whether the person exists."""
    failures = turn.state.wish.failures + 1
    turn.wish(failures=failures, patient=None, appointments=None)
    turn.put(failures=turn.state.failures + 1)
    if turn.state.failures > MOST_FAILURES:
        # Who goes on guessing speaks with a person.
        turn.say("identity.failed_twice")
        misses.transfer(turn)
        return
    if failures >= 2 or turn.state.person.keyed:
        turn.drop_hold()
        turn.say("identity.failed_twice")
        turn.put(callback_for="identity")
        put_question(turn, "callback")
        return
    turn.say("identity.failed")
    turn.put(spelling="birth_name", person=replace(turn.state.person, birth_name=None, birth_date=None))
    put_question(turn, "spelling")
