"""What can be asked of the agenda without changing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Protocol, get_args

from voicebot.agenda import rows, slots
from voicebot.agenda.admission import Admission
from voicebot.agenda.closures import closure
from voicebot.agenda.explain import Explanation, explain, explain_windows
from voicebot.agenda.guard import Guard
from voicebot.agenda.ledger import NO_APPOINTMENT
from voicebot.agenda.merging import Merging
from voicebot.agenda.offers import spread
from voicebot.agenda.outbox import Outbox
from voicebot.agenda.patients import Patients, as_patients
from voicebot.agenda.preview import Preview, Standing, preview, same_slots
from voicebot.agenda.session import Connection, Session
from voicebot.agenda.waitlist import Offer, Waitlist
from voicebot.errors import AgendaError
from voicebot.ports import Appointment, Closure, Hold, Objection, Patient, PatientClaim, Slot, SlotQuery
from voicebot.practice.localtime import at_minute, to_utc
from voicebot.practice.schema import Practice


class Clock(Protocol):
    """The practice's wall time."""

    def now(self) -> datetime:
        """Naive local time."""


class Queries:
    """The reading half of the store.

    Args:
        practice: gives the rules that hold now; asked once for each act.
        connect: opens a connection (``voicebot.database.open_database``).
        clock: the practice's wall time.
    """

    def __init__(self, practice: Callable[[], Practice], connect: Callable[[], Connection], clock: Clock) -> None:
        self._practice = practice
        self._clock = clock
        self._session = Session(connect)
        self.patients = Patients(self._session)
        self.waitlist = Waitlist(self._session)
        self._guard = Guard(self._session)
        self.outbox = Outbox(self._session)
        self.merging = Merging(self._session)

    def search(self, query: SlotQuery, *, limit: int | None = None) -> list[Slot]:
        """Bookable slots in order of start."""
        return list(islice(self._slots(query), limit))

    def offers(self, query: SlotQuery, *, limit: int = 3) -> list[Slot]:
        """Up to ``limit`` slots that differ usefully."""
        return spread(self._slots(query), limit, soonest=query.soonest)

    def explain(self, query: SlotQuery, at: datetime) -> Explanation:
        """Whether the assistant may book a time, which rule decides, and the nearest yes."""
        admission = self._admission()
        return explain(admission.practice, query, at, admission.now, admission.source)

    def explain_windows(self, query: SlotQuery) -> Explanation:
        """Whether the assistant may book in the windows of a query, and which rule decides."""
        admission = self._admission()
        return explain_windows(admission.practice, query, admission.now, admission.source)

    def preview(self, proposed: Practice) -> Preview:
        """What other rules would change of the coming weeks."""
        admission = self._admission()
        if same_slots(admission.practice, proposed):
            return preview(admission.practice, proposed, admission.now, admission.source, ())
        standing = Standing(admission.practice, proposed)
        coming = self._session.tuples(
            "select id, motive, practitioner, start_utc from appointment where status = 'booked' and start_utc >= ?",
            (to_utc(admission.now, admission.practice.zone),),
        )
        touched = [id for id, motive, who, start in coming if not standing.stands(motive, who, start)]
        booked = self._appointments("where a.id in (select value from json_each(:ids))", ids=json.dumps(touched))
        return preview(admission.practice, proposed, admission.now, admission.counted_source, booked)

    def closure(self, query: SlotQuery, day: date) -> Closure | None:
        """Why nobody receives on a day."""
        return closure(self._practice(), query, day)

    def objection(
        self, hold: Hold, claim: PatientClaim, *, patient_id: str | None = None, replacing: str | None = None
    ) -> Objection | None:
        """The rule about the patient that a hold would break at its commit."""
        admission = self._admission()
        found = self._session.rows("select * from appointment where id = :id and status = 'held'", {"id": hold.id})
        if not found:
            return None
        record = admission.patient(patient_id) if patient_id is not None else None
        verdict = admission.judge_held(found[0], record, born=claim.birth_date, replacing=replacing)
        return next((rule for rule in get_args(Objection) if rule == verdict.rule), None)

    def match(self, claim: PatientClaim) -> Sequence[Patient]:
        """Patients whose identity equals the claim."""
        return as_patients(self.patients.match(claim, self._clock.now()))

    def match_keys(self, birth_date: date, phone: str) -> Sequence[Patient]:
        """Patients of a birth date whom a number reaches."""
        return as_patients(self.patients.reached(birth_date, phone, self._clock.now()))

    def own_doctor(self, patient_id: str) -> str | None:
        """The practitioner who follows a patient."""
        return self._admission().patient(patient_id).own_doctor

    def may_identify(self, claim: PatientClaim, caller: str | None) -> bool:
        """Whether one more identity may be tried."""
        return self._guard.permits(claim, caller, self._clock.now())

    def note_failure(self, claim: PatientClaim, caller: str | None) -> None:
        """Count a failed identity."""
        self._guard.note(claim, caller, self._clock.now())

    def candidates(self, claim: PatientClaim, *, limit: int = 3) -> Sequence[Patient]:
        """Patients who may be meant when nobody matches: for a person to choose from, never for the assistant."""
        return as_patients(self.patients.candidates(claim, self._clock.now(), limit=limit))

    def patient(self, patient_id: str) -> Patient:
        """One patient."""
        return self._admission().patient(patient_id).patient

    def find_patients(self, text: str, birth_date: date | None = None) -> list[Patient]:
        """Patients by parts of their names, or birth date, for staff."""
        return as_patients(self.patients.find(text, birth_date, self._clock.now()))

    def appointment(self, appointment_id: str) -> Appointment:
        """One committed row."""
        found = self._appointments("where a.id = :id", id=appointment_id)
        if not found:
            raise AgendaError(NO_APPOINTMENT)
        return found[0]

    def appointments_of(self, patient_id: str) -> Sequence[Appointment]:
        """Booked appointments to come of one patient."""
        return self._appointments(
            "where a.patient_id = :patient and a.status = 'booked' and a.wall_start >= :now", patient=patient_id
        )

    def appointments(self, *, everything: bool = False) -> list[Appointment]:
        """Holds and bookings to come; with ``everything`` all rows but the holds that have expired."""
        if everything:
            return self._appointments("where a.hold_until is null or a.hold_until > :second")
        return self._appointments(
            "where a.wall_start >= :now and (a.status = 'booked' or (a.status = 'held' and a.hold_until > :second))"
        )

    def day(self, day: date) -> list[Appointment]:
        """What stands in the agenda on one day: holds, bookings, done and no-shows."""
        zone = self._practice().zone
        return self._appointments(
            "where a.start_utc >= :low and a.start_utc < :high and (a.status in ('booked', 'done', 'noshow')"
            " or (a.status = 'held' and a.hold_until > :second))",
            low=to_utc(at_minute(day, 0), zone),
            high=to_utc(at_minute(day, 1440), zone),
        )

    def version(self) -> int:
        """Grows with every change of the agenda by any process."""
        return int(self._session.tuples("select version from agenda_change")[0][0])

    def waitlist_offers(self) -> list[Offer]:
        """Freed slots that are still bookable, with the patients who wait for them."""
        return self.waitlist.offers(self._admission())

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _admission(self) -> Admission:
        return Admission(self._session, self.patients, self._practice(), self._clock.now())

    def _slots(self, query: SlotQuery) -> Iterator[Slot]:
        admission = self._admission()
        source = admission.source_without([query.replacing] if query.replacing else [])
        return slots.search(admission.practice, query, admission.now, source)

    def _appointments(self, where: str, **values: object) -> list[Appointment]:
        now = self._clock.now()
        found = self._session.rows(
            f"{rows.SELECT} {where} order by a.start_utc, a.practitioner, a.id",
            {
                **values,
                "today": now.date().isoformat(),
                "now": rows.minute(now),
                "second": rows.seconds(now, self._practice().zone),
            },
        )
        return [rows.appointment(row) for row in found]
