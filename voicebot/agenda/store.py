"""The agenda on SQLite: every write is one immediate transaction that checks every rule again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Literal, Protocol

from voicebot.agenda import rows, slots
from voicebot.agenda.explain import (
    Explanation,
    PatientFacts,
    Request,
    Verdict,
    explain,
    free_resources,
    judge,
    nearest,
    reason,
)
from voicebot.agenda.offers import spread
from voicebot.agenda.patients import Patients, Record, as_patients
from voicebot.agenda.session import Connection, Session
from voicebot.errors import AgendaError, HoldExpiredError, NotBookableError, SlotTakenError, StaleVersionError
from voicebot.ports import Appointment, AppointmentStatus, Hold, Patient, PatientClaim, PatientKind, Slot, SlotQuery
from voicebot.practice.localtime import at_minute, to_utc
from voicebot.practice.schema import Motive, Practice

NO_PATIENT = "there is no such patient; find one with: voicebot patient find"
TAKEN = ("taken", "resource_taken")
"""Verdicts that time and other people decide, not the practice."""

Source = Literal["phone", "desk", "terminal"]


class Clock(Protocol):
    """The practice's wall time."""

    def now(self) -> datetime:
        """Naive local time."""


@dataclass(frozen=True)
class Placement:
    """An appointment that a person asks for, without a hold."""

    motive: str
    start: datetime
    practitioner: str
    patient_id: str
    kind: PatientKind
    overbooking_reason: str | None = None
    """Given: the appointment lies beside others, in a lane of its own."""


