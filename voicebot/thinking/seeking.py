"""What a caller seeks, as a question to the agenda."""

from __future__ import annotations

from datetime import datetime

from voicebot.ports import PatientKind, SlotQuery, When
from voicebot.thinking.state import Wish
from voicebot.thinking.turn import Turn

MOST = 3
"""More than three times said one after another are not remembered."""


def patient_kind(turn: Turn) -> PatientKind:
    """Known or new, as the caller declared it, or as the person identified is."""
    wish = turn.state.wish
    if wish.act == "move" and wish.patient is not None:
        return "known" if wish.patient.known else "new"
    return "known" if wish.known else "new"


def query(turn: Turn, when: When | None, practitioner: str | None = None) -> SlotQuery:
    """What the caller seeks; ``practitioner`` is only for another one than he asked for."""
    wish = turn.state.wish
    return SlotQuery(
        motive=wish.motive or "",
        patient=patient_kind(turn),
        practitioner=practitioner or wish.practitioner,
        windows=when.windows if when is not None else (),
        exclude=_excluded(wish),
        soonest=when is not None and when.prefer == "soonest",
        replacing=wish.appointment.id if wish.act == "move" and wish.appointment is not None else None,
    )


def _excluded(wish: Wish) -> tuple[datetime, ...]:
    """Starts that are not offered: those refused or taken, and to one who moves an appointment its own."""
    if wish.act == "move" and wish.appointment is not None:
        return (*wish.refused, *wish.gone, wish.appointment.slot.start)
    return (*wish.refused, *wish.gone)


def most(turn: Turn) -> int:
    """How many offers are made at a time."""
    return 1 if turn.state.slow else MOST
