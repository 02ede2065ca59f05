"""Who the patient is: asked for, checked against the agenda, and never disclosed.

The wording is the same whether a person exists or not. A first failure asks again, spelled, and for the phone number,
which tells homonyms apart; a second one leads to a person or a call-back. Failures are counted across calls
(``Agenda.may_identify``), so that birth dates cannot be tried out. Neither sex nor the national number is ever asked.
"""

from __future__ import annotations

from dataclasses import replace

from voicebot.french.speak import say_phone
from voicebot.ports import Patient, PatientClaim
from voicebot.thinking import callbacks, misses
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn

MOST_FAILURES = 3
"""Failed identities in one call after which only a person helps."""


def ask_missing(turn: Turn) -> bool:
    """Ask for the first part of the identity that is missing; False when all is there."""
    if turn.by_keys and turn.state.person.birth_name is None and not turn.state.person.keyed:
        # Who has only pressed keys so far cannot, or will not, say a name.
        turn.person(keyed=True)
        turn.put(spelling=None)
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
        if (patient := turn.state.wish.patient) is not None:
            return PatientClaim(patient.birth_name, patient.first_name, person.birth_date, person.phone)
        # Two people who only used keys must never become one: the number keeps them apart.
        birth_name = turn.phrase("words.unknown_birth_name")
        first_name = turn.phrase("words.unknown_first_name", phone=say_phone(person.phone) if person.phone else "")
        return PatientClaim(birth_name, first_name, person.birth_date, person.phone)
    if person.birth_name is None or person.first_name is None:
        raise ValueError("a name is missing")
    # The number that calls is kept to reach the caller, never to tell who he is.
    number = person.phone or turn.mind.caller
    if turn.state.wish.other_person:
        return PatientClaim(
            person.birth_name,
            person.first_name,
            person.birth_date,
            contact_name=turn.state.caller_name,
            contact_phone=number,
        )
    return PatientClaim(person.birth_name, person.first_name, person.birth_date, number)


def settle(turn: Turn) -> Patient | None:
    """The one patient whom the claim identifies; otherwise ask again, or arrange a call-back, and return None."""
    if turn.state.wish.patient is not None:
        return turn.state.wish.patient
    # The look-up is made in any case, so that neither words nor time tell whether it was allowed.
    permitted = turn.mind.agenda.may_identify(claim(turn), turn.mind.caller)
    matches = _look_up(turn)
    if len(matches) == 1 and permitted:
        turn.wish(patient=matches[0])
        return matches[0]
    if permitted:
        fail(turn)
    else:
        _no_further(turn)
    return None


def is_found(turn: Turn) -> bool:
    """Whether the claim identifies one patient; nothing is said."""
    return turn.state.wish.patient is not None or len(_look_up(turn)) == 1


def _look_up(turn: Turn) -> list[Patient]:
    person, claimed = turn.state.person, claim(turn)
    if person.keyed:
        matches = list(turn.mind.agenda.match_keys(claimed.birth_date, person.phone or ""))
    else:
        matches = list(turn.mind.agenda.match(claimed))
    if len(matches) > 1 and person.phone is not None:
        # Homonyms: the next trait is the number that they gave, if they say it.
        matches = [patient for patient in matches if patient.phone == person.phone]
    if turn.state.wish.act == "book":
        # Who says that he has come before must be one whom the practice knows.
        matches = [patient for patient in matches if patient.known]
    return matches


def fail(turn: Turn) -> None:
    """Identity failed: once more with spelling, then a call-back. Nothing says whether the person exists."""
    turn.mind.agenda.note_failure(claim(turn), turn.mind.caller)
    failures = turn.state.wish.failures + 1
    turn.wish(failures=failures, patient=None, appointments=None)
    turn.put(failures=turn.state.failures + 1)
    if failures >= 2 or turn.state.failures > MOST_FAILURES:
        _no_further(turn)
        return
    turn.say("identity.failed")
    if turn.state.person.keyed:
        turn.person(birth_date=None, phone=None)
        put_question(turn, "birth_date")
        return
    turn.put(spelling="birth_name", person=replace(turn.state.person, birth_name=None, birth_date=None))
    put_question(turn, "spelling")


def refuse(turn: Turn) -> None:
    """The caller will not say who he is: without a name by birth date and number, without those by a person."""
    asks = turn.state.asks
    if asks in ("birth_name", "first_name", "spelling") and turn.state.callback_for is None:
        turn.person(keyed=True, birth_name=None, first_name=None)
        turn.put(spelling=None, pending=None)
        turn.say("birth_name.refused")
        ask_missing(turn)
    else:
        turn.say("identity.refused")
        _person_or_callback(turn)


def _no_further(turn: Turn) -> None:
    turn.say("identity.failed_twice")
    _person_or_callback(turn)


def _person_or_callback(turn: Turn) -> None:
    """A person settles it: at once where one is there, else by a call-back."""
    turn.drop_hold()
    turn.put(spelling=None)
    if turn.mind.office.reception_open(turn.now) and misses.can_ring(turn):
        misses.transfer(turn)
    else:
        callbacks.offer(turn, "identity")
