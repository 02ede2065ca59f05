"""Booking: what is missing is asked for, in the order that keeps a call short; then the summary, then the commit."""

from __future__ import annotations

from datetime import timedelta

from voicebot.ports import PatientKind, When
from voicebot.thinking import callbacks, identity, objections, offers, seeking, waiting
from voicebot.thinking.questions import put_question
from voicebot.thinking.state import Pending
from voicebot.thinking.turn import Turn


def advance(turn: Turn) -> None:
    """Ask the next question of a booking."""
    wish = turn.state.wish
    if turn.mind.office.takes_messages_only(turn.now):
        turn.say("callback.closed")
        callbacks.offer(turn, "closed")
    elif wish.waiting:
        waiting.advance(turn)
    elif wish.motive is None:
        put_question(turn, "motive")
    elif wish.known is None:
        put_question(turn, "known")
    elif not _takes(turn, wish.motive):
        turn.wish(motive=None)
        put_question(turn, "motive")
    elif turn.state.wish.practitioner is None and turn.mind.office.motive(wish.motive).own_doctor:
        _ask_own_doctor(turn)
    elif wish.hold is None and wish.offers:
        put_question(turn, "choice")
    elif wish.hold is None and wish.when is None:
        put_question(turn, "when")
    elif wish.hold is None:
        offers.propose(turn)
    elif identity.ask_missing(turn) or not _known_as_declared(turn) or objections.object_to(turn):
        return
    else:
        turn.put(pending=Pending("booking"))
        put_question(turn, "confirm")


def _takes(turn: Turn, motive_id: str) -> bool:
    """Whether this motive is for this kind of patient and this practitioner; says why not."""
    wish, office = turn.state.wish, turn.mind.office
    motive = office.motive(motive_id)
    kind: PatientKind = "known" if wish.known else "new"
    if not motive.takes(kind):
        others = [other.label for other in office.bookable_motives() if other.takes(kind)]
        turn.say("motive.only_known" if kind == "new" else "motive.only_new", list=turn.listed(others))
        return False
    if wish.practitioner is not None and motive.practitioners and wish.practitioner not in motive.practitioners:
        name = office.practitioner_name(wish.practitioner)
        turn.say("practitioner.not_for_motive", practitioner=name[:1].upper() + name[1:])
        turn.wish(practitioner=None)
    return True


def _ask_own_doctor(turn: Turn) -> None:
    """Ask who follows the patient; for one who does not know, the file does, once he is identified."""
    if not turn.state.wish.any_practitioner:
        put_question(turn, "practitioner")
    elif not identity.ask_missing(turn) and (patient := identity.settle(turn)) is not None:
        objections.with_own_doctor(turn, patient.id)


def _known_as_declared(turn: Turn) -> bool:
    """A caller who says that he has come before must be found; otherwise the same path as any failed identity."""
    if not turn.state.wish.known:
        return True
    motive = turn.mind.office.motive(turn.state.wish.motive or "")
    if turn.state.person.keyed and motive.takes("new") and not identity.is_found(turn):
        # Nobody to spell for: keys that find no one are someone new, whose name the secretary completes.
        return _as_new(turn)
    return identity.settle(turn) is not None


def _as_new(turn: Turn) -> bool:
    """Hold the same time for someone new, who may need longer; False when it does not fit and others are offered."""
    hold = turn.state.wish.hold
    if hold is None:
        return False
    slot = hold.slot
    turn.drop_hold()
    turn.wish(known=False)
    same = When(((slot.start, slot.start + timedelta(minutes=1)),))
    found = turn.mind.agenda.search(seeking.query(turn, same, slot.practitioner))
    if not found:
        offers.taken(turn, slot)
        return False
    turn.wish(offers=(found[0],))
    offers.choose(turn, 0)
    return turn.state.wish.hold is not None
