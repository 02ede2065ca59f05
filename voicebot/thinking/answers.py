"""Taking an answer: each question takes what it asked for; facts said besides are kept, so nothing is asked twice.

A function returns whether it understood. It changes the state; ``plan.advance`` asks the next question unless the
function put one itself. One that understood something useless counts a miss, so that the call cannot go round.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from voicebot.ports import Asks, When
from voicebot.thinking import (
    acts,
    callbacks,
    choosing,
    confirm,
    correct,
    messages,
    name_answers,
    offers,
    several,
    waiting,
)
from voicebot.thinking.match import Match
from voicebot.thinking.questions import person_name
from voicebot.thinking.state import Item, Pending, Person
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import CHANGED, INSTEAD, NAMES, Reading
from voicebot.thinking.words import fold

NEAR = timedelta(days=30)
"""A time heard with unread words beside it is believed only this far ahead."""

_PATIENT_NAMED = re.compile(r"\b(il|elle) s appelle\b|\bau nom de\b|\b(son|le) (nom|prenom)\b")
"""Before the name of the patient, said by someone else."""

_ABOUT_PERSON: frozenset[Asks | None] = frozenset({*NAMES, "birth_date"})

_NEXT = re.compile(r"\b(d apres|suivante?|d ensuite)\b")
"""Counts from the appointment that is spoken of."""


def take(turn: Turn, reading: Reading) -> bool:
    """Take the answer to the question that is open, and what was said besides."""
    asks = turn.state.asks or "open"
    if _other_motive(turn, reading):
        return absorb(turn, reading, asks) or True
    if _other_time(turn, reading):
        return True
    understood = _TAKERS[asks](turn, reading)
    return absorb(turn, reading, asks) or understood


def _other_motive(turn: Turn, reading: Reading) -> bool:
    """ "Non, en fait c'est pour un vaccin": said before the summary, it replaces the motive and nothing else."""
    wish, found = turn.state.wish, reading.motive
    if wish.act != "book" or wish.motive is None or found is None or not found.sure or found.id == wish.motive:
        return False
    known = turn.state.asks in ("known", "practitioner", "when", "choice") and INSTEAD.search(fold(reading.text))
    if not known and not (turn.state.asks in _ABOUT_PERSON and CHANGED.search(fold(reading.text))):
        return False
    turn.drop_hold()
    turn.wish(motive=found.id, offers=(), refused=())
    return True


def _other_time(turn: Turn, reading: Reading) -> bool:
    """ "Attendez, finalement je préfère jeudi": said to a question about a name, it is the time that changes."""
    when = reading.when
    if turn.state.asks not in NAMES or turn.state.wish.hold is None or when is None or not when.windows:
        return False
    turn.drop_hold()
    turn.wish(when=when, offers=(), refused=())
    return True


def absorb(turn: Turn, reading: Reading, asks: Asks) -> bool:
    """Keep facts that were not asked for but are still missing. ``asks`` is what they were said to."""
    wish = turn.state.wish
    if turn.state.outcome is not None or asks in ("choice", "confirm", "which", "callback", "transcript", "emergency"):
        return False
    before = turn.state
    if ("for_other" in reading.says or reading.names.of_patient) and not wish.other_person:
        _for_someone_else(turn)
    several.notice(turn, reading)
    if "waiting_list" in reading.says and wish.waiting is None and wish.act in ("book", "move"):
        waiting.ask_for(turn)
    if wish.motive is None and reading.motive is not None:
        _take_match(turn, "motive", reading.motive)
    if wish.practitioner is None and reading.practitioner is not None and asks != "known":
        _take_match(turn, "practitioner", reading.practitioner)
    if wish.known is None and reading.known is not None:
        turn.wish(known=reading.known)
    if wish.hint is not None and wish.hint is reading.when:
        pass
    elif wish.when is None and reading.when is not None and wish.hold is None and _worth(turn, reading):
        turn.wish(when=reading.when)
    elif wish.when is None and "soonest" in reading.says and asks in ("open", "motive", "when"):
        turn.wish(when=offers.SOONEST)
    if asks not in ("birth_name", "first_name", "spelling"):
        _introduce(turn, reading)
    if reading.birth_date is not None and turn.state.person.birth_date is None:
        take_birth_date(turn, reading)
    if reading.phone is not None and turn.state.person.phone is None:
        turn.person(phone=reading.phone)
    return turn.state != before


def _for_someone_else(turn: Turn) -> None:
    """It turns out that the call is for someone else: a name that was given is the caller's."""
    person = turn.state.person
    turn.wish(other_person=True)
    if person.birth_name is not None and person.birth_date is None and turn.state.wish.patient is None:
        turn.put(caller_name=person_name(turn, person), person=Person(phone=person.phone))


def _introduce(turn: Turn, reading: Reading) -> None:
    """A name that was given unasked: the caller's own where he calls for someone else, unless he names that one."""
    names = reading.names
    if names.of_patient or not turn.state.wish.other_person or _PATIENT_NAMED.search(fold(reading.text)):
        name_answers.take_names(turn, names)
    elif names:
        said = Person(birth_name=names.birth_name, first_name=names.first_name)
        turn.put(caller_name=person_name(turn, said))


def _worth(turn: Turn, reading: Reading) -> bool:
    """Whether a time is to be kept. Said besides something else it must leave nothing unread; where it was asked for,
    or opens the call with a day that is near, it is read back with the offers.
    """
    when, asks = reading.when, turn.state.asks
    if when is None or when.sure or asks == "when":
        return when is not None
    return asks == "open" and bool(when.windows) and when.windows[0][0] < turn.now + NEAR


