"""The answer to offers: one of them, another time, someone else, or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from voicebot.ports import When
from voicebot.thinking import waiting
from voicebot.thinking.offers import APART, SOONEST, choose, propose
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading
from voicebot.thinking.words import fold

MOST_ROUNDS = 4
"""Times that all offers are refused after which the waiting list, or a person, may do better."""

EVERY_DAY = 20
"""Days from which a time holds for every day."""

FAR = timedelta(days=120)
"""Beyond every horizon that a practice would have."""


def take_choice(turn: Turn, reading: Reading) -> bool:
    """Take the answer to an offer: one of them, another time, someone else, or none."""
    offers = turn.state.wish.offers
    if not offers:
        # The same words have just begun another act.
        return False
    picked = reading.choice if reading.choice is not None and 0 <= reading.choice < len(offers) else None
    if _asks_anew(turn, reading):
        _look_elsewhere(turn, reading.when or SOONEST)
    elif picked is not None and reading.yes is not False:
        choose(turn, picked)
    elif len(offers) == 1 and reading.plain_yes:
        choose(turn, 0)
    elif "waiting_list" in reading.says:
        waiting.ask_for(turn)
    elif "other_practitioner" in reading.says and (reading.practitioner is None or _fits(turn, reading)):
        _other_practitioner(turn)
    elif reading.practitioner is not None and not _fits(turn, reading):
        _someone(turn, reading.practitioner.id)
    elif reading.when is not None and _names_a_time(turn, reading, reading.when) and _time(turn, reading, reading.when):
        pass
    elif reading.says & {"soonest", "any_practitioner", "no_preference"}:
        choose(turn, 0)
    elif reading.says & {"later", "earlier", "other_offer", "only_these"} or reading.yes is False:
        _another(turn, reading)
    else:
        return False
    return True


def _asks_anew(turn: Turn, reading: Reading) -> bool:
    """Whether, of a single offer, only a wider time was named again ("plutôt jeudi"): that is no acceptance."""
    wish, when = turn.state.wish, reading.when
    if len(wish.offers) != 1 or when is None or reading.yes is not None or not when.windows:
        return False
    if wish.when is not None and when.windows == wish.when.windows:
        return False
    start = wish.offers[0].start
    return any(first <= start < last and last - first > timedelta(hours=1) for first, last in when.windows)


def _names_a_time(turn: Turn, reading: Reading, when: When) -> bool:
    """Whether a reading says when, and not only "none of these": any time from now on is no time."""
    if not when.windows:
        return False
    anything = when.windows[0][0] <= turn.now + timedelta(days=1) and when.windows[-1][1] > turn.now + FAR * 0.8
    return not (anything and reading.says & {"other_offer", "only_these"})


def _fits(turn: Turn, reading: Reading) -> bool:
    """Whether a practitioner named only repeats whom every offer is with."""
    found = reading.practitioner
    return found is not None and all(slot.practitioner == found.id for slot in turn.state.wish.offers)


def _someone(turn: Turn, practitioner: str) -> None:
    kept = [index for index, slot in enumerate(turn.state.wish.offers) if slot.practitioner == practitioner]
    if len(kept) == 1:
        choose(turn, kept[0])
    elif kept:
        _narrow(turn, kept)
    else:
        _with(turn, practitioner)


def _with(turn: Turn, practitioner: str) -> None:
    """Offer times with someone else than before, and say with whom: the times may well be the same."""
    turn.say("choice.with", practitioner=turn.mind.office.practitioner_name(practitioner))
    turn.wish(practitioner=practitioner, offers=())
    propose(turn, insists=True)


def _time(turn: Turn, reading: Reading, when: When) -> bool:
    """A time was named: it picks an offer, narrows them (to one, where it was not heard for certain), or asks anew."""
    refused = reading.yes is False or "other_offer" in reading.says
    offers = turn.state.wish.offers
    if not reading.says & {"other_offer", "soonest"}:
        when = _on_those_days(turn, when)
    kept = [index for index, slot in enumerate(offers) if any(start <= slot.start < end for start, end in when.windows)]
    if len(kept) == len(offers) > 1 and not refused:
        return False
    if len(kept) == 1 and not refused and (when.sure or reading.yes is True):
        choose(turn, kept[0])
    elif kept and not refused:
        _narrow(turn, kept)
    else:
        _look_elsewhere(turn, _well_after(turn, when) if "later" in reading.says else when)
    return True


def _on_those_days(turn: Turn, when: When) -> When:
    """ "Plutôt onze heures trente" names no day: it is meant on the days that were asked for."""
    asked = turn.state.wish.when
    if len({first.date() for first, _ in when.windows}) < EVERY_DAY or asked is None:
        return when
    days = [(first.date(), (last - timedelta(minutes=1)).date()) for first, last in asked.windows]
    kept = tuple(window for window in when.windows if any(first <= window[0].date() <= last for first, last in days))
    return replace(when, windows=kept) if kept else when


def _well_after(turn: Turn, when: When) -> When:
    """ "Plus tard dans la journée" than half past eight is not a quarter to nine."""
    starts = [slot.start for slot in turn.state.wish.offers]
    windows = tuple(
        (
            first + APART if any(timedelta() <= first - start <= timedelta(minutes=15) for start in starts) else first,
            last,
        )
        for first, last in when.windows
    )
    windows = tuple(window for window in windows if window[0] < window[1])
    return replace(when, windows=windows) if windows else when


def _narrow(turn: Turn, kept: list[int]) -> None:
    """Keep only some of the offers and ask again among them."""
    offers = turn.state.wish.offers
    turn.wish(offers=tuple(offers[index] for index in kept))
    put_question(turn, "choice")


def _look_elsewhere(turn: Turn, when: When) -> None:
    """The caller named another time instead of choosing."""
    # A time that was refused in passing may be wanted again when it is named.
    refused = tuple(
        start for start in turn.state.wish.refused if not any(first <= start < last for first, last in when.windows)
    )
    turn.wish(when=when, refused=refused, offers=())
    propose(turn)


def _another(turn: Turn, reading: Reading) -> None:
    """None of them: later, earlier, another day, someone else, or simply others."""
    wish = turn.state.wish
    offers = wish.offers
    starts = [slot.start for slot in offers]
    rounds = wish.rounds + 1
    turn.wish(refused=(*wish.refused, *starts), rounds=rounds)
    words = fold(reading.text)
    if "later" in reading.says:
        turn.wish(when=When(((max(starts) + timedelta(minutes=1), turn.now + FAR),), sure=True))
    elif "earlier" in reading.says:
        turn.wish(when=When(((turn.now, min(starts)),), sure=True))
    elif "autre jour" in words or "autre date" in words:
        turn.wish(
            when=_after(reading, datetime.combine(max(starts).date() + timedelta(days=1), time()), turn.now + FAR)
        )
    elif rounds >= MOST_ROUNDS:
        turn.say("choice.no_more")
        waiting.suggest(turn)
        return
    elif rounds == 2 and not turn.state.slow:
        # Refused twice without a word on what would suit: the caller knows best.
        turn.wish(when=None, offers=())
        turn.say("choice.other")
        put_question(turn, "when")
        return
    propose(turn)


def _after(reading: Reading, first: datetime, last: datetime) -> When:
    """From ``first`` on, at the hour that was said with it ("un autre jour à onze heures")."""
    said = reading.when
    windows = tuple(window for window in said.windows if window[0] >= first) if said is not None else ()
    if said is None or len(windows) < EVERY_DAY:
        return When(((first, last),), sure=True)
    return replace(said, windows=windows)


def _other_practitioner(turn: Turn) -> None:
    """The caller wants someone else, at the same times where possible."""
    wish = turn.state.wish
    people = turn.mind.office.who_does(wish.motive)
    here = {slot.practitioner for slot in wish.offers}
    if wish.practitioner is not None:
        here = {wish.practitioner}
    others = [person.id for person in people if person.id not in here]
    if not others and len(people) < 2:
        turn.say("practitioner.only_one", practitioner=people[0].name if people else "")
        put_question(turn, "choice")
    elif len(others) == 1:
        turn.wish(refused=())
        _with(turn, others[0])
    else:
        # Offers with everyone, or several others: the caller says whom he means.
        turn.wish(practitioner=None, offers=())
        put_question(turn, "practitioner")
