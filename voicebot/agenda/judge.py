"""Check one appointment against every rule, one rule after the other.

This speaks in words and minutes and shares no timeline with ``slots``: the two check each other, and a booking is only
committed when this says yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from voicebot.agenda import rules
from voicebot.agenda.slots import Busy, Rules, offers_motive
from voicebot.agenda.verdict import Request, Verdict, reason, yes
from voicebot.practice.calendars import public_holiday
from voicebot.practice.localtime import boundary, exists, to_utc, to_wall
from voicebot.practice.schema import GRANULE_MINUTES, Absence, Motive, Practice

_Span = tuple[int, int, rules.Window]
"""A window from one UTC minute to another."""


def judge(practice: Practice, request: Request, now: datetime, busy: Busy) -> Verdict:
    """Check every rule, the one that is hardest to mend first. Pure."""
    judgement = _Judgement(practice, request, now, busy)
    return judgement.run()


class _Judgement:
    def __init__(self, practice: Practice, request: Request, now: datetime, busy: Busy) -> None:
        self.practice = practice
        self.request = request
        self.now = now
        self.busy = busy
        self.zone = practice.zone

    def run(self) -> Verdict:
        practice, request = self.practice, self.request
        motive = practice.motives.get(request.motive)
        if motive is None:
            return reason("unknown_motive", names=", ".join(practice.motives))
        if request.practitioner not in practice.practitioners:
            return reason("unknown_practitioner", names=", ".join(practice.practitioners))
        if not exists(request.start, self.zone):
            return reason("nonexistent")
        self.start = to_utc(request.start, self.zone)
        self.end = self.start + motive.minutes(request.patient)
        self.window: rules.Window | None = None
        checks: list[Callable[[Motive], Verdict | None]] = [self._motive, self._time]
        if request.overbook:
            self._opening(motive)
        else:
            checks += [self._opening, self._absence, self._grid]
        checks.append(self._patient)
        if not request.overbook:
            checks += [self._limits, self._collisions]
        for check in checks:
            if verdict := check(motive):
                return verdict
        rule = self.window.where if self.window else motive.where
        site = self.window.site if self.window else next(iter(practice.sites))
        return yes(rule, request.practitioner, site, to_wall(self.end, self.zone))

    def _motive(self, motive: Motive) -> Verdict | None:
        request = self.request
        if request.by == "assistant" and motive.bookable_by == "person":
            return reason("person_only", motive.where)
        if motive.patients not in ("all", request.patient):
            return reason(f"{motive.patients}_only", motive.where)
        day = request.start.date()
        taken_over = (r.practitioner for r in self.practice.substitutions if r.first <= day <= r.last)
        mine = [request.practitioner, *(q for q in taken_over if self._substitutes(q, day))]
        if not any(practitioner in motive.practitioners for practitioner in mine):
            return reason("not_theirs", motive.where, practitioner=self._name())
        return None

    def _substitutes(self, practitioner: str, day: date) -> bool:
        return any(
            rule.practitioner == practitioner
            and rule.substitute == self.request.practitioner
            and rule.first <= day <= rule.last
            for rule in self.practice.substitutions
        )

    def _time(self, motive: Motive) -> Verdict | None:
        now = to_utc(self.now, self.zone)
        if self.start < now:
            return reason("past")
        if self.request.by == "assistant":
            if self.start < now + motive.notice:
                return reason("notice", motive.where, minutes=motive.notice)
            if self.start > to_utc(self.now + timedelta(days=motive.horizon_days), self.zone):
                return reason("horizon", motive.where, days=motive.horizon_days)
        return None

    def _windows(self) -> Iterator[_Span]:
        day, version = self.request.start.date(), Rules(self.practice)
        for offset in (-1, 0, 1):
            yield from _windows_of(version, self.request.practitioner, day + timedelta(days=offset))

    def _covers(self, windows: Iterable[_Span], end: int) -> rules.Window | None:
        """The window that holds the start, when windows of one site hold the whole appointment."""
        by_site: dict[str, list[_Span]] = {}
        for span in windows:
            by_site.setdefault(span[2].site, []).append(span)
        for spans in by_site.values():
            first = next((w for low, high, w in spans if low <= self.start < high), None)
            if first is None:
                continue
            reached = self.start
            for low, high, _ in sorted(spans, key=lambda item: item[:2]):
                if low <= reached < high:
                    reached = high
            if reached >= end:
                return first
        return None

    def _opening(self, motive: Motive) -> Verdict | None:
        windows = list(self._windows())
        fitting = [span for span in windows if offers_motive(self.practice, span[2], motive.id)]
        self.window = self._covers(fitting, self.end)
        if self.window:
            return None
        if self._covers(fitting, self.start + 1):
            return reason("too_long", motive.where, minutes=self.end - self.start)
        if other := self._covers(windows, self.start + 1):
            return reason("other_motives", other.where)
        return self._closed()

    def _closed(self) -> Verdict:
        """Why nothing is open at this time."""
        practice, who, day = self.practice, self.request.practitioner, self.request.start.date()
        if rule := rules.substitution_of(practice, who, day):
            substitute = practice.name_of(rule.substitute)
            return reason("substituted", rule.where, practitioner=self._name(), substitute=substitute)
        if exception := rules.deciding_exception(practice, who, day):
            code = "exception_hours" if exception.hours else "exception_closed"
            return reason(code, exception.where, label=_label(exception.label))
        usual = list(rules.openings(practice, who, day))
        holiday = public_holiday(practice.holiday_zone, day)
        if holiday and usual and not any(rules.holiday_permits(practice, rule, day) for rule in usual):
            return reason("holiday", practice.holiday_where, name=holiday)
        near = next((rule for rule in usual if rules.holiday_permits(practice, rule, day)), None)
        if near:
            return reason("closed_hour", near.where, practitioner=self._name())
        own = next((r for r in practice.openings if not r.practitioners or who in r.practitioners), None)
        return reason("closed_day", own.where if own else None, practitioner=self._name())

    def _absence(self, motive: Motive) -> Verdict | None:
        if rule := self._absent(self.request.practitioner):
            return reason("absent", rule.where, practitioner=self._name(), label=_label(rule.label))
        return None

    def _absent(self, who: str) -> Absence | None:
        day = self.request.start.date()
        for start, end, rule in rules.absences(self.practice, who, day, day + timedelta(days=1)):
            if boundary(start, self.zone) < self.end and boundary(end, self.zone) > self.start:
                return rule
        return None

    def _grid(self, motive: Motive) -> Verdict | None:
        minute = self.request.start.hour * 60 + self.request.start.minute
        step = motive.grid if self.request.by == "assistant" else GRANULE_MINUTES
        if minute % step or self.request.start.second:
            return reason("grid", motive.where, minutes=step)
        return None

    def _patient(self, motive: Motive) -> Verdict | None:
        facts, request = self.request.facts, self.request
        if facts is None:
            return None
        day = request.start.date()
        if facts.birth_date is not None:
            born = facts.birth_date
            age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
            if motive.min_age is not None and age < motive.min_age:
                return reason("too_young", motive.where, age=motive.min_age)
            if motive.max_age is not None and age > motive.max_age:
                return reason("too_old", motive.where, age=motive.max_age)
        if motive.own_doctor and not self._own_doctor(facts.own_doctor, day):
            return reason("own_doctor", motive.where)
        if any(abs((day - other).days) < motive.spacing_days for other in facts.same_motive):
            return reason("spacing", motive.where, days=motive.spacing_days)
        if any(start < self.end and end > self.start for start, end in facts.spans):
            return reason("patient_busy")
        return None

    def _own_doctor(self, own: str | None, day: date) -> bool:
        who = self.request.practitioner
        return own is not None and (own == who or self._substitutes(own, day))

    def _limits(self, motive: Motive) -> Verdict | None:
        if self.request.by == "person":
            return None
        day, who = self.request.start.date(), self.practice.practitioners[self.request.practitioner]
        for name, most, where in (
            (who.id, who.assistant_per_day, who.where),
            (motive.id, motive.assistant_per_day, motive.where),
        ):
            if most is not None and self.busy.by_assistant.get((name, day), 0) >= most:
                return reason("day_full", where)
        return None

    def _collisions(self, motive: Motive) -> Verdict | None:
        low, high = self.start - motive.buffer_before, self.end + motive.buffer_after
        if self._taken(self.request.practitioner, low, high):
            return reason("taken", practitioner=self._name())
        for need in motive.needs:
            names = " ou ".join(self.practice.resources[r].name for r in need)
            present = [r for r in need if not self._absent(r)]
            if not present:
                return reason("resource_absent", motive.where, resource=names)
            if all(self._taken(r, low, high) for r in present):
                return reason("resource_taken", motive.where, resource=names)
        return None

    def _taken(self, who: str, low: int, high: int) -> bool:
        low -= low % GRANULE_MINUTES
        high += -high % GRANULE_MINUTES
        return any(_floor(start) < high and _ceiling(end) > low for start, end in self.busy.spans.get(who, ()))

    def _name(self) -> str:
        return self.practice.name_of(self.request.practitioner)


@lru_cache(maxsize=4096)
def _windows_of(version: Rules, practitioner: str, day: date) -> tuple[_Span, ...]:
    """The windows that begin on a day, with their ends as UTC minutes: asked for again for every start of the day."""
    practice = version.practice
    return tuple(
        (boundary(window.start, practice.zone), boundary(window.end, practice.zone), window)
        for window in rules.windows(practice, practitioner, day)
    )


def free_resources(
    practice: Practice, motive: Motive, start: int, end: int, spans: Mapping[str, Sequence[tuple[int, int]]]
) -> list[str] | None:
    """One free resource for each need, or None. ``start`` and ``end`` include buffers, UTC minutes."""
    low, high = _floor(start), _ceiling(end)
    day = to_wall(start, practice.zone).date()

    def free(resource: str) -> bool:
        if any(_floor(s) < high and _ceiling(e) > low for s, e in spans.get(resource, ())):
            return False
        first, last = start + motive.buffer_before, end - motive.buffer_after
        return not any(
            boundary(a, practice.zone) < last and boundary(b, practice.zone) > first
            for a, b, _ in rules.absences(practice, resource, day, day + timedelta(days=1))
        )

    chosen = [next((resource for resource in need if free(resource)), None) for need in motive.needs]
    found = [resource for resource in chosen if resource is not None]
    return found if len(found) == len(chosen) else None


def _floor(minute: int) -> int:
    return minute - minute % GRANULE_MINUTES


def _ceiling(minute: int) -> int:
    return minute + -minute % GRANULE_MINUTES


def _label(text: str) -> str:
    return f" ({text})" if text else ""