def _take_match(turn: Turn, item: Item, found: Match) -> None:
    if found.sure:
        confirm.accept_item(turn, item, found.id)
    elif turn.state.pending is None:
        turn.put(pending=Pending("item", item, found.id))


def take_birth_date(turn: Turn, reading: Reading) -> None:
    """Keep a birth date; one that was not heard for certain is read back."""
    turn.person(birth_date=reading.birth_date)
    if not reading.birth_date_sure:
        turn.put(pending=Pending("item", "birth_date", str(reading.birth_date)))


# --- one function a question ---


def _open(turn: Turn, reading: Reading) -> bool:
    return acts.choose(turn, reading)


def _motive(turn: Turn, reading: Reading) -> bool:
    if reading.motive is not None:
        return True
    if reading.guess in ("give_motive", "book") and not reading.says & {"book"} and reading.yes is None:
        labels = [motive.label for motive in turn.mind.office.bookable_motives()]
        turn.ask("motive", "motive.unlisted", list=turn.listed(labels))
        turn.put(misses=turn.state.misses + 1)
        return True
    return False


def _known(turn: Turn, reading: Reading) -> bool:
    return reading.known is not None


def _practitioner(turn: Turn, reading: Reading) -> bool:
    if reading.practitioner is None and reading.says & {"any_practitioner", "no_preference", "dont_know"}:
        turn.wish(any_practitioner=True)
        return True
    return reading.practitioner is not None


def _when(turn: Turn, reading: Reading) -> bool:
    if reading.when is None and (reading.says & {"any_practitioner", "no_preference"} or reading.yes is True):
        # "Peu importe", "comme vous voulez": the first that is free.
        turn.wish(when=offers.SOONEST)
        return True
    if reading.impossible and "soonest" not in reading.says:
        turn.ask("when", "when.past")
        turn.put(misses=turn.state.misses + 1)
        return True
    if reading.when is not None and turn.state.wish.appointment is not None and _NEXT.search(fold(reading.text)):
        _after_the_old(turn, reading.when)
    return reading.when is not None or "soonest" in reading.says


def _after_the_old(turn: Turn, when: When) -> None:
    """ "Le jeudi d'après" follows the appointment that is moved."""
    old = turn.state.wish.appointment
    windows = tuple(window for window in when.windows if old is not None and window[0] > old.slot.start)
    if windows:
        turn.wish(when=replace(when, windows=windows[:1]))


def _choice(turn: Turn, reading: Reading) -> bool:
    return choosing.take_choice(turn, reading)


def _birth_date(turn: Turn, reading: Reading) -> bool:
    return reading.birth_date is not None


def _phone(turn: Turn, reading: Reading) -> bool:
    if reading.phone is None:
        return False
    turn.person(phone=reading.phone)
    if not reading.phone_sure:
        turn.put(pending=Pending("item", "phone", reading.phone))
    return True


def _confirm(turn: Turn, reading: Reading) -> bool:
    pending = turn.state.pending
    if pending is not None and pending.kind == "waitlist":
        return waiting.take(turn, reading)
    return correct.take(turn, reading)


def _which(turn: Turn, reading: Reading) -> bool:
    appointments = turn.state.wish.appointments or ()
    if "every" in reading.says and turn.state.wish.act == "cancel":
        turn.wish(every=True)
        return True
    picked = reading.choice
    if picked is None and reading.practitioner is not None:
        fitting = [n for n, item in enumerate(appointments) if item.slot.practitioner == reading.practitioner.id]
        picked = fitting[0] if len(fitting) == 1 else None
    if picked is None and reading.motive is not None:
        fitting = [n for n, item in enumerate(appointments) if item.slot.motive == reading.motive.id]
        picked = fitting[0] if len(fitting) == 1 else None
    if picked is None and reading.when is not None:
        windows = reading.when.windows
        fitting = [n for n, item in enumerate(appointments) if any(a <= item.slot.start < b for a, b in windows)]
        picked = fitting[0] if len(fitting) == 1 else None
    if picked is None or not 0 <= picked < len(appointments):
        return False
    turn.wish(appointment=appointments[picked], motive=appointments[picked].slot.motive)
    return True


def _callback(turn: Turn, reading: Reading) -> bool:
    if reading.yes is None and "callback" not in reading.says:
        return messages.go_on(turn, reading)
    if reading.yes is False:
        callbacks.refuse(turn)
    else:
        callbacks.advance(turn)
    return True


def _transcript(turn: Turn, reading: Reading) -> bool:
    # Silence is no: only a plain yes lets the text be kept.
    if reading.yes is None:
        return False
    turn.put(transcript=reading.plain_yes)
    turn.say("transcript.accepted" if reading.plain_yes else "transcript.refused")
    return True


_TAKERS: dict[Asks, Callable[[Turn, Reading], bool]] = {
    "open": _open,
    "motive": _motive,
    "known": _known,
    "for_whom": several.take_first,
    "practitioner": _practitioner,
    "when": _when,
    "choice": _choice,
    "birth_name": name_answers.taker("birth_name"),
    "first_name": name_answers.taker("first_name"),
    "spelling": name_answers.take_spelling,
    "birth_date": _birth_date,
    "phone": _phone,
    "confirm": _confirm,
    "which": _which,
    "emergency": lambda turn, reading: False,
    "callback": _callback,
    "transcript": _transcript,
}
