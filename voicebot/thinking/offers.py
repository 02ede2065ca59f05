"""Negotiating a time: what is offered, what is chosen, and the hold while the caller decides."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from voicebot.errors import NotBookableError, SlotTakenError
from voicebot.french.speak import say_date
from voicebot.ports import PatientKind, Slot, SlotQuery, When
from voicebot.thinking.questions import offers_text, put_question
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading
from voicebot.thinking.words import fold

MOST = 3
"""More than three times said one after another are not remembered."""

MOST_REFUSED = 5 * MOST
"""Offers refused after which a person may do better."""

BEFORE = timedelta(days=4)
AFTER = timedelta(days=21)
"""How far before and after what was asked the nearest slots are sought."""


SOONEST = When((), prefer="soonest", sure=True)
"""The first time that is free."""

FAR = timedelta(days=120)
"""Beyond every horizon that a practice would have."""


def patient_kind(turn: Turn) -> PatientKind:
    """Known or new, as the caller declared it, or as the person identified is."""
    wish = turn.state.wish
    if wish.act == "move" and wish.patient is not None:
        return "known" if wish.patient.known else "new"
    return "known" if wish.known else "new"


def propose(turn: Turn, *, lead: str | None = None) -> None:
    """Search what the caller asked for and offer up to three slots, or the nearest there are.

    ``lead`` is a phrase to say first, where the search follows a refusal.
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
        _nearest(turn)
    except NotBookableError:
        turn.wish(offers=())
        turn.say("choice.not_bookable")
        turn.put(callback_for="slots")
        put_question(turn, "callback")


def _query(turn: Turn, when: When | None, practitioner: str | None) -> SlotQuery:
    wish = turn.state.wish
    return SlotQuery(
        motive=wish.motive or "",
        patient=patient_kind(turn),
        practitioner=practitioner,
        windows=when.windows if when is not None else (),
        exclude=wish.refused,
        soonest=when is not None and when.prefer == "soonest",
    )


def _search(turn: Turn, when: When | None, practitioner: str | None, *, limit: int = MOST) -> list[Slot]:
    return list(turn.mind.agenda.offers(_query(turn, when, practitioner), limit=limit))


def _offer(turn: Turn, offers: list[Slot]) -> None:
    _read_back(turn)
    turn.wish(offers=tuple(offers))
    put_question(turn, "choice")


def _read_back(turn: Turn) -> None:
    """What was not heard for certain is read back with the offers, so that the caller hears what was understood."""
    when = turn.state.wish.when
    if when is not None and not when.sure and when.reading and turn.state.wish.offers == ():
        turn.say("choice.heard", reading=when.reading)


def _nearest(turn: Turn) -> None:
    """Nothing suits: say so, and offer the nearest, with someone else where that helps."""
    wish = turn.state.wish
    again = bool(wish.refused)
    windows = wish.when.windows if wish.when is not None else ()
    _read_back(turn)
    if not again and (day := _closed_day(turn, windows)) is not None:
        turn.say("choice.none_closed", day=say_date(day))
    else:
        turn.say("choice.no_more" if again else "choice.none")
    found = _search(turn, wish.when, None) if wish.practitioner is not None and windows else []
    if not found and windows:
        found = _around(turn, windows[0][0], windows[-1][1])
    if not found:
        found = _search(turn, None, wish.practitioner) or _search(turn, None, None)
    if not found:
        turn.wish(offers=())
        turn.say("choice.nothing")
        turn.put(callback_for="slots")
        put_question(turn, "callback")
        return
    turn.wish(offers=tuple(found[:MOST]))
    texts = offers_text(turn)
    if len(texts) == 1:
        turn.ask("choice", "choice.nearest", offer=texts[0])
    else:
        turn.ask("choice", "choice.nearest_several", offers=turn.listed(texts))


def _closed_day(turn: Turn, windows: tuple[tuple[datetime, datetime], ...]) -> date | None:
    """The one day that was asked for, if nobody is at the practice on that day."""
    if not windows or windows[0][0].date() != (windows[-1][1] - timedelta(minutes=1)).date():
        return None
    day = windows[0][0].date()
    hours = (datetime.combine(day, time(hour, minute)) for hour in range(24) for minute in (0, 30))
    return None if any(turn.mind.office.reception_open(at) for at in hours) else day


