"""The agenda on SQLite: every write is one immediate transaction that checks every rule again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Literal, Protocol

from voicebot.agenda import rows, slots
from voicebot.agenda.admission import Admission, Placement
from voicebot.agenda.explain import Explanation, explain
from voicebot.agenda.ledger import NO_APPOINTMENT, Ledger
from voicebot.agenda.offers import spread
from voicebot.agenda.outbox import Outbox
from voicebot.agenda.patients import Patients, as_patients
from voicebot.agenda.repository import Source
from voicebot.agenda.session import Connection, Session
from voicebot.agenda.verdict import Request
from voicebot.agenda.waitlist import Offer, Waiting, Waitlist
from voicebot.errors import AgendaError, NotBookableError
from voicebot.ports import Appointment, Hold, Patient, PatientClaim, PatientKind, Slot, SlotQuery
from voicebot.practice.localtime import at_minute, to_utc
from voicebot.practice.schema import Practice


class Clock(Protocol):
    """The practice's wall time."""

    def now(self) -> datetime:
        """Naive local time."""


class Store:
    """Implements ``voicebot.ports.Agenda``, and what the desk and the terminal need besides. Threads may share it.

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
        self.outbox = Outbox(self._session)

    # --- reading ---------------------------------------------------------------------------------------------

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

    def match(self, claim: PatientClaim) -> Sequence[Patient]:
        """Patients whose identity equals the claim."""
        return as_patients(self.patients.match(claim, self._clock.now()))

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

    # --- the assistant's acts --------------------------------------------------------------------------------

    def hold(self, slot: Slot, *, patient: PatientKind, owner: str) -> Hold:
        """Keep a slot for the call ``owner``, replacing the hold that it had."""
        self._admission().refuse_taken(slot.practitioner, slot.motive, slot.start, patient, owner)
        with self._write(durable=False) as (admission, ledger):
            minutes = admission.practice.hold_minutes
            ledger.release(owner)
            busy = admission.busy(slot.start)
            admission.require(Request(slot.motive, slot.start, patient, slot.practitioner), busy, slot)
            hold_until = admission.second + minutes * 60
            id = ledger.insert(slot, patient, busy, status="held", source="phone", hold_until=hold_until, owner=owner)
        return Hold(id, slot, admission.now.replace(microsecond=0) + timedelta(minutes=minutes))

    def release(self, owner: str) -> None:
        """Drop the holds of a call."""
        with self._write(durable=False) as (_, ledger):
            ledger.release(owner)

    def book(self, hold: Hold, claim: PatientClaim, *, source: str, idempotency_key: str) -> Appointment:
        """Commit a hold."""
        with self._write() as (admission, ledger):
            id = ledger.done(idempotency_key, "book")
            if id is None:
                id, row = hold.id, ledger.held(hold.id)
                record = admission.identify(claim, row["patient_kind"])
                admission.require_held(row, record)
                patient_id = record.patient.id if record else self.patients.add(claim, admission.now, source=source)
                ledger.commit_hold(id, patient_id, claim.phone, source)
                ledger.note(idempotency_key, "book", id, source)
        return self.appointment(id)

    def move(
        self, appointment_id: str, hold: Hold, *, source: str, idempotency_key: str, version: int | None = None
    ) -> Appointment:
        """Insert the new and give back the old in one transaction."""
        with self._write() as (admission, ledger):
            id = ledger.done(idempotency_key, "move")
            if id is None:
                id, old = hold.id, ledger.open(appointment_id, source, version)
                row = ledger.held(hold.id)
                admission.require_held(row, admission.patient(old["patient_id"]), replacing=appointment_id)
                ledger.close(appointment_id, "moved")
                ledger.commit_hold(id, old["patient_id"], old["contact_phone"], source, moved_from=appointment_id)
                ledger.note(idempotency_key, "move", id, source)
                self.waitlist.freed(admission, old["practitioner"], old["start_utc"], old["end_utc"])
        return self.appointment(id)

    def cancel(
        self, appointment_id: str, *, source: str, idempotency_key: str, version: int | None = None
    ) -> Appointment:
        """Cancel a booked appointment."""
        with self._write() as (admission, ledger):
            if ledger.done(idempotency_key, "cancel") is None:
                row = ledger.open(appointment_id, source, version)
                ledger.close(appointment_id, "cancelled")
                ledger.note(idempotency_key, "cancel", appointment_id, source)
                self.waitlist.freed(admission, row["practitioner"], row["start_utc"], row["end_utc"])
        return self.appointment(appointment_id)

    # --- a person's acts -------------------------------------------------------------------------------------

    def place(
        self,
        placement: Placement,
        *,
        source: Source,
        idempotency_key: str,
        replacing: str | None = None,
        version: int | None = None,
        waiting: Waiting | None = None,
    ) -> Appointment:
        """Book, or move ``replacing``, for a person at the desk or a terminal, in one transaction.

        ``waiting`` is the entry of the waiting list that this settles.

        Raises:
            SlotTakenError, NotBookableError, StaleVersionError.
        """
        kind = "move" if replacing else "book"
        if replacing is None and placement.overbooking_reason is None and not self._acted(idempotency_key):
            self._admission().refuse_taken(placement.practitioner, placement.motive, placement.start, placement.kind)
        with self._write() as (admission, ledger):
            id = ledger.done(idempotency_key, kind)
            if id is None:
                old = ledger.open(replacing, source, version) if replacing else None
                busy = admission.busy(placement.start, [replacing] if replacing else [])
                slot = admission.require_placement(placement, busy, replacing=replacing)
                if replacing:
                    ledger.close(replacing, "moved")
                id = ledger.insert(
                    slot,
                    placement.kind,
                    busy,
                    status="booked",
                    source=source,
                    lane=ledger.free_lane(slot) if placement.overbooking_reason is not None else 0,
                    patient_id=placement.patient_id,
                    contact_phone=old["contact_phone"] if old else None,
                    moved_from=replacing,
                    overbooking_reason=placement.overbooking_reason,
                )
                ledger.occupy_patient(id)
                ledger.note(idempotency_key, kind, id, source)
                if waiting:
                    self.waitlist.settle(waiting.id, "booked", waiting.version)
                if old:
                    self.waitlist.freed(admission, old["practitioner"], old["start_utc"], old["end_utc"])
        return self.appointment(id)

    def mark(
        self,
        appointment_id: str,
        status: Literal["done", "noshow"],
        *,
        source: Source,
        idempotency_key: str,
        version: int | None = None,
    ) -> Appointment:
        """Note that a patient came, or did not."""
        with self._write() as (admission, ledger):
            if ledger.done(idempotency_key, status) is None:
                row = ledger.row(appointment_id, version)
                if row["status"] not in ("booked", "done", "noshow") or row["wall_start"] > rows.minute(admission.now):
                    raise NotBookableError("only an appointment that has begun can be marked as done or missed")
                ledger.mark(appointment_id, status)
                if status == "done":
                    ledger.visited(row["patient_id"], row["wall_start"][:10])
                ledger.note(idempotency_key, status, appointment_id, source)
        return self.appointment(appointment_id)

    def add_patient(self, claim: PatientClaim, *, source: Source, **more: object) -> Patient:
        """Insert a patient; ``more`` are columns of the patient table."""
        with self._write() as (admission, _):
            id = self.patients.add(claim, admission.now, source=source, **more)
        return self.patient(id)

    def wait(self, patient_id: str, query: SlotQuery) -> str:
        """Put a patient on the waiting list for what ``query`` seeks; returns the entry's id."""
        slots.permitted_motive(self._practice(), query)
        self.patient(patient_id)
        return self.waitlist.add(patient_id, query, self._clock.now())

    def waitlist_offers(self) -> list[Offer]:
        """Freed slots that are still bookable, with the patients who wait for them."""
        return self.waitlist.offers(self._admission())

    def accept_offer(self, offer: Offer, *, source: Source, idempotency_key: str) -> Appointment:
        """Book an offered slot for the patient who waited for it, and take the patient off the list."""
        slot, waiting = offer.slot, offer.waiting
        placement = Placement(slot.motive, slot.start, slot.practitioner, waiting.patient_id, waiting.query.patient)
        return self.place(placement, source=source, idempotency_key=idempotency_key, waiting=waiting)

    def update_patient(
        self, patient_id: str, changes: Mapping[str, object], *, version: int, source: Source
    ) -> Patient:
        """Change columns (``voicebot.agenda.patients.EDITABLE``) of a patient who has not changed since ``version``."""
        with self._write():
            self.patients.update(patient_id, changes, version=version, source=source)
        return self.patient(patient_id)

    def seed(self, patients: Sequence[tuple[PatientClaim, Mapping[str, object]]]) -> int:
        """Insert patients once: only while the agenda has never been seeded. Returns how many were inserted."""
        if self._seeded():
            return 0
        with self._write() as (admission, _):
            if self._seeded():
                return 0
            self._session.execute("update agenda_change set seeded = 1")
            for claim, more in patients:
                self.patients.add(claim, admission.now, source="terminal", **more)
        return len(patients)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _admission(self) -> Admission:
        return Admission(self._session, self.patients, self._practice(), self._clock.now())

    @contextmanager
    def _write(self, *, durable: bool = True) -> Iterator[tuple[Admission, Ledger]]:
        with self._session.write(durable=durable) as database:
            admission = self._admission()
            yield admission, Ledger(database, admission)

    def _seeded(self) -> bool:
        return bool(self._session.tuples("select seeded from agenda_change")[0][0])

    def _acted(self, idempotency_key: str) -> bool:
        return bool(self._session.tuples("select 1 from act where idempotency_key = ?", (idempotency_key,)))

    def _slots(self, query: SlotQuery) -> Iterator[Slot]:
        admission = self._admission()
        return slots.search(admission.practice, query, admission.now, admission.source)

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
