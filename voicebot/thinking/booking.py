"""Booking: what is missing is asked for, in the order that keeps a call short; then the summary, then the commit."""

from __future__ import annotations

from voicebot.ports import PatientKind
from voicebot.thinking import identity, offers
from voicebot.thinking.questions import put_question
from voicebot.thinking.state import Pending
from voicebot.thinking.turn import Turn


def advance(turn: Turn) -> None:
    """Ask the next question of a booking."""
    wish = turn.state.wish
    if wish.motive is None:
        put_question(turn, "motive")
    elif wish.known is None:
        put_question(turn, "known")
    elif not _takes(turn, wish.motive):
        turn.wish(motive=None)
        put_question(turn, "motive")
    elif wish.practitioner is None and turn.mind.office.motive(wish.motive).own_doctor:
        put_question(turn, "practitioner")
    elif wish.hold is None and wish.offers:
        put_question(turn, "choice")
    elif wish.hold is None and wish.when is None:
        put_question(turn, "when")
    elif wish.hold is None:
        offers.propose(turn)
    elif identity.ask_missing(turn) or not _known_as_declared(turn):
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
        turn.say("practitioner.not_for_motive", practitioner=office.practitioner_name(wish.practitioner))
        turn.wish(practitioner=None)
    return True


def _known_as_declared(turn: Turn) -> bool:
    """A caller who says that he has come before must be found; otherwise the same path as any failed identity."""
    if not turn.state.wish.known or turn.state.person.keyed:
        return True
    return identity.settle(turn) is not None
