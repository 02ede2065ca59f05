"""What a change of the rules would do, before it is made: the slots it adds and removes, and who it leaves stranded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from voicebot.agenda.judge import judge
from voicebot.agenda.slots import NOTHING, BusySource, search
from voicebot.agenda.verdict import Request, Verdict
from voicebot.errors import NotBookableError
from voicebot.ports import Appointment, PatientKind, Slot, SlotQuery
from voicebot.practice.schema import Practice

WEEKS = 4
"""How far a preview looks."""

KINDS: tuple[PatientKind, ...] = ("new", "known")


@dataclass(frozen=True)
class Stranded:
    """An appointment that stays booked although the new rules would not allow it."""

    appointment: Appointment
    verdict: Verdict


@dataclass(frozen=True)
class DayChange:
    """What changes on one day: starts of one practitioner, for whatever motive and patient."""

    day: date
    practitioner: str
    added: tuple[datetime, ...]
    removed: tuple[datetime, ...]


@dataclass(frozen=True)
class Preview:
    """The difference between two sets of rules, as the assistant may book them from now on."""

    first: date
    last: date
    """The last day that was looked at."""
    added: frozenset[tuple[PatientKind, Slot]]
    removed: frozenset[tuple[PatientKind, Slot]]
    stranded: tuple[Stranded, ...]

    @property
    def empty(self) -> bool:
        """Whether no slot comes or goes and nobody is stranded."""
        return not (self.added or self.removed or self.stranded)

    def days(self) -> Iterator[DayChange]:
        """Day by day and practitioner by practitioner, where a start comes or goes."""

        def starts(slots: Iterable[tuple[PatientKind, Slot]]) -> dict[tuple[date, str], set[datetime]]:
            listed = sorted({(slot.start.date(), slot.practitioner, slot.start) for _, slot in slots})
            return {key: {item[2] for item in group} for key, group in groupby(listed, key=lambda item: item[:2])}

        come, go = starts(self.added), starts(self.removed)
        for day, who in sorted(come.keys() | go.keys()):
            added, removed = come.get((day, who), set()), go.get((day, who), set())
            yield DayChange(day, who, tuple(sorted(added - removed)), tuple(sorted(removed - added)))


def preview(
    now_ruling: Practice, proposed: Practice, now: datetime, busy: BusySource, booked: Iterable[Appointment]
) -> Preview:
    """Compare what the assistant may book under two sets of rules. Pure.

    Args:
        now: wall time of the practice.
        booked: appointments to come.
    """
    last = now.date() + timedelta(weeks=WEEKS)
    before, after = (frozenset(bookable(rules, now, last, busy)) for rules in (now_ruling, proposed))
    stranded = []
    for appointment in booked:
        if appointment.status != "booked":
            continue
        verdict = _allowed(proposed, appointment, now)
        if not verdict.bookable and _allowed(now_ruling, appointment, now).bookable:
            stranded.append(Stranded(appointment, verdict))
    return Preview(now.date(), last, after - before, before - after, tuple(stranded))


def bookable(practice: Practice, now: datetime, last: date, busy: BusySource) -> Iterator[tuple[PatientKind, Slot]]:
    """Every slot that the assistant may book up to a day, for every motive and kind of patient."""
    window = (now, datetime.combine(last, time()) + timedelta(days=1))
    for motive in practice.motives:
        for kind in KINDS:
            try:
                for slot in search(practice, SlotQuery(motive, kind, windows=(window,)), now, busy):
                    yield kind, slot
            except NotBookableError:
                continue


def _allowed(practice: Practice, appointment: Appointment, now: datetime) -> Verdict:
    """What the rules say of an appointment, whoever else has one."""
    slot = appointment.slot
    kind: PatientKind = "known" if appointment.patient and appointment.patient.known else "new"
    return judge(practice, Request(slot.motive, slot.start, kind, slot.practitioner, by="person"), now, NOTHING)
