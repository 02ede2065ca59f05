"""Moving, cancelling and telling an appointment that exists: identity first, always."""

from __future__ import annotations

from datetime import timedelta

from voicebot.ports import Appointment
from voicebot.thinking import callbacks, identity, objections, offers, waiting
from voicebot.thinking.questions import put_question
from voicebot.thinking.state import Pending, Wish
from voicebot.thinking.turn import Turn


def advance(turn: Turn) -> None:
    """Ask the next question about an appointment that exists."""
    if turn.state.wish.act != "ask" and turn.mind.office.takes_messages_only(turn.now):
        turn.say("callback.closed")
        callbacks.offer(turn, "closed")
        return
    if turn.state.wish.patient is None:
        # A name or a birth date was corrected: these are perhaps someone else's appointments.
        turn.drop_hold()
        turn.wish(appointments=None, appointment=None)
    if turn.state.wish.appointments is None and not _find(turn):
        return
    if turn.state.wish.appointment is None:
        _choose_appointment(turn)
        if turn.state.wish.appointment is None:
            return
    if _too_late(turn, turn.state.wish.appointment):
        return
    match turn.state.wish.act:
        case "cancel":
            turn.put(pending=Pending("cancel"))
            put_question(turn, "confirm")
        case "move":
            _move(turn)
        case _:
            put_question(turn, "open")


def _find(turn: Turn) -> bool:
    if identity.ask_missing(turn):
        return False
    patient = identity.settle(turn)
    if patient is None:
        return False
    found = tuple(turn.mind.agenda.appointments_of(patient.id))
    if not found:
        # Same words as for someone unknown: having no appointment tells nothing about being a patient.
        identity.fail(turn)
        return False
    turn.wish(appointments=found, failures=0)
    return True


def _choose_appointment(turn: Turn) -> None:
    wish = turn.state.wish
    appointments = wish.appointments or ()
    if wish.act == "ask":
        tell(turn)
        return
    meant = [item for item in appointments if _is_meant(wish, item)] or list(appointments)
    if len(meant) == 1 or wish.every:
        turn.wish(appointment=meant[0], motive=meant[0].slot.motive)
    else:
        put_question(turn, "which")


def _too_late(turn: Turn, appointment: Appointment) -> bool:
    """Whether the practice's notice has run out: said before a new time is sought, and a person settles it.

    The commit checks it again.
    """
    slot = appointment.slot
    cutoff = next((one.cutoff for one in turn.mind.office.motives if one.id == slot.motive), timedelta())
    if slot.start >= turn.now + cutoff:
        return False
    turn.say("which.yours", when=turn.moment(slot.start), practitioner=turn.with_whom(slot))
    turn.say("done.too_late_cancel" if turn.state.wish.act == "cancel" else "done.too_late_move")
    turn.close_act()
    callbacks.offer(turn, "human")
    return True


def _is_meant(wish: Wish, item: Appointment) -> bool:
    """Whether an appointment fits what the caller said of it at first. What is done to it is confirmed anyway."""
    windows = wish.hint.windows if wish.hint is not None else ()
    in_time = not windows or any(start <= item.slot.start < end for start, end in windows)
    return in_time and (wish.practitioner is None or item.slot.practitioner == wish.practitioner)


def tell(turn: Turn) -> None:
    """Say when the appointments are: day, hour and with whom, never what for."""
    appointments = turn.state.wish.appointments or ()
    if len(appointments) == 1:
        slot = appointments[0].slot
        turn.say("which.yours", when=turn.moment(slot.start), practitioner=turn.with_whom(slot))
    else:
        turn.say("which.yours_several", list=", ".join(turn.appointment(item) for item in appointments))
    turn.put(informed=True)
    turn.close_act()
    put_question(turn, "open")


def _move(turn: Turn) -> None:
    wish = turn.state.wish
    if wish.waiting:
        waiting.advance(turn)
    elif wish.hold is None and wish.offers:
        put_question(turn, "choice")
    elif wish.hold is None and wish.when is None:
        if wish.appointment is not None:
            slot = wish.appointment.slot
            turn.say("which.yours", when=turn.moment(slot.start), practitioner=turn.with_whom(slot))
            turn.wish(practitioner=wish.practitioner or slot.practitioner)
        put_question(turn, "when")
    elif wish.hold is None:
        if wish.practitioner is None and wish.appointment is not None:
            turn.wish(practitioner=wish.appointment.slot.practitioner)
        offers.propose(turn)
    elif not objections.object_to(turn):
        turn.put(pending=Pending("move"))
        put_question(turn, "confirm")
