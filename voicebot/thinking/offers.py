"""Negotiating a time: what is offered, what is chosen, and the hold while the caller decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from voicebot.errors import NotBookableError, SlotTakenError
from voicebot.french.speak import say_date
from voicebot.ports import Closure, Hold, Slot, When
from voicebot.thinking import callbacks, waiting
from voicebot.thinking.questions import offers_text, put_question
from voicebot.thinking.seeking import most, query
from voicebot.thinking.turn import Turn

BEFORE = timedelta(days=4)
AFTER = timedelta(days=21)
"""How far before and after what was asked the nearest slots are sought."""

APART = timedelta(hours=1)
"""A start nearer than this to one that was refused is hardly another one."""

MOST_LOOKED_AT = 200
"""Slots that are looked at for starts beside refused ones."""

SOONEST = When((), prefer="soonest", sure=True)
"""The first time that is free."""


def propose(turn: Turn, *, lead: str | None = None, insists: bool = False) -> None:
    """Search what the caller asked for and offer up to three slots, or the nearest there are.

    ``lead`` is a phrase to say first, where the search follows a refusal. ``insists``: the caller has just asked for
    this practitioner instead of another, so that another time with him is nearer than the same time with the other.
    """
    turn.drop_hold()
    wish = turn.state.wish
    if wish.motive is None:
        put_question(turn, "motive")
        return
    if lead is not None:
        turn.say(lead)
    try:
        offers = _search(turn, wish.when, wish.practitioner)
        if offers:
            _offer(turn, offers)
            return
        _nearest(turn, insists=insists, explain=lead is None)
    except NotBookableError:
        turn.wish(offers=())
        turn.say("choice.not_bookable")
        callbacks.offer(turn, "slots")


def _search(turn: Turn, when: When | None, practitioner: str | None, *, limit: int | None = None) -> list[Slot]:
    wanted = replace(query(turn, when), practitioner=practitioner)
    count = most(turn) if limit is None else limit
    agenda = turn.mind.agenda
    if turn.state.wish.refused:
        # Nine o'clock refused is a quarter past nine refused, while there is a choice.
        beside = [slot.start for slot in agenda.search(wanted, limit=MOST_LOOKED_AT) if _beside(turn, slot)]
        if other := list(agenda.offers(replace(wanted, exclude=(*wanted.exclude, *beside)), limit=count)):
            return other
    return list(agenda.offers(wanted, limit=count))


def _beside(turn: Turn, slot: Slot) -> bool:
    return any(abs(slot.start - refused) < APART for refused in turn.state.wish.refused)


def _offer(turn: Turn, offers: list[Slot]) -> None:
    _read_back(turn)
    turn.wish(offers=tuple(offers))
    put_question(turn, "choice")


def _read_back(turn: Turn) -> None:
    """What was not heard for certain is read back with the offers, so that the caller hears what was understood."""
    when = turn.state.wish.when
    if when is not None and not when.sure and when.reading and turn.state.wish.offers == ():
        turn.say("choice.heard", reading=when.reading)


def _nearest(turn: Turn, *, insists: bool, explain: bool) -> None:
    """Nothing suits: say so, and offer the nearest, with someone else where that helps."""
    wish = turn.state.wish
    again = bool(wish.refused)
    windows = wish.when.windows if wish.when is not None else ()
    _read_back(turn)
    end = turn.now + turn.mind.office.motive(wish.motive or "").horizon
    if windows and windows[0][0] >= end:
        turn.say("choice.none_far", day=say_date(end.date()))
        windows = ((end, end),)
    elif explain and (again or not _explain_closed(turn, windows)):
        turn.say("choice.no_more" if again else "choice.none")
    found = _search(turn, wish.when, None) if wish.practitioner is not None and windows and not insists else []
    if not found and windows:
        found = _around(turn, windows[0][0], windows[-1][1])
    if not found:
        found = _search(turn, None, wish.practitioner) or _search(turn, None, None)
    if not found:
        turn.say("choice.nothing")
        waiting.suggest(turn)
        return
    turn.wish(offers=tuple(found[: most(turn)]))
    texts = offers_text(turn)
    if len(texts) == 1:
        turn.ask("choice", "choice.nearest", offer=texts[0])
    else:
        turn.ask("choice", "choice.nearest_several", offers=turn.listed(texts))


def _explain_closed(turn: Turn, windows: tuple[tuple[datetime, datetime], ...]) -> bool:
    """Say why nobody receives on the one day that was asked for; False when someone does, or several days were."""
    if not windows or windows[0][0].date() != (windows[-1][1] - timedelta(minutes=1)).date():
        return False
    day = windows[0][0].date()
    match turn.mind.agenda.closure(query(turn, None), day):
        case Closure(kind="holiday"):
            turn.say("choice.none_holiday", day=say_date(day))
        case Closure(kind="absent"):
            who = turn.mind.office.practitioner_name(turn.state.wish.practitioner or "")
            turn.say("choice.none_absent", day=say_date(day), practitioner=who[:1].upper() + who[1:])
        case Closure():
            turn.say("choice.none_closed", day=say_date(day))
        case _:
            return False
    return True


def _around(turn: Turn, first: datetime, last: datetime) -> list[Slot]:
    """The last slot before what was asked, and the first ones after it."""
    practitioner = turn.state.wish.practitioner
    before: list[Slot] = []
    if first > turn.now and most(turn) > 1:
        span = When(((max(turn.now, first - BEFORE), first),))
        before = [slot for slot in turn.mind.agenda.search(query(turn, span)) if not _beside(turn, slot)][-1:]
    after = _search(turn, When(((last, last + AFTER),)), practitioner, limit=most(turn) - len(before))
    return [*before, *after]


def choose(turn: Turn, index: int) -> None:
    """Hold the offer that the caller chose; if someone else has it, say so and offer others."""
    slot = turn.state.wish.offers[index]
    try:
        hold = take_hold(turn, slot)
    except (SlotTakenError, NotBookableError):
        taken(turn, slot)
        return
    turn.wish(hold=hold, offers=())


def take_hold(turn: Turn, slot: Slot) -> Hold:
    """Keep a slot for this call. Raises SlotTakenError, NotBookableError."""
    wanted = query(turn, None)
    return turn.mind.agenda.hold(slot, patient=wanted.patient, owner=turn.mind.call_id, replacing=wanted.replacing)


def taken(turn: Turn, slot: Slot) -> None:
    """Someone else took a slot meanwhile."""
    turn.wish(hold=None, gone=(*turn.state.wish.gone, slot.start), offers=())
    propose(turn, lead="choice.taken")