def _around(turn: Turn, first: datetime, last: datetime) -> list[Slot]:
    """The last slot before what was asked, and the first ones after it."""
    practitioner = turn.state.wish.practitioner
    before: list[Slot] = []
    if first > turn.now:
        span = When(((max(turn.now, first - BEFORE), first),))
        query = _query(turn, span, practitioner)
        before = turn.mind.agenda.search(query)[-1:]
    after = _search(turn, When(((last, last + AFTER),)), practitioner, limit=MOST - len(before))
    return [*before, *after]


def choose(turn: Turn, index: int) -> None:
    """Hold the offer that the caller chose; if someone else has it, say so and offer others."""
    slot = turn.state.wish.offers[index]
    try:
        hold = turn.mind.agenda.hold(slot, patient=patient_kind(turn), owner=turn.mind.call_id)
    except (SlotTakenError, NotBookableError):
        taken(turn, slot)
        return
    turn.wish(hold=hold, offers=())


def taken(turn: Turn, slot: Slot) -> None:
    """Someone else took a slot meanwhile."""
    turn.wish(hold=None, refused=(*turn.state.wish.refused, slot.start), offers=())
    propose(turn, lead="choice.taken")


def take_choice(turn: Turn, reading: Reading) -> bool:
    """Take the answer to an offer: one of them, another time, someone else, or none."""
    offers = turn.state.wish.offers
    picked = reading.choice if reading.choice is not None and 0 <= reading.choice < len(offers) else None
    if _asks_anew(turn, reading):
        _look_elsewhere(turn, reading.when or SOONEST)
    elif picked is not None and reading.yes is not False:
        choose(turn, picked)
    elif len(offers) == 1 and reading.plain_yes:
        choose(turn, 0)
    elif reading.practitioner is not None and not _fits(turn, reading):
        _someone(turn, reading.practitioner.id)
    elif reading.when is not None and reading.when.windows:
        return _time(turn, reading, reading.when)
    elif reading.says & {"soonest", "any_practitioner", "no_preference"}:
        choose(turn, 0)
    elif reading.says & {"later", "earlier", "other_offer"} or reading.yes is False:
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
        turn.wish(practitioner=practitioner, offers=())
        propose(turn)


def _time(turn: Turn, reading: Reading, when: When) -> bool:
    """A time was named: it picks an offer, narrows them (to one, where it was not heard for certain), or asks anew."""
    refused = reading.yes is False or "other_offer" in reading.says
    offers = turn.state.wish.offers
    kept = [index for index, slot in enumerate(offers) if any(start <= slot.start < end for start, end in when.windows)]
    if len(kept) == len(offers) > 1 and not refused:
        return False
    if len(kept) == 1 and not refused and (when.sure or reading.yes is True):
        choose(turn, kept[0])
    elif kept and not refused:
        _narrow(turn, kept)
    else:
        _look_elsewhere(turn, when)
    return True


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
    turn.wish(refused=(*wish.refused, *starts))
    words = fold(reading.text)
    if "later" in reading.says:
        turn.wish(when=When(((max(starts) + timedelta(minutes=1), turn.now + FAR),), sure=True))
    elif "earlier" in reading.says:
        turn.wish(when=When(((turn.now, min(starts)),), sure=True))
    elif "autre jour" in words or "autre date" in words:
        last = max(starts).date()
        turn.wish(when=When(((datetime.combine(last + timedelta(days=1), time()), turn.now + FAR),), sure=True))
    elif "autre" in words and any(word in words for word in ("docteur", "medecin", "praticien")):
        here = {slot.practitioner for slot in offers}
        others = [p.id for p in turn.mind.office.who_does(wish.motive) if p.id not in here]
        turn.wish(practitioner=others[0] if others else wish.practitioner)
    elif len(turn.state.wish.refused) >= MOST_REFUSED:
        turn.wish(offers=())
        turn.say("choice.no_more")
        turn.put(callback_for="slots")
        put_question(turn, "callback")
        return
    elif len(turn.state.wish.refused) == 2 * MOST:
        # Refused twice without a word on what would suit: the caller knows best.
        turn.wish(when=None, offers=())
        turn.say("choice.other")
        put_question(turn, "when")
        return
    propose(turn)
