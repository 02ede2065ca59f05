"""Say whether the assistant may book a time, which rule decides, and what the nearest yes would be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from voicebot.agenda.judge import judge
from voicebot.agenda.slots import BusySource, search
from voicebot.agenda.verdict import Request, Verdict, nearest
from voicebot.errors import NotBookableError
from voicebot.ports import Slot, SlotQuery
from voicebot.practice.localtime import to_utc
from voicebot.practice.schema import Practice

FAR = timedelta(days=366 * 3)
"""Beyond every horizon that a practice may choose."""


@dataclass(frozen=True)
class Explanation:
    """A verdict and the nearest yes."""

    verdict: Verdict
    next: Slot | None
    """The first bookable slot at or after the time that was asked about, else the last one before it."""


def explain(practice: Practice, query: SlotQuery, at: datetime, now: datetime, busy: BusySource) -> Explanation:
    """Explain one time as the assistant would decide it. Without a practitioner, one yes is enough."""
    first = to_utc(at, practice.zone) - 2880
    taken = busy(first, first + 3 * 2880)
    names = list(practice.practitioners) if query.practitioner is None else [query.practitioner]
    verdicts = [judge(practice, Request(query.motive, at, query.patient, name), now, taken) for name in names]
    best = nearest(verdicts)
    try:
        following = next(search(practice, replace(query, windows=((at, at + FAR),)), now, busy), None)
        if following is None:
            *_, following = (None, *search(practice, replace(query, windows=((now, at),)), now, busy))
    except NotBookableError:
        following = None
    return Explanation(best, following)
