"""What a change of the rules would do, before it is made: the slots it adds and removes, and who it leaves stranded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby, product
from zoneinfo import ZoneInfo

from voicebot.agenda import slots
from voicebot.agenda.judge import judge
from voicebot.agenda.slots import NOTHING, Busy, BusySource
from voicebot.agenda.timeline import bits
from voicebot.agenda.verdict import Request, Verdict
from voicebot.errors import NotBookableError
from voicebot.ports import Appointment, PatientKind, Slot, SlotQuery
from voicebot.practice.localtime import at_minute, to_utc, to_wall
from voicebot.practice.schema import GRANULE_MINUTES, Practice, Where

FARTHEST = timedelta(weeks=26)
"""How far a preview looks at most; it looks as far as the assistant may offer today."""

KINDS: tuple[PatientKind, ...] = ("new", "known")

MARGIN = 3 * 1440
"""Around a chunk, min: the longest appointment with its buffers, from either end."""

Found = tuple[PatientKind, Slot]


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
    added: frozenset[Found]
    removed: frozenset[Found]
    stranded: tuple[Stranded, ...]

    @property
    def empty(self) -> bool:
        """Whether no slot comes or goes and nobody is stranded."""
        return not (self.added or self.removed or self.stranded)

    def days(self) -> Iterator[DayChange]:
        """Day by day and practitioner by practitioner, where a start comes or goes."""

        def starts(slots: Iterable[Found]) -> dict[tuple[date, str], set[datetime]]:
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
        booked: appointments to come; those that :class:`Standing` leaves alone may be left out.
    """
    horizon = max(motive.horizon_days for rules in (now_ruling, proposed) for motive in rules.motives.values())
    last = (now + min(timedelta(days=horizon), FARTHEST)).date()
    if same_slots(now_ruling, proposed):
        return Preview(now.date(), last, frozenset(), frozenset(), ())
    added, removed = _difference(now_ruling, proposed, now, last, busy)
    stranded = []
    for appointment in booked:
        if appointment.status != "booked":
            continue
        verdict = _allowed(proposed, appointment, now)
        if not verdict.bookable and _allowed(now_ruling, appointment, now).bookable:
            stranded.append(Stranded(appointment, verdict))
    return Preview(now.date(), last, added, removed, tuple(stranded))


NOWHERE = Where("", "", 0)

TIMETABLE = ("motives", "practitioners", "resources", "sites", "openings", "exceptions", "absences", "substitutions")
"""What of a practice decides on slots, beside its calendars and its clock."""


def same_slots(one: Practice, other: Practice) -> bool:
    """Whether two sets of rules surely open the same slots, wherever in their files the rules stand."""
    calendars = (one.zone, one.holiday_zone, one.school_zone) == (other.zone, other.holiday_zone, other.school_zone)
    return calendars and all(_placeless(one, name) == _placeless(other, name) for name in TIMETABLE)


def _placeless(practice: Practice, name: str) -> list[object]:
    rules = getattr(practice, name)
    return [replace(rule, where=NOWHERE) for rule in (rules.values() if isinstance(rules, Mapping) else rules)]


class Standing:
    """Tells at once which appointments other rules leave alone, so that only the rest is judged."""

    def __init__(self, now_ruling: Practice, proposed: Practice) -> None:
        self._before = now_ruling
        self._after = proposed
        self._lost: dict[tuple[str, str, date], tuple[int, int]] = {}
        """Origin and mask of the starts that go, by motive, practitioner and first day of the chunk."""

    def stands(self, motive: str, practitioner: str, start: int) -> bool:
        """Whether no rule comes between an appointment and its start, a UTC minute; False: it must be judged."""
        granule, rest = divmod(start, GRANULE_MINUTES)
        if rest or self._before.zone != self._after.zone:
            return False
        day = to_wall(start, self._after.zone).date()
        first = next(slots.chunks(day, day))
        key = motive, practitioner, first
        if key not in self._lost:
            lost = 0
            for kind in KINDS:
                lost |= _by_hand(self._before, *key, kind) & ~_by_hand(self._after, *key, kind)
            self._lost[key] = slots.origin_of(self._after, first), lost
        origin, lost = self._lost[key]
        return not lost >> (granule - origin) & 1


