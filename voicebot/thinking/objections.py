"""Rules about the patient, told before the summary: the own doctor, an age, an interval, another appointment."""

from __future__ import annotations

from voicebot.thinking import callbacks, identity
from voicebot.thinking.offers import propose
from voicebot.thinking.questions import put_question
from voicebot.thinking.turn import Turn


def object_to(turn: Turn) -> bool:
    """Whether a rule about the patient forbids the slot that is held: say which, kindly, and go on from there.

    The commit checks all of it again; here the caller hears why before he has said yes to anything.
    """
    wish = turn.state.wish
    if wish.hold is None:
        return False
    patient = wish.patient.id if wish.patient is not None else None
    replacing = wish.appointment.id if wish.act == "move" and wish.appointment is not None else None
    claim = identity.claim(turn)
    rule = turn.mind.agenda.objection(wish.hold, claim, patient_id=patient, replacing=replacing)
    if rule is None:
        return False
    start = wish.hold.slot.start
    turn.drop_hold()
    if rule == "own_doctor":
        with_own_doctor(turn, patient)
    elif rule == "patient_busy":
        turn.say("choice.patient_busy")
        turn.wish(refused=(*wish.refused, start))
        propose(turn)
    else:
        turn.say(f"choice.{rule}")
        callbacks.offer(turn, "slots")
    return True


def with_own_doctor(turn: Turn, patient: str | None) -> None:
    """Go on with the doctor who follows the patient; where nobody knows who that is, the secretary settles it."""
    doctor = turn.mind.agenda.own_doctor(patient) if patient is not None else None
    if doctor in [person.id for person in turn.mind.office.who_does(turn.state.wish.motive)] and doctor is not None:
        turn.say("choice.own_doctor", practitioner=turn.mind.office.practitioner_name(doctor))
        turn.wish(practitioner=doctor, offers=(), refused=())
        if turn.state.wish.when is None:
            put_question(turn, "when")
        else:
            propose(turn)
    else:
        turn.say("choice.no_own_doctor")
        callbacks.offer(turn, "slots")
