"""The steps of a write transaction on appointments: what is inserted, occupied, given back and noted."""

from __future__ import annotations

import secrets
from typing import Any, Literal

from voicebot.agenda import rows
from voicebot.agenda.admission import Admission
from voicebot.agenda.judge import free_resources
from voicebot.agenda.session import Connection
from voicebot.agenda.slots import Busy
from voicebot.agenda.verdict import reason
from voicebot.errors import AgendaError, HoldExpiredError, NotBookableError, SlotTakenError, StaleVersionError
from voicebot.ports import AppointmentStatus, PatientKind, Slot
from voicebot.practice.localtime import to_utc

NO_APPOINTMENT = "there is no such appointment; list them with: voicebot appointments --all"


class Ledger:
    """One write transaction."""

    def __init__(self, database: Connection, admission: Admission) -> None:
        self._connection = database.conn
        self._database = database
        self._admission = admission
        self._practice = admission.practice
        self._at = admission.now.isoformat(timespec="seconds")
        # A hold gives its granules back in the transaction that may take them.
        self._connection.execute(
            "delete from appointment where status = 'held' and hold_until <= ?", (admission.second,)
        )

    # --- reading rows that are about to change ---------------------------------------------------------------

    def done(self, idempotency_key: str, kind: str) -> str | None:
        """The appointment of an act that was already done with this key."""
        found = self._one("select kind, appointment_id from act where idempotency_key = ?", idempotency_key)
        if found is None:
            return None
        if found["kind"] != kind:
            raise AgendaError(f"this idempotency key already stands for another act ({found['kind']}); use a fresh one")
        return str(found["appointment_id"])

    def held(self, hold_id: str) -> dict[str, Any]:
        """The row of a hold that still stands."""
        row = self._one("select * from appointment where id = ? and status = 'held'", hold_id)
        if row is None:
            raise HoldExpiredError("the slot was kept for too short a time; search again")
        return row

    def row(self, id: str, version: int | None) -> dict[str, Any]:
        """The row of an appointment, in the version that the caller has seen."""
        row = self._one("select * from appointment where id = ?", id)
        if row is None:
            raise AgendaError(NO_APPOINTMENT)
        if version is not None and row["version"] != version:
            raise StaleVersionError("someone else changed this appointment meanwhile; read it again")
        return row

    def open(self, id: str, source: str, version: int | None) -> dict[str, Any]:
        """A booked row that may still be cancelled or moved."""
        row = self.row(id, version)
        if row["status"] != "booked":
            raise NotBookableError(str(reason("not_booked")))
        if source == "phone":
            motive = self._practice.motives.get(row["motive"])
            cutoff = motive.cancel_cutoff if motive else 0
            if row["start_utc"] < to_utc(self._admission.now, self._practice.zone) + cutoff:
                where = motive.where if motive else None
                raise NotBookableError(str(reason("cutoff", where, minutes=cutoff)))
        return row

    # --- changing --------------------------------------------------------------------------------------------

    def insert(
        self,
        slot: Slot,
        kind: PatientKind,
        busy: Busy,
        *,
        status: AppointmentStatus,
        source: str,
        hold_until: int | None = None,
        lane: int = 0,
        replacing: str | None = None,
        **more: object,
    ) -> str:
        """Insert an appointment and what it occupies, and return its id.

        What ``replacing`` occupies is left to it until it is closed: :meth:`occupy_anew` takes it then.
        """
        motive = self._practice.motives[slot.motive]
        start = to_utc(slot.start, self._practice.zone)
        end = start + motive.minutes(kind)
        id = secrets.token_hex(8)
        row: dict[str, object] = {
            "id": id,
            "status": status,
            "motive": slot.motive,
            "practitioner": slot.practitioner,
            "site": slot.site,
            "patient_kind": kind,
            "start_utc": start,
            "end_utc": end,
            "wall_start": rows.minute(slot.start),
            "wall_end": rows.minute(slot.end),
            "hold_until": hold_until,
            "lane": lane,
            "source": source,
            "created_at": self._at,
            **more,
        }
        self._connection.execute(
            f"insert into appointment({', '.join(row)}) values({', '.join('?' * len(row))})",
            tuple(row.values()),
        )
        self._occupy(id, slot, (start, end), busy, lane=lane, hold_until=hold_until, replacing=replacing)
        return id

    def occupy_anew(self, id: str, busy: Busy) -> None:
        """Occupy all that a held row needs, once the appointment that it overlapped is closed."""
        row = self.row(id, None)
        rows.vacate(self._database, id)
        self._occupy(id, rows.slot(row), (row["start_utc"], row["end_utc"]), busy, hold_until=row["hold_until"])

    def _occupy(
        self,
        id: str,
        slot: Slot,
        times: tuple[int, int],
        busy: Busy,
        *,
        lane: int = 0,
        hold_until: int | None = None,
        replacing: str | None = None,
    ) -> None:
        """Occupy the practitioner, rooms and devices of an appointment, buffers included; ``times`` in UTC minutes."""
        motive = self._practice.motives[slot.motive]
        span = (times[0] - motive.buffer_before, times[1] + motive.buffer_after)
        resources = free_resources(self._practice, motive, *span, busy.spans) if lane == 0 else []
        if resources is None:
            raise SlotTakenError("a room or device was taken meanwhile; search again")
        theirs = rows.occupied(self._database, replacing) if replacing else {}
        for resource in (slot.practitioner, *resources):
            for part in rows.less(span, theirs.get(resource, ())):
                rows.occupy(self._database, id, [resource], part, lane=lane, hold_until=hold_until)

    def commit_hold(
        self,
        id: str,
        patient_id: str,
        contact: tuple[str | None, str | None],
        source: str,
        moved_from: str | None = None,
    ) -> None:
        """Turn a held row into a booked one; it keeps what it occupies. ``contact`` is a number and a name."""
        self._connection.execute(
            "update appointment set status = 'booked', hold_until = null, owner = null, patient_id = ?,"
            " contact_phone = ?, contact_name = ?, source = ?, moved_from = ? where id = ?",
            (patient_id, *contact, source, moved_from, id),
        )
        self._connection.execute("update occupancy set hold_until = null where appointment_id = ?", (id,))
        self.occupy_patient(id)

    def occupy_patient(self, id: str) -> None:
        """A patient is a resource too, without buffers and never in another lane: nobody overlaps himself."""
        row = self.row(id, None)
        rows.occupy(self._database, id, [f"patient:{row['patient_id']}"], (row["start_utc"], row["end_utc"]))

    def close(self, id: str, status: Literal["moved", "cancelled"]) -> None:
        """End an appointment and give back what it occupied."""
        rows.vacate(self._database, id)
        self.mark(id, status)

    def mark(self, id: str, status: AppointmentStatus) -> None:
        """Change the status of an appointment."""
        self._connection.execute("update appointment set status = ?, version = version + 1 where id = ?", (status, id))

    def release(self, owner: str) -> None:
        """Drop the holds of a call."""
        self._connection.execute("delete from appointment where status = 'held' and owner = ?", (owner,))

    def free_lane(self, slot: Slot) -> int:
        """A lane of a practitioner that nobody uses around a slot."""
        start = to_utc(slot.start, self._practice.zone)
        found = self._one(
            "select max(lane) as lane from occupancy where resource = ? and start_utc > ? and start_utc < ?",
            slot.practitioner,
            start - rows.LONGEST,
            start + rows.LONGEST,
        )
        return int((found and found["lane"]) or 0) + 1

    def note(self, idempotency_key: str, kind: str, id: str, source: str) -> None:
        """Remember an act by its key, and leave word for exporters."""
        self._connection.execute("insert into act values(?, ?, ?, ?, ?)", (idempotency_key, kind, id, source, self._at))
        self._connection.execute(
            "insert into outbox(kind, appointment_id, version, at)"
            " select ?, id, version, ? from appointment where id = ?",
            (kind, self._at, id),
        )

    def _one(self, sql: str, *values: object) -> dict[str, Any] | None:
        return next(iter(self._database.query(sql, values)), None)
