"""The summary and its explicit yes, what a no changes, and the commit. Silence is no."""

from __future__ import annotations

from collections.abc import Callable

from voicebot.errors import HoldExpiredError, NotBookableError, SlotTakenError
from voicebot.ports import Appointment, Outcome
from voicebot.thinking import callbacks, identity, naming, offers, several
from voicebot.thinking.questions import put_question
from voicebot.thinking.state import Item, NameItem, Pending
from voicebot.thinking.turn import Turn

SOURCE = "phone"


def accept(turn: Turn) -> None:
    """The caller said yes to what is pending."""
    pending = turn.state.pending
    turn.put(pending=None)
    match pending:
        case Pending(kind="booking"):
            _book(turn)
        case Pending(kind="move"):
            _move(turn)
        case Pending(kind="cancel"):
            _cancel(turn)
        case Pending(kind="item", item=item, value=value) if item is not None:
            accept_item(turn, item, value)
        case _:
            pass


def accept_item(turn: Turn, item: Item, value: str | None) -> None:
    """One thing that was read back is right."""
    match item:
        case "motive":
            turn.wish(motive=value)
        case "practitioner":
            turn.wish(practitioner=value, any_practitioner=False)
        case "birth_name":
            turn.person(birth_name=value)
        case "first_name":
            turn.person(first_name=value)
        case "phone":
            turn.person(phone=value)
        case _:
            pass


def refuse_item(turn: Turn, item: Item) -> None:
    """One thing that was read back is wrong: a name is guessed or spelled, the rest is asked again."""
    pending = turn.state.pending
    clear(turn, item)
    if item in ("birth_name", "first_name"):
        naming.wrong(turn, item, pending.value if pending is not None else None)
        ask_spelling(turn, item)


def ask_spelling(turn: Turn, item: NameItem) -> None:
    """A name was refused: the next likely one is read back, else it is spelled; in the end a person takes it down."""
    if naming.hopeless(turn, item):
        turn.drop_hold()
        turn.put(callback_for="identity", spelling=None)
        put_question(turn, "callback")
    elif not naming.propose(turn, item):
        turn.put(spelling=item)


def clear(turn: Turn, item: Item) -> None:
    """Forget one thing, so that it is asked again."""
    turn.put(pending=None)
    match item:
        case "birth_name":
            turn.person(birth_name=None, spelled=turn.state.person.spelled - {"birth_name"})
            turn.wish(patient=None)
        case "first_name":
            turn.person(first_name=None, spelled=turn.state.person.spelled - {"first_name"})
            turn.wish(patient=None)
        case "birth_date":
            turn.person(birth_date=None)
            turn.wish(patient=None)
        case "phone":
            turn.person(phone=None)
        case "motive":
            turn.drop_hold()
            turn.wish(motive=None, offers=(), refused=())
        case "practitioner":
            turn.drop_hold()
            turn.wish(practitioner=None, offers=(), refused=())
        case "when":
            turn.drop_hold()
            turn.wish(when=None, offers=())


# --- the commits ---


def _key(turn: Turn) -> str:
    """The same for every try of one act: a retried turn changes nothing."""
    return f"{turn.mind.call_id}:{turn.state.act_number}"


def _book(turn: Turn) -> None:
    wish = turn.state.wish
    hold = wish.hold
    if hold is None:
        return
    keyed = turn.state.person.keyed and wish.patient is None
    try:
        row = _again_if_expired(
            turn,
            lambda: turn.mind.agenda.book(
                turn.state.wish.hold or hold,
                identity.claim(turn),
                source=SOURCE,
                idempotency_key=_key(turn),
                patient_id=wish.patient.id if wish.patient is not None else None,
            ),
        )
    except SlotTakenError:
        offers.taken(turn, hold.slot)
        return
    except NotBookableError:
        _not_bookable(turn)
        return
    _committed(turn, row, "booked")
    slot = turn.state.appointment.slot if turn.state.appointment else row.slot
    motive = turn.mind.office.motive(slot.motive)
    turn.say("done.booked", when=turn.moment(slot.start), practitioner=turn.with_whom(slot))
    if motive.instructions:
        turn.say_text(motive.instructions)
    if keyed:
        turn.say("birth_name.keyed")
        callbacks.note(turn, "name")
    if several.is_next(turn):
        several.ask_next(turn)
    else:
        put_question(turn, "open")


def _move(turn: Turn) -> None:
    wish = turn.state.wish
    hold, old = wish.hold, wish.appointment
    if hold is None or old is None:
        return
    try:
        row = _again_if_expired(
            turn,
            lambda: turn.mind.agenda.move(
                old.id, turn.state.wish.hold or hold, source=SOURCE, idempotency_key=_key(turn)
            ),
        )
    except SlotTakenError:
        offers.taken(turn, hold.slot)
        return
    except NotBookableError:
        _not_bookable(turn)
        return
    _committed(turn, row, "moved")
    turn.say("done.moved", when=turn.moment(row.slot.start), practitioner=turn.with_whom(row.slot))
    put_question(turn, "open")


def _cancel(turn: Turn) -> None:
    old = turn.state.wish.appointment
    if old is None:
        return
    try:
        row = turn.mind.agenda.cancel(old.id, source=SOURCE, idempotency_key=_key(turn))
    except NotBookableError:
        turn.say("done.too_late_cancel")
        turn.close_act()
        callbacks.offer(turn, "human")
        return
    wish = turn.state.wish
    rest = tuple(item for item in wish.appointments or () if wish.every and item.id != old.id)
    _committed(turn, row, "cancelled")
    turn.say("done.cancelled")
    if rest:
        turn.wish(act="cancel", appointments=rest, every=True)
    else:
        put_question(turn, "open")


def _committed(turn: Turn, row: Appointment, outcome: Outcome) -> None:
    """What is said next comes from the row as it stands in the agenda, not from what we meant to write."""
    row = turn.mind.agenda.appointment(row.id)
    turn.close_act()
    turn.put(appointment=row, done=outcome)


def _again_if_expired(turn: Turn, commit: Callable[[], Appointment]) -> Appointment:
    """Commit; a hold that ran out while the caller spoke is taken again first, if nobody else has the slot."""
    try:
        return commit()
    except HoldExpiredError:
        hold = turn.state.wish.hold
        if hold is None:
            raise
        turn.wish(hold=offers.take_hold(turn, hold.slot))
        return commit()


def _not_bookable(turn: Turn) -> None:
    """A rule forbids it at the last check (the patient has one at that time, too many that day…)."""
    turn.drop_hold()
    turn.say("choice.not_bookable")
    turn.close_act()
    callbacks.offer(turn, "slots")
