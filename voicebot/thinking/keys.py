"""The keypad: what keys answer at each question, as the same reading that words give."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from voicebot.french.phones import read_phone
from voicebot.ports import When
from voicebot.thinking import messages
from voicebot.thinking.lexicon import ITEMS
from voicebot.thinking.match import Match
from voicebot.thinking.state import State
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading

HUMAN = frozenset({"0", "*"})
_OPEN = {"1": "book", "2": "move", "3": "cancel"}
_AFTER_HASH = {"7": "transcript", "8": "erase_call"}
"""What follows the hash key, at every question: the text of the call is the caller's."""

_YES_NO = frozenset({"known", "confirm", "emergency", "callback", "transcript"})


def read_keys(turn: Turn, keys: str) -> Reading | None:
    """What keys answer; None when they answer nothing at this question."""
    state, asks = turn.state, turn.state.asks
    if state.hash and keys in _AFTER_HASH:
        return Reading(keys, frozenset({_AFTER_HASH[keys]}), keys=True)
    if keys in HUMAN:
        return Reading(keys, frozenset({"human"}), keys=True)
    if keys == "#":
        return Reading(keys, frozenset({"repeat"}), keys=True)
    if asks is None or not keys.isdigit():
        return None
    if messages.is_asked(turn):
        return Reading(keys, yes=False, keys=True) if keys == "2" else None
    if asks == "open" and state.anything_else and keys in ("1", "2"):
        return Reading(keys, yes=keys == "1", keys=True)
    if asks == "open" and keys in _OPEN:
        return Reading(keys, frozenset({_OPEN[keys]}), keys=True)
    if asks == "confirm" and state.correcting:
        if keys == "9":
            return Reading(keys, frozenset({"cancel"}), keys=True)
        return Reading(keys, items=frozenset({ITEMS[int(keys) - 1]}), keys=True) if "1" <= keys <= "6" else None
    if asks in _YES_NO:
        return Reading(keys, yes=keys == "1", known=keys == "1", keys=True) if keys in ("1", "2") else None
    match asks:
        case "birth_date" | "when" if len(keys) == 8:
            return _date(turn, keys)
        case "when" if keys == "1":
            return Reading(keys, frozenset({"soonest"}), when=When((), prefer="soonest", sure=True), keys=True)
        case "choice":
            return _choice(state, keys)
        case "for_whom" if keys in ("1", "2"):
            return Reading(keys, frozenset({"for_self" if keys == "1" else "for_other"}), keys=True)
        case "phone":
            number = read_phone(keys)
            return Reading(keys, phone=number.e164, phone_sure=True, keys=True) if number.e164 else None
        case "birth_name" | "first_name" | "spelling" if keys == "1":
            return Reading(keys, frozenset({"by_keys"}), keys=True)
        case "motive" | "practitioner" | "which":
            return _listed(turn, keys)
    return None


def _date(turn: Turn, keys: str) -> Reading | None:
    try:
        day = date(int(keys[4:]), int(keys[2:4]), int(keys[:2]))
    except ValueError:
        return None
    if turn.state.asks == "birth_date":
        return Reading(keys, birth_date=day, birth_date_sure=True, keys=True)
    start = datetime.combine(day, time())
    if start + timedelta(days=1) <= turn.now:
        return None
    return Reading(keys, when=When(((start, start + timedelta(days=1)),), sure=True), keys=True)


def _choice(state: State, keys: str) -> Reading | None:
    if keys == "9" or (keys == "2" and len(state.wish.offers) == 1):
        return Reading(keys, frozenset({"other_offer"}), keys=True)
    number = int(keys)
    return Reading(keys, choice=number - 1, keys=True) if 1 <= number <= len(state.wish.offers) else None


def _listed(turn: Turn, keys: str) -> Reading | None:
    """The nth of the list that the question reads out."""
    number = int(keys) - 1
    office, state = turn.mind.office, turn.state
    if state.asks == "which":
        return Reading(keys, choice=number, keys=True) if 0 <= number < len(state.wish.appointments or ()) else None
    choices = office.bookable_motives() if state.asks == "motive" else office.who_does(state.wish.motive)
    if not 0 <= number < len(choices):
        return None
    found = Match(choices[number].id, sure=True)
    if state.asks == "motive":
        return Reading(keys, motive=found, keys=True)
    return Reading(keys, practitioner=found, keys=True)
