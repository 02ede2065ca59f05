"""Decide whether an appointment may be made, with what the database knows of the patient and of what is taken.

One ``Admission`` belongs to one act: its practice and its now do not change while the act lasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from voicebot.agenda import rows
from voicebot.agenda.judge import judge
from voicebot.agenda.patients import NO_PATIENT, Patients, Record
from voicebot.agenda.session import Session
from voicebot.agenda.slots import Busy, BusySource
from voicebot.agenda.verdict import PatientFacts, Request, Verdict, nearest, reason
from voicebot.errors import AgendaError, NotBookableError, SlotTakenError
from voicebot.ports import PatientClaim, PatientKind, Slot
from voicebot.practice.localtime import to_utc
from voicebot.practice.schema import Practice

TAKEN = ("taken", "resource_taken")
"""Verdicts that other people's appointments decide, not the practice's rules."""

AROUND_DAYS = 2
"""How far around a start what is taken is read."""


def refusal(verdict: Verdict) -> AgendaError:
    """The error of a no."""
    return (SlotTakenError if verdict.rule in TAKEN else NotBookableError)(str(verdict))


@dataclass(frozen=True)
class Placement:
    """An appointment that a person asks for, without a hold."""

    motive: str
    start: datetime
    practitioner: str | None
    """None: the first who is free."""
    patient_id: str
    kind: PatientKind
    overbooking_reason: str | None = None
    """Given: the appointment lies beside others, in a lane of its own."""


class Admission:
    """Checks of one act."""

    def __init__(self, session: Session, patients: Patients, practice: Practice, now: datetime) -> None:
        self._session = session
        self._patients = patients
        self.practice = practice
        self.now = now
        self.second = rows.seconds(now, practice.zone)
        self._limits = any(motive.assistant_per_day is not None for motive in practice.motives.values()) or any(
            practitioner.assistant_per_day is not None for practitioner in practice.practitioners.values()
        )

    @property
    def source(self) -> BusySource:
        """What is taken between two UTC minutes."""
        return self.source_without(())

    @property
    def counted_source(self) -> BusySource:
        """As :attr:`source`, with what the assistant has taken a day although no rule limits it yet."""
        return lambda low, high: rows.read_busy(self._session, low, high, self.second, limits=True)

    def source_without(self, without: Sequence[str]) -> BusySource:
        """What is taken between two UTC minutes, except by some appointments."""
        return lambda low, high: rows.read_busy(
            self._session, low, high, self.second, without=without, limits=self._limits
        )

    def busy(self, start: datetime, without: Sequence[str] = ()) -> Busy:
        """What is taken around a start, except by some appointments."""
        middle = to_utc(start, self.practice.zone)
        low, high = middle - AROUND_DAYS * 1440, middle + AROUND_DAYS * 1440
        return rows.read_busy(self._session, low, high, self.second, without=without, limits=self._limits)

    def refuse_taken(
        self,
        practitioner: str | None,
        motive: str,
        start: datetime,
        kind: PatientKind,
        owner: str = "",
        replacing: str | None = None,
    ) -> None:
        """Refuse what is plainly taken before queueing for the write lock; whatever passes is checked again inside.

        Holds of ``owner`` and the appointment ``replacing`` do not count: they are about to be replaced.
        """
        known = self.practice.motives.get(motive)
        if known is None or practitioner is None:
            return
        low = to_utc(start, self.practice.zone)
        taken = self._session.tuples(
            "select 1 from occupancy o where resource = ? and lane = 0"
            " and start_utc < ? and start_utc > ? and end_utc > ?"
            " and (hold_until is null or (hold_until > ? and not exists (select 1"
            " from appointment a where a.id = o.appointment_id and a.owner = ?)))"
            " and o.appointment_id is not ? limit 1",
            (practitioner, low + known.minutes(kind), low - rows.LONGEST, low, self.second, owner, replacing),
        )
        if taken:
            raise SlotTakenError(str(reason("taken", practitioner=self.practice.name_of(practitioner))))

    def require(self, request: Request, busy: Busy, slot: Slot | None = None) -> Verdict:
        """A yes, for exactly ``slot`` when one is given.

        Raises:
            SlotTakenError, NotBookableError.
        """
        verdict = judge(self.practice, request, self.now, busy)
        if not verdict.bookable:
            raise refusal(verdict)
        if slot is not None and (verdict.end, verdict.site) != (slot.end, slot.site):
            raise NotBookableError(str(reason("slot_changed", self.practice.motives[slot.motive].where)))
        return verdict

    def require_held(
        self, row: Mapping[str, Any], record: Record | None, *, born: date | None = None, replacing: str | None = None
    ) -> None:
        """Check every rule of a held row again, with the patient who is known by now (of someone new: ``born``)."""
        if row["patient_kind"] == "known" and (record is None or not record.patient.known):
            raise NotBookableError(str(reason("identity")))
        verdict = self.judge_held(row, record, born=born, replacing=replacing)
        slot = rows.slot(row)
        if not verdict.bookable:
            raise refusal(verdict)
        if (verdict.end, verdict.site) != (slot.end, slot.site):
            raise NotBookableError(str(reason("slot_changed", self.practice.motives[slot.motive].where)))

    def judge_held(
        self, row: Mapping[str, Any], record: Record | None, *, born: date | None = None, replacing: str | None = None
    ) -> Verdict:
        """What the rules say of a held row for a patient."""
        slot = rows.slot(row)
        facts = self._facts(record, slot.motive, without=replacing) if record else PatientFacts(born)
        request = Request(slot.motive, slot.start, row["patient_kind"], slot.practitioner, facts=facts)
        without = [row["id"], *([replacing] if replacing else [])]
        return judge(self.practice, request, self.now, self.busy(slot.start, without))

    def require_placement(self, placement: Placement, busy: Busy, *, replacing: str | None = None) -> Slot:
        """The slot of what a person asks for. Notice, horizon and daily limits bind the assistant alone.

        Raises:
            SlotTakenError, NotBookableError: nobody is free; the reason is that of the nearest practitioner.
        """
        record = self.patient(placement.patient_id)
        facts = self._facts(record, placement.motive, without=replacing)
        names = list(self.practice.practitioners) if placement.practitioner is None else [placement.practitioner]
        requests = [
            Request(
                placement.motive,
                placement.start,
                placement.kind,
                name,
                by="person",
                facts=facts,
                overbook=placement.overbooking_reason is not None,
            )
            for name in names
        ]
        best = nearest([judge(self.practice, request, self.now, busy) for request in requests])
        if best.practitioner is None or best.site is None or best.end is None:
            raise refusal(best)
        return Slot(placement.start, best.end, best.practitioner, placement.motive, best.site)

    def identify(self, claim: PatientClaim, kind: PatientKind) -> Record | None:
        """The patient whom a claim means; None for someone new.

        One declared known must match exactly one known patient. One declared new who matches one patient is that
        patient; who matches homonyms becomes a provisional patient of their own, for a person to settle.
        """
        found = self._patients.match(claim, self.now)
        if kind == "known" and len(found) != 1:
            raise NotBookableError(str(reason("identity")))
        return found[0] if len(found) == 1 else None

    def patient(self, patient_id: str) -> Record:
        """One patient. Raises AgendaError when there is none."""
        record = self._patients.get(patient_id, self.now)
        if record is None:
            raise AgendaError(NO_PATIENT)
        return record

    def _facts(self, record: Record, motive: str, *, without: str | None) -> PatientFacts:
        found = self._session.tuples(
            "select motive, wall_start, start_utc, end_utc from appointment"
            " where patient_id = ? and status in ('booked', 'done') and id is not ?",
            (record.patient.id, without),
        )
        return PatientFacts(
            birth_date=record.patient.birth_date,
            own_doctor=record.own_doctor,
            same_motive=tuple(date.fromisoformat(wall[:10]) for other, wall, _, _ in found if other == motive),
            spans=tuple((start, end) for _, _, start, end in found),
        )
