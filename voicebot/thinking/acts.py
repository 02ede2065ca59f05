"""What the caller wants done: book, move, cancel, or know when; and changing one's mind about it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from voicebot.ports import Asks, When
from voicebot.thinking import lexicon, several
from voicebot.thinking.questions import person_name
from voicebot.thinking.state import Act, Person, Wish
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading
from voicebot.thinking.words import fold

_ACTS: tuple[tuple[str, Act], ...] = (
    ("cancel", "cancel"),
    ("move", "move"),
    ("ask_appointment", "ask"),
    ("book", "book"),
)
"""In order: "annuler mon rendez-vous" also holds the words of a booking."""

_EXISTING = re.compile(
    r"\b(mon|ma|mes|notre|nos|son|sa|ses|leur|le|la|les|ce|cette|celui|celle) (prochaine? )?"
    r"(rendez vous|rdv|consultation|visite|vaccin\w*|frottis|controle|certificat|renouvellement|creneau|de|du)\b"
)
"""An appointment that exists is "ma consultation" or "celle de mardi"; a new one is "une consultation"."""

_SETTLED: frozenset[Asks | None] = frozenset({None, "open", "confirm", "callback", "transcript", "emergency"})
"""Questions at which an act cannot be given up, or that have words of their own for it."""

_INSTEAD = re.compile(r"\b(finalement|plutot|en fait|je prefere|je preferais|je prefererais)\b")

_OLD = re.compile(r"\b(rendez[- ]vous|celui)\s+(de|du|d)\b", re.I)
"""Before the time of an appointment that exists: "déplacer mon rendez-vous de mardi" says nothing of the new one."""


def choose(turn: Turn, reading: Reading) -> bool:
    """The answer to "what can I do for you"; a motive or a time alone is a wish to book."""
    act = next((act for intent, act in _ACTS if intent in reading.says), None)
    if (last := _moves_last(turn, reading)) is not None:
        begin(turn, "move", replace(reading, moved_from=last))
        return True
    if act != "book" and _is_new(reading):
        act = "book"
    if act is None and (
        reading.motive or reading.when or reading.practitioner or reading.says & {"soonest", "symptom"}
    ):
        act = "book"
    if act is None and (reading.says & {"for_other", "several"} or reading.names.of_patient):
        # "C'est pour ma fille" and no more: whoever calls for someone mostly wants an appointment for her.
        act = "book"
    if act is None and reading.guess in ("give_motive", "give_when", "new_patient", "known_patient", "practitioner"):
        act = "book"
    if act is None:
        return False
    begin(turn, act, reading)
    return True


def _moves_last(turn: Turn, reading: Reading) -> When | None:
    """ "Finalement je préfère vendredi", just after "c'est réservé", moves that one: its time, or None."""
    row = turn.state.appointment
    if row is None or turn.state.done not in ("booked", "moved") or several.is_next(turn):
        return None
    other = reading.motive is not None or reading.says & {"book", "cancel", "for_other", "for_self", "thanks"}
    if other or reading.when is None or not reading.when.windows or not _INSTEAD.search(fold(reading.text)):
        return None
    start = row.slot.start
    return When(((start, start + timedelta(minutes=1)),), sure=True)


def _is_new(reading: Reading) -> bool:
    """ "Je pourrais avoir une consultation mardi ?" asks for a new one, whatever Rasa takes it for."""
    if reading.motive is None or reading.when is None or reading.moved_from is not None:
        return False
    plain = lexicon.intents(reading.text) & {intent for intent, act in _ACTS if act != "book"}
    return not plain and not _EXISTING.search(fold(reading.text))


def switch(turn: Turn, reading: Reading) -> bool:
    """A change of mind in mid-call: only in plain words about "mon rendez-vous"."""
    wish = turn.state.wish
    if wish.act is None or turn.state.asks in ("open", "callback", "emergency", "transcript"):
        return False
    act = next((act for intent, act in _ACTS[:2] if intent in reading.says), None)
    words = fold(reading.text)
    if act is None or act == wish.act or not ("mon rendez vous" in words or "finalement" in words):
        return False
    begin(turn, act, reading)
    return True


def give_up(turn: Turn, reading: Reading) -> bool:
    """ "Laissez tomber", "je garde l'ancien": the act ends, and what stood before it stands."""
    act = turn.state.wish.act
    keeps = act in ("move", "cancel") and bool(reading.says & {"keep", "drop"})
    if turn.state.asks in _SETTLED or not (keeps or (act is not None and "drop" in reading.says)):
        return False
    # Whether there is an appointment is not told to someone who has not said who he is.
    known = turn.state.wish.appointment is not None
    turn.say("confirm.dropped" if not keeps else "confirm.kept" if known else "confirm.unchanged")
    turn.put(spelling=None)
    turn.close_act()
    return True


def begin(turn: Turn, act: Act, reading: Reading) -> None:
    """Start an act; who the patient is stays known, unless it is for someone else now."""
    turn.drop_hold()
    wish = turn.state.wish
    other = "for_other" in reading.says
    if act == "book" and several.is_next(turn):
        row = turn.state.appointment
        several.turn_to_next(turn, row.slot.motive if row is not None and reading.motive is None else None)
        fresh = turn.state.wish
    elif wish.other_person and "for_self" in reading.says and not other:
        # After someone else it is the caller's own turn.
        turn.put(person=Person(phone=turn.state.person.phone))
        fresh = Wish(act=act)
    elif other and turn.state.done is not None:
        own = not wish.other_person and turn.state.person.birth_name is not None
        caller = person_name(turn, turn.state.person) if own else None
        turn.put(person=Person(phone=turn.state.person.phone))
        fresh = Wish(act=act, other_person=True)
        turn.put(caller_name=turn.state.caller_name or caller)
    else:
        fresh = Wish(act=act, patient=wish.patient, known=wish.known, other_person=wish.other_person or other)
    if act == "cancel" and "every" in reading.says:
        fresh = replace(fresh, every=True)
    elif act == "move" and reading.moved_from is not None:
        fresh = replace(fresh, hint=reading.moved_from)
    elif act in ("move", "cancel") and reading.when is not None and (act == "cancel" or _OLD.search(reading.text)):
        fresh = replace(fresh, hint=reading.when)
    turn.state = replace(turn.state, wish=fresh, pending=None, spelling=None, correcting=False, callback_for=None)