def _by_hand(practice: Practice, motive_id: str, practitioner: str, first: date, kind: PatientKind) -> int:
    """The starts of a chunk that a person may give, whoever else has an appointment."""
    motive = practice.motives.get(motive_id)
    if motive is None or practitioner not in practice.practitioners or motive.patients not in ("all", kind):
        return 0
    motive = replace(motive, grid=GRANULE_MINUTES)
    whole, mask = (0, to_utc(at_minute(first, slots.CHUNK_DAYS * 1440), practice.zone)), 0
    for _, _, part in slots.starts(practice, motive, motive.minutes(kind), [practitioner], first, whole, NOTHING):
        mask |= part
    return mask


def _difference(
    now_ruling: Practice, proposed: Practice, now: datetime, last: date, source: BusySource
) -> tuple[frozenset[Found], frozenset[Found]]:
    """The slots that come and those that go: chunks are compared as masks, and only what differs is spelled out."""
    come: set[Found] = set()
    go: set[Found] = set()
    for first in slots.chunks(now.date(), last):
        begin = to_utc(at_minute(first, -1440), now_ruling.zone)
        taken = source(begin - MARGIN, begin + (slots.CHUNK_DAYS + 2) * 1440 + MARGIN)
        before, after = (_masks(rules, now, first, last, taken) for rules in (now_ruling, proposed))
        for part in before.keys() | after.keys():
            was, is_ = before.get(part, 0), after.get(part, 0)
            come.update(part.slots(is_ & ~was))
            go.update(part.slots(was & ~is_))
    return frozenset(come - go), frozenset(go - come)


@dataclass(frozen=True)
class _Part:
    """What the starts of one mask have in common."""

    kind: PatientKind
    motive: str
    length: int
    practitioner: str
    site: str
    origin: int
    zone: ZoneInfo

    def slots(self, mask: int) -> Iterator[Found]:
        for bit in bits(mask):
            minute = (self.origin + bit) * GRANULE_MINUTES
            start, end = to_wall(minute, self.zone), to_wall(minute + self.length, self.zone)
            yield self.kind, Slot(start, end, self.practitioner, self.motive, self.site)


def _masks(practice: Practice, now: datetime, first: date, last: date, taken: Busy) -> dict[_Part, int]:
    """Where the assistant may book in a chunk, for every motive and kind of patient."""
    zone, found = practice.zone, {}
    soonest, end = to_utc(now, zone), to_utc(at_minute(last, 1440), zone) - 1
    origin = slots.origin_of(practice, first)
    for motive, kind in product(practice.motives.values(), KINDS):
        try:
            slots.permitted_motive(practice, SlotQuery(motive.id, kind))
        except NotBookableError:
            continue
        length = motive.minutes(kind)
        horizon = to_utc(now + timedelta(days=motive.horizon_days), zone)
        limits = (soonest + motive.notice, min(horizon, end))
        for who, site, mask in slots.starts(practice, motive, length, practice.practitioners, first, limits, taken):
            left = mask & slots.days_left(practice, who, motive, first, taken)
            found[_Part(kind, motive.id, length, who, site, origin, zone)] = left
    return found


def _allowed(practice: Practice, appointment: Appointment, now: datetime) -> Verdict:
    """What the rules say of an appointment, whoever else has one."""
    slot = appointment.slot
    kind: PatientKind = "known" if appointment.patient and appointment.patient.known else "new"
    return judge(practice, Request(slot.motive, slot.start, kind, slot.practitioner, by="person"), now, NOTHING)
