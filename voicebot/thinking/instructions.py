"""What the staff tell the assistant while a call goes on ("propose jeudi"): said at the caller's next turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from voicebot.french.time.settings import WhenSettings
from voicebot.thinking.offers import SOONEST
from voicebot.thinking.office import Office
from voicebot.thinking.state import Instruction, State
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import read


def understand(text: str, state: State, office: Office, *, now: datetime, settings: WhenSettings) -> Instruction | None:
    """A time, a practitioner or a motive out of an instruction, as a caller's words are read; None without any."""
    reading = read(text, replace(state, asks="open"), office, None, now=now, settings=settings)
    when = reading.when or (SOONEST if "soonest" in reading.says else None)
    # What staff write is not read back to the caller as if he had said it.
    when = replace(when, sure=True) if when is not None else None
    practitioner = reading.practitioner.id if reading.practitioner is not None else None
    motive = reading.motive.id if reading.motive is not None and reading.motive.sure else None
    if when is None and practitioner is None and motive is None:
        return None
    return Instruction(when, practitioner, motive)


def apply(turn: Turn, *, held_before: bool) -> bool:
    """Take up the instruction where something is being arranged; False when there is nothing to take up (yet).

    A caller who has just chosen a time keeps it: the instruction came too late.
    """
    state, wish = turn.state, turn.state.wish
    found = state.instruction
    if found is None or turn.asked or state.outcome is not None or wish.act not in ("book", "move"):
        return False
    if state.callback_for is not None or wish.waiting:
        return False
    if wish.hold is not None and not held_before:
        turn.put(instruction=None)
        return False
    turn.drop_hold()
    windows = found.when.windows if found.when is not None else ()
    wanted = [start for start in wish.refused if not any(first <= start < last for first, last in windows)]
    turn.wish(
        when=found.when or wish.when or SOONEST,
        practitioner=found.practitioner or wish.practitioner,
        motive=found.motive if found.motive is not None and wish.act == "book" else wish.motive,
        offers=(),
        refused=tuple(wanted),
    )
    turn.put(instruction=None, pending=None, correcting=False)
    turn.say("choice.staff")
    return True