class Store:
    """Implements ``voicebot.ports.Agenda``, and what the desk and the terminal need besides. Threads may share it."""

    def __init__(self, practice: Callable[[], Practice], connect: Callable[[], Connection], clock: Clock) -> None:
        self._practice = practice
        self._clock = clock
        self._session = Session(connect)
        self.patients = Patients(self._session)

    # --- reading ---------------------------------------------------------------------------------------------

    def search(self, query: SlotQuery, *, limit: int | None = None) -> list[Slot]:
        """Bookable slots in order of start."""
        now = self._clock.now()
        return list(islice(slots.search(self._practice(), query, now, self._source(now)), limit))

    def offers(self, query: SlotQuery, *, limit: int = 3) -> list[Slot]:
        """Up to ``limit`` slots that differ usefully."""
        now = self._clock.now()
        found = slots.search(self._practice(), query, now, self._source(now))
        return spread(found, limit, soonest=query.soonest)

    def explain(self, query: SlotQuery, at: datetime) -> Explanation:
        """Whether the assistant may book a time, which rule decides, and the nearest yes."""
        now = self._clock.now()
        return explain(self._practice(), query, at, now, self._source(now))

    def match(self, claim: PatientClaim) -> Sequence[Patient]:
        """Patients whose identity equals the claim."""
        return as_patients(self.patients.match(claim, self._clock.now()))

    def appointment(self, appointment_id: str) -> Appointment:
        """One committed row."""
        found = self._appointments("where a.id = :id", id=appointment_id)
        if not found:
            raise AgendaError("there is no such appointment; list them with: voicebot appointments --all")
        return found[0]

    def appointments_of(self, patient_id: str) -> Sequence[Appointment]:
        """Booked appointments to come of one patient."""
        return self._appointments(
            "where a.patient_id = :patient and a.status = 'booked' and a.wall_start >= :now", patient=patient_id
        )

    def appointments(self, *, everything: bool = False) -> list[Appointment]:
        """Holds and bookings to come; with ``everything`` all rows that were ever committed."""
        if everything:
            return self._appointments("where a.hold_until is null or a.hold_until > :seconds")
        return self._appointments(
            "where a.wall_start >= :now and (a.status = 'booked' or (a.status = 'held' and a.hold_until > :seconds))"
        )

    def day(self, day: date) -> list[Appointment]:
        """What stands in the agenda on one day: holds, bookings, done and no-shows."""
        zone = self._practice().zone
        return self._appointments(
            "where a.start_utc >= :low and a.start_utc < :high and (a.status in ('booked', 'done', 'noshow')"
            " or (a.status = 'held' and a.hold_until > :seconds))",
            low=to_utc(at_minute(day, 0), zone),
            high=to_utc(at_minute(day, 1440), zone),
        )

    def version(self) -> int:
        """Grows with every change of the agenda by any process."""
        return int(self._session.tuples("select version from agenda_change")[0][0])

    def patient(self, patient_id: str) -> Patient:
        """One patient."""
        record = self.patients.get(patient_id, self._clock.now())
        if record is None:
            raise AgendaError(NO_PATIENT)
        return record.patient

    def find_patients(self, text: str, birth_date: date | None = None) -> list[Patient]:
        """Patients by parts of their names, or birth date, for staff."""
        return as_patients(self.patients.find(text, birth_date, self._clock.now()))

    def choose_practitioner(
        self, motive: str, start: datetime, kind: PatientKind, patient_id: str, *, without: str | None = None
    ) -> str:
        """The first practitioner who is free at a time, for a person at a terminal.

        Raises:
            NotBookableError, SlotTakenError: nobody is; the reason is that of the nearest.
        """
        practice, now = self._practice(), self._clock.now()
        record = self.patients.get(patient_id, now)
        facts = self._facts(record, motive, without=without) if record else None
        busy = self._busy(start, now, [without] if without else [])
        verdicts = [
            judge(practice, Request(motive, start, kind, name, by="person", facts=facts), now, busy)
            for name in practice.practitioners
        ]
        best = nearest(verdicts)
        if best.practitioner is None:
            raise (SlotTakenError if best.rule in TAKEN else NotBookableError)(str(best))
        return best.practitioner

    # --- the assistant's acts --------------------------------------------------------------------------------

    def hold(self, slot: Slot, *, patient: PatientKind, owner: str) -> Hold:
        """Keep a slot for the call ``owner``, replacing the hold that it had."""
        practice, now = self._practice(), self._clock.now()
        until = now.replace(microsecond=0) + timedelta(minutes=practice.hold_minutes)
        with self._session.write() as database:
            self._drop_expired(database, now)
            database.conn.execute("delete from appointment where status = 'held' and owner = ?", (owner,))
            request = Request(slot.motive, slot.start, patient, slot.practitioner)
            busy = self._busy(slot.start, now)
            self._require(practice, request, now, busy, slot)
            id = secrets.token_hex(8)
            hold_until = rows.seconds(now, practice.zone) + practice.hold_minutes * 60
            self._insert(database, id, slot, patient, now, hold_until=hold_until, owner=owner, source="phone")
            self._occupy(database, id, slot, patient, busy, hold_until=hold_until)
        return Hold(id, slot, until)

    def release(self, owner: str) -> None:
        """Drop the holds of a call."""
        with self._session.write() as database:
            database.conn.execute("delete from appointment where status = 'held' and owner = ?", (owner,))

    def book(self, hold: Hold, claim: PatientClaim, *, source: str, idempotency_key: str) -> Appointment:
        """Commit a hold."""
        now = self._clock.now()
        with self._session.write() as database:
            if (done := self._done(idempotency_key, "book")) is None:
                row = self._held(database, hold, now)
                record = self._identify(claim, row["patient_kind"], now)
                self._check_held(row, record, now)
                if record is None:
                    patient_id = self.patients.add(database, claim, now, source=source)
                else:
                    patient_id = record.patient.id
                self._commit_hold(database, row, patient_id, claim.phone, source)
                self._note(database, idempotency_key, "book", hold.id, source, now)
        return self.appointment(done or hold.id)

    def move(
        self, appointment_id: str, hold: Hold, *, source: str, idempotency_key: str, version: int | None = None
    ) -> Appointment:
        """Insert the new and give back the old in one transaction."""
        now = self._clock.now()
        with self._session.write() as database:
            if (done := self._done(idempotency_key, "move")) is None:
                old = self._booked(appointment_id, source, now, version)
                row = self._held(database, hold, now)
                record = self.patients.get(old["patient_id"], now)
                self._check_held(row, record, now, replacing=appointment_id)
                self._close(database, appointment_id, "moved")
                self._commit_hold(database, row, old["patient_id"], old["contact_phone"], source, moved_from=old["id"])
                self._note(database, idempotency_key, "move", hold.id, source, now)
        return self.appointment(done or hold.id)

    def cancel(
        self, appointment_id: str, *, source: str, idempotency_key: str, version: int | None = None
    ) -> Appointment:
        """Cancel a booked appointment."""
        now = self._clock.now()
        with self._session.write() as database:
            if (done := self._done(idempotency_key, "cancel")) is None:
                self._booked(appointment_id, source, now, version)
                self._close(database, appointment_id, "cancelled")
                self._note(database, idempotency_key, "cancel", appointment_id, source, now)
        return self.appointment(done or appointment_id)

    # --- a person's acts -------------------------------------------------------------------------------------

    def place(
        self,
        placement: Placement,
        *,
        source: Source,
        idempotency_key: str,
        replacing: str | None = None,
        version: int | None = None,
    ) -> Appointment:
        """Book, or move ``replacing``, for a person at the desk or a terminal, in one transaction.

        Raises:
            SlotTakenError, NotBookableError, StaleVersionError.
        """
        practice, now = self._practice(), self._clock.now()
        id, kind = secrets.token_hex(8), "move" if replacing else "book"
        with self._session.write() as database:
            if (done := self._done(idempotency_key, kind)) is None:
                self._drop_expired(database, now)
                old = self._booked(replacing, source, now, version) if replacing else None
                record = self.patients.get(placement.patient_id, now)
                if record is None:
                    raise AgendaError(NO_PATIENT)
                overbook = placement.overbooking_reason is not None
                request = Request(
                    placement.motive,
                    placement.start,
                    placement.kind,
                    placement.practitioner,
                    by="person",
                    facts=self._facts(record, placement.motive, without=replacing),
                    overbook=overbook,
                )
                busy = self._busy(placement.start, now, without=[replacing] if replacing else [])
                verdict = self._require(practice, request, now, busy)
                slot = Slot(
                    placement.start,
                    verdict.end or placement.start,
                    placement.practitioner,
                    placement.motive,
                    verdict.site or "",
                )
                if replacing:
                    self._close(database, replacing, "moved")
                lane = self._free_lane(slot) if overbook else 0
                self._insert(
                    database,
                    id,
                    slot,
                    placement.kind,
                    now,
                    status="booked",
                    source=source,
                    patient_id=placement.patient_id,
                    contact_phone=old["contact_phone"] if old else None,
                    moved_from=replacing,
                    lane=lane,
                    overbooking_reason=placement.overbooking_reason,
                )
                self._occupy(database, id, slot, placement.kind, busy, lane=lane)
                self._occupy_patient(database, id, placement.patient_id)
                self._note(database, idempotency_key, kind, id, source, now)
        return self.appointment(done or id)

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
        now = self._clock.now()
        with self._session.write() as database:
            if (done := self._done(idempotency_key, status)) is None:
                row = self._row(appointment_id, version)
                if row["status"] not in ("booked", "done", "noshow") or row["wall_start"] > rows.minute(now):
                    raise NotBookableError("only an appointment that has begun can be marked as done or missed")
                database.conn.execute(
                    "update appointment set status = ?, version = version + 1 where id = ?", (status, appointment_id)
                )
                if status == "done":
                    database.conn.execute(
                        "update patient set last_visit = max(coalesce(last_visit, ''), ?) where id = ?",
                        (row["wall_start"][:10], row["patient_id"]),
                    )
                self._note(database, idempotency_key, status, appointment_id, source, now)
        return self.appointment(done or appointment_id)

    def add_patient(self, claim: PatientClaim, *, source: Source, **more: object) -> Patient:
        """Insert a patient; ``more`` are columns of the patient table."""
        now = self._clock.now()
        with self._session.write() as database:
            id = self.patients.add(database, claim, now, source=source, **more)
        record = self.patients.get(id, now)
        if record is None:
            raise AgendaError("the patient was not kept; try again")
        return record.patient

    def seed(self, patients: Sequence[tuple[PatientClaim, Mapping[str, object]]]) -> int:
        """Insert patients once: only while the agenda has never had any. Returns how many were inserted."""
        now = self._clock.now()
        with self._session.write() as database:
            if self._session.tuples("select seeded from agenda_change")[0][0]:
                return 0
            database.conn.execute("update agenda_change set seeded = 1")
            for claim, more in patients:
                self.patients.add(database, claim, now, source="terminal", **more)
        return len(patients)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    # --- inside a write transaction --------------------------------------------------------------------------

    def _source(self, now: datetime) -> slots.BusySource:
        practice = self._practice()
        second, limits = rows.seconds(now, practice.zone), _limited(practice)
        return lambda low, high: rows.read_busy(self._session, low, high, second, limits=limits)

    def _busy(self, start: datetime, now: datetime, without: Sequence[str] = ()) -> slots.Busy:
        practice = self._practice()
        low = to_utc(start, practice.zone) - 2 * 1440
        second, limits = rows.seconds(now, practice.zone), _limited(practice)
        return rows.read_busy(self._session, low, low + 5 * 1440, second, without=without, limits=limits)

    def _require(
        self,
        practice: Practice,
        request: Request,
        now: datetime,
        busy: slots.Busy,
        slot: Slot | None = None,
    ) -> Verdict:
        verdict = judge(practice, request, now, busy)
        if verdict.rule in TAKEN:
            raise SlotTakenError(str(verdict))
        if not verdict.bookable:
            raise NotBookableError(str(verdict))
        if slot is not None and (verdict.end, verdict.site) != (slot.end, slot.site):
            raise NotBookableError(str(reason("slot_changed", practice.motives[slot.motive].where)))
        return verdict

    def _held(self, database: Connection, hold: Hold, now: datetime) -> dict[str, Any]:
        self._drop_expired(database, now)
        found = self._session.rows("select * from appointment where id = :id and status = 'held'", {"id": hold.id})
        if not found:
            raise HoldExpiredError("the slot was kept for too short a time; search again")
        return found[0]

    def _check_held(
        self, row: dict[str, Any], record: Record | None, now: datetime, *, replacing: str | None = None
    ) -> None:
        """Check every rule again, with the patient who is known by now."""
        practice, slot = self._practice(), rows.slot(row)
        request = Request(
            slot.motive,
            slot.start,
            row["patient_kind"],
            slot.practitioner,
            facts=self._facts(record, slot.motive, without=replacing) if record else None,
        )
        without = [row["id"], *([replacing] if replacing else [])]
        self._require(practice, request, now, self._busy(slot.start, now, without), slot)

    def _identify(self, claim: PatientClaim, kind: PatientKind, now: datetime) -> Record | None:
        """The patient whom a claim means; None for someone new.

        One declared known must match exactly one known patient. One declared new who matches one patient is that
        patient; who matches homonyms becomes a provisional patient of their own, for a person to settle.
        """
        found = self.patients.match(claim, now)
        if kind == "known" and (len(found) != 1 or not found[0].patient.known):
            raise NotBookableError(str(reason("identity")))
        return found[0] if len(found) == 1 else None

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

    def _booked(self, id: str, source: str, now: datetime, version: int | None) -> dict[str, Any]:
        """A booked row that may still be cancelled or moved."""
        practice, row = self._practice(), self._row(id, version)
        if row["status"] != "booked":
            raise NotBookableError(str(reason("not_booked")))
        motive = practice.motives.get(row["motive"])
        if source == "phone":
            cutoff = motive.cancel_cutoff if motive else 0
            if row["start_utc"] < to_utc(now, practice.zone) + cutoff:
                raise NotBookableError(str(reason("cutoff", motive.where if motive else None, minutes=cutoff)))
        return row

    def _row(self, id: str, version: int | None) -> dict[str, Any]:
        found = self._session.rows("select * from appointment where id = :id", {"id": id})
        if not found:
            raise AgendaError("there is no such appointment; list them with: voicebot appointments --all")
        if version is not None and found[0]["version"] != version:
            raise StaleVersionError("someone else changed this appointment meanwhile; read it again")
        return found[0]

    def _insert(
        self,
        database: Connection,
        id: str,
        slot: Slot,
        kind: PatientKind,
        now: datetime,
        *,
        status: AppointmentStatus = "held",
        **more: object,
    ) -> None:
        practice = self._practice()
        start = to_utc(slot.start, practice.zone)
        database["appointment"].insert(
            {
                "id": id,
                "status": status,
                "motive": slot.motive,
                "practitioner": slot.practitioner,
                "site": slot.site,
                "patient_kind": kind,
                "start_utc": start,
                "end_utc": start + practice.motives[slot.motive].minutes(kind),
                "wall_start": rows.minute(slot.start),
                "wall_end": rows.minute(slot.end),
                "created_at": now.isoformat(timespec="seconds"),
                **more,
            }
        )

    def _occupy(
        self,
        database: Connection,
        id: str,
        slot: Slot,
        kind: PatientKind,
        busy: slots.Busy,
        *,
        lane: int = 0,
        hold_until: int | None = None,
    ) -> None:
        practice = self._practice()
        motive, start = practice.motives[slot.motive], to_utc(slot.start, practice.zone)
        span = (start - motive.buffer_before, start + motive.minutes(kind) + motive.buffer_after)
        resources = free_resources(practice, motive, *span, busy.spans) if lane == 0 else []
        if resources is None:
            raise SlotTakenError("a room or device was taken meanwhile; search again")
        rows.occupy(database, id, [slot.practitioner, *resources], span, lane=lane, hold_until=hold_until)

    def _occupy_patient(self, database: Connection, id: str, patient_id: str) -> None:
        """A patient is a resource too, without buffers and never in another lane: nobody overlaps himself."""
        [(start, end)] = self._session.tuples("select start_utc, end_utc from appointment where id = ?", (id,))
        rows.occupy(database, id, [f"patient:{patient_id}"], (start, end))

    def _commit_hold(
        self,
        database: Connection,
        row: dict[str, Any],
        patient_id: str,
        phone: str | None,
        source: str,
        moved_from: str | None = None,
    ) -> None:
        database.conn.execute(
            "update appointment set status = 'booked', hold_until = null, owner = null, patient_id = ?,"
            " contact_phone = ?, source = ?, moved_from = ? where id = ?",
            (patient_id, phone, source, moved_from, row["id"]),
        )
        database.conn.execute("update occupancy set hold_until = null where appointment_id = ?", (row["id"],))
        self._occupy_patient(database, row["id"], patient_id)

    def _close(self, database: Connection, id: str, status: Literal["moved", "cancelled"]) -> None:
        rows.vacate(database, id)
        database.conn.execute("update appointment set status = ?, version = version + 1 where id = ?", (status, id))

    def _free_lane(self, slot: Slot) -> int:
        start = to_utc(slot.start, self._practice().zone)
        found = self._session.tuples(
            "select max(lane) from occupancy where resource = ? and start_utc > ? and start_utc < ?",
            (slot.practitioner, start - rows.LONGEST, start + rows.LONGEST),
        )
        return int(found[0][0] or 0) + 1

    def _drop_expired(self, database: Connection, now: datetime) -> None:
        second = rows.seconds(now, self._practice().zone)
        database.conn.execute("delete from appointment where status = 'held' and hold_until <= ?", (second,))

    def _done(self, idempotency_key: str, kind: str) -> str | None:
        """The appointment of an act that was already done with this key."""
        found = self._session.tuples(
            "select kind, appointment_id from act where idempotency_key = ?", (idempotency_key,)
        )
        if found and found[0][0] != kind:
            raise AgendaError(f"this idempotency key already stands for another act ({found[0][0]}); use a fresh one")
        return str(found[0][1]) if found else None

    def _note(self, database: Connection, key: str, kind: str, id: str, source: str, now: datetime) -> None:
        at = now.isoformat(timespec="seconds")
        database.conn.execute("insert into act values(?, ?, ?, ?, ?)", (key, kind, id, source, at))
        database.conn.execute(
            "insert into outbox(kind, appointment_id, version, at)"
            " select ?, id, version, ? from appointment where id = ?",
            (kind, at, id),
        )

    def _appointments(self, where: str, **values: object) -> list[Appointment]:
        now = self._clock.now()
        found = self._session.rows(
            f"{rows.SELECT} {where} order by a.start_utc, a.practitioner, a.id",
            {
                **values,
                "today": now.date().isoformat(),
                "now": rows.minute(now),
                "seconds": rows.seconds(now, self._practice().zone),
            },
        )
        return [rows.appointment(row) for row in found]


def _limited(practice: Practice) -> bool:
    limits: list[Motive | Any] = [*practice.motives.values(), *practice.practitioners.values()]
    return any(rule.assistant_per_day is not None for rule in limits)
