"""The agenda on SQLite: every write is one immediate transaction that checks every rule again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Literal

from voicebot.agenda import rows, slots
from voicebot.agenda.admission import Admission, Placement
from voicebot.agenda.ledger import Ledger
from voicebot.agenda.queries import Queries
from voicebot.agenda.repository import Source
from voicebot.agenda.verdict import Request
from voicebot.agenda.waitlist import Offer, Waiting
from voicebot.errors import NotBookableError
from voicebot.ports import Appointment, Hold, Patient, PatientClaim, PatientKind, Slot, SlotQuery


class Store(Queries):
    """Implements ``voicebot.ports.Agenda``, and what the desk and the terminal need besides. Threads may share it."""

    # --- the assistant's acts --------------------------------------------------------------------------------

    def hold(self, slot: Slot, *, patient: PatientKind, owner: str, replacing: str | None = None) -> Hold:
        """Keep a slot for the call ``owner``, replacing the hold that it had."""
        self._admission().refuse_taken(slot.practitioner, slot.motive, slot.start, patient, owner, replacing)
        with self._write(durable=False) as (admission, ledger):
            minutes = admission.practice.hold_minutes
            ledger.release(owner)
            busy = admission.busy(slot.start, [replacing] if replacing else [])
            admission.require(Request(slot.motive, slot.start, patient, slot.practitioner), busy, slot)
            hold_until = admission.second + minutes * 60
            id = ledger.insert(
                slot,
                patient,
                busy,
                status="held",
                source="phone",
                hold_until=hold_until,
                replacing=replacing,
                owner=owner,
            )
        return Hold(id, slot, admission.now.replace(microsecond=0) + timedelta(minutes=minutes))

    def release(self, owner: str) -> None:
        """Drop the holds of a call."""
        with self._write(durable=False) as (_, ledger):
            ledger.release(owner)

    def book(
        self, hold: Hold, claim: PatientClaim, *, source: str, idempotency_key: str, patient_id: str | None = None
    ) -> Appointment:
        """Commit a hold."""
        with self._write() as (admission, ledger):
            id = ledger.done(idempotency_key, "book")
            if id is None:
                id, row = hold.id, ledger.held(hold.id)
                if patient_id is None:
                    record = admission.identify(claim, row["patient_kind"])
                else:
                    record = admission.patient(patient_id)
                admission.require_held(row, record, born=claim.birth_date)
                patient_id = record.patient.id if record else self.patients.add(claim, admission.now, source=source)
                ledger.commit_hold(id, patient_id, (claim.contact_phone or claim.phone, claim.contact_name), source)
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
                ledger.occupy_anew(id, admission.busy(hold.slot.start, [id]))
                contact = (old["contact_phone"], old["contact_name"])
                ledger.commit_hold(id, old["patient_id"], contact, source, moved_from=appointment_id)
                ledger.note(idempotency_key, "move", id, source)
                self.waitlist.freed(admission, old)
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
                self.waitlist.freed(admission, row)
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
                    self.waitlist.freed(admission, old)
        return self.appointment(id)

    def mark(
        self,
        appointment_id: str,
        status: Literal["done", "noshow", "booked"],
        *,
        source: Source,
        idempotency_key: str,
        version: int | None = None,
    ) -> Appointment:
        """Note that a patient came, or did not; ``booked`` takes either back."""
        with self._write() as (admission, ledger):
            if ledger.done(idempotency_key, status) is None:
                row = ledger.row(appointment_id, version)
                if row["status"] not in ("booked", "done", "noshow") or row["wall_start"] > rows.minute(admission.now):
                    raise NotBookableError("only an appointment that has begun can be marked as done or missed")
                ledger.mark(appointment_id, status)
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

    def wait_for(self, claim: PatientClaim, query: SlotQuery, *, source: str, patient_id: str | None = None) -> str:
        """Put a patient on the waiting list, a new one as provisional."""
        slots.permitted_motive(self._practice(), query)
        if patient_id is None:
            with self._write() as (admission, _):
                record = admission.identify(claim, "new")
                patient_id = record.patient.id if record else self.patients.add(claim, admission.now, source=source)
        return self.wait(patient_id, query)

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

    @contextmanager
    def _write(self, *, durable: bool = True) -> Iterator[tuple[Admission, Ledger]]:
        with self._session.write(durable=durable) as database:
            admission = self._admission()
            yield admission, Ledger(database, admission)

    def _seeded(self) -> bool:
        return bool(self._session.tuples("select seeded from agenda_change")[0][0])

    def _acted(self, idempotency_key: str) -> bool:
        return bool(self._session.tuples("select 1 from act where idempotency_key = ?", (idempotency_key,)))
