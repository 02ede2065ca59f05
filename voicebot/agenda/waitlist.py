"""The waiting list: patients who want an earlier or another time, and what is offered to them when one is freed.

A freed slot makes open offers for the longest waiting; nothing is held and nobody is booked without a person or a
call that asks. An offer that someone else has taken meanwhile is simply no longer listed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from voicebot.agenda import slots
from voicebot.agenda.admission import Admission
from voicebot.agenda.session import Session
from voicebot.errors import NotBookableError, StaleVersionError
from voicebot.ports import Slot, SlotQuery
from voicebot.practice.localtime import to_utc, to_wall

OFFERS_FOR_ONE_SLOT = 3
"""How many patients are offered one freed slot; the first who accepts has it."""


@dataclass(frozen=True)
class Waiting:
    """A patient who waits."""

    id: str
    patient_id: str
    query: SlotQuery
    version: int


@dataclass(frozen=True)
class Offer:
    """A freed slot for a patient who waits."""

    id: int
    waiting: Waiting
    slot: Slot


class Waitlist:
    """The waiting list of the agenda's database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, patient_id: str, query: SlotQuery, now: datetime) -> str:
        """Let a patient wait for what ``query`` seeks, and return the entry's id."""
        id = secrets.token_hex(8)
        windows = json.dumps([[start.isoformat(), end.isoformat()] for start, end in query.windows])
        with self._session.write() as database:
            database["waitlist"].insert(
                {
                    "id": id,
                    "patient_id": patient_id,
                    "motive": query.motive,
                    "patient_kind": query.patient,
                    "practitioner": query.practitioner,
                    "windows": windows,
                    "created_at": now.isoformat(timespec="seconds"),
                }
            )
        return id

    def waiting(self) -> list[Waiting]:
        """Who waits, the longest first."""
        found = self._session.rows(
            "select * from waitlist where status in ('waiting', 'offered') order by created_at, rowid", {}
        )
        return [_waiting(row) for row in found]

    def withdraw(self, id: str) -> None:
        """Take an entry off the list, whoever else is looking at it."""
        with self._session.write():
            self.settle(id, "withdrawn")

    def settle(self, id: str, status: Literal["booked", "withdrawn"], version: int | None = None) -> None:
        """Inside a write transaction: take an entry off the list, and its open offers with it.

        Raises:
            StaleVersionError: it is no longer that version; someone else was faster.
        """
        if version is not None and not self._session.tuples(
            "select 1 from waitlist where id = ? and version = ? and status in ('waiting', 'offered')", (id, version)
        ):
            raise StaleVersionError("someone else has settled this entry of the waiting list; read it again")
        self._session.execute("update waitlist set status = ?, version = version + 1 where id = ?", (status, id))
        self._session.execute("update waitlist_offer set status = 'gone' where waitlist_id = ?", (id,))

    def resume(self, id: str) -> str:
        """Put a patient back who was taken off the list, with the offers that went with the entry; the patient's id.

        Raises:
            StaleVersionError: the patient waits already, or the entry is no longer there.
        """
        with self._session.write():
            found = self._session.tuples(
                "select patient_id from waitlist where id = ? and status in ('booked', 'withdrawn')", (id,)
            )
            if not found:
                raise StaleVersionError("someone else has put this entry back, or it is gone; read the list again")
            self._session.execute("update waitlist set status = 'offered', version = version + 1 where id = ?", (id,))
            self._session.execute(
                "update waitlist_offer set status = 'open' where waitlist_id = ? and status = 'gone'", (id,)
            )
        return str(found[0][0])

    def answer(self, offer_id: int, status: Literal["refused", "open"]) -> str:
        """The patient does not want this slot and goes on waiting, or that is undone; returns the patient's id.

        Raises:
            StaleVersionError: someone else has answered it.
        """
        before = {"refused": "open", "open": "refused"}[status]
        with self._session.write():
            found = self._session.tuples(
                "select w.patient_id from waitlist_offer o join waitlist w on w.id = o.waitlist_id"
                " where o.id = ? and o.status = ? and w.status in ('waiting', 'offered')",
                (offer_id, before),
            )
            if not found:
                raise StaleVersionError("someone else has answered this offer; read the list again")
            self._session.execute("update waitlist_offer set status = ? where id = ?", (status, offer_id))
        return str(found[0][0])

    def offers(self, admission: Admission) -> list[Offer]:
        """Open offers whose slot is still bookable."""
        found = self._session.rows(
            "select w.*, o.id as offer, o.practitioner as who, o.site, o.wall_start, o.wall_end from waitlist_offer o"
            " join waitlist w on w.id = o.waitlist_id"
            " where o.status = 'open' and w.status in ('waiting', 'offered') order by w.created_at, w.rowid, o.id",
            {},
        )
        offers = []
        for row in found:
            start, end = datetime.fromisoformat(row["wall_start"]), datetime.fromisoformat(row["wall_end"])
            slot = Slot(start, end, row["who"], row["motive"], row["site"])
            query = SlotQuery(slot.motive, row["patient_kind"], slot.practitioner, ((start, end),))
            if slot in _bookable(admission, query):
                offers.append(Offer(row["offer"], _waiting(row), slot))
        return offers

    def freed(self, admission: Admission, row: Mapping[str, Any]) -> None:
        """Inside a write transaction: offer the span that an appointment frees to those who wait for such a slot.

        Whoever gives it up is not offered it, and whoever has refused it before takes no one else's place.
        """
        zone = admission.practice.zone
        practitioner, start, end = row["practitioner"], row["start_utc"], row["end_utc"]
        made = 0
        for entry in self.waiting():
            if made == OFFERS_FOR_ONE_SLOT:
                return
            if entry.query.practitioner not in (None, practitioner) or entry.patient_id == row["patient_id"]:
                continue
            motive = admission.practice.motives.get(entry.query.motive)
            if motive is None:
                continue
            earliest = to_wall(start - motive.minutes(entry.query.patient), zone)
            span = SlotQuery(motive.id, entry.query.patient, practitioner, ((earliest, to_wall(end, zone)),))
            fitting = [
                slot
                for slot in _bookable(admission, span)
                if to_utc(slot.end, zone) > start and _wanted(entry.query, slot.start)
            ]
            if fitting and self._offer(entry, fitting[0], admission.now):
                made += 1

    def _offer(self, entry: Waiting, slot: Slot, now: datetime) -> bool:
        """Make an offer; False where the patient has refused this slot before."""
        self._session.execute(
            "insert or ignore into waitlist_offer(waitlist_id, practitioner, site, wall_start, wall_end, created_at)"
            " values(?, ?, ?, ?, ?, ?)",
            (
                entry.id,
                slot.practitioner,
                slot.site,
                slot.start.isoformat(timespec="minutes"),
                slot.end.isoformat(timespec="minutes"),
                now.isoformat(timespec="seconds"),
            ),
        )
        refused = self._session.tuples(
            "select 1 from waitlist_offer where waitlist_id = ? and practitioner = ? and wall_start = ?"
            " and status = 'refused'",
            (entry.id, slot.practitioner, slot.start.isoformat(timespec="minutes")),
        )
        if not refused:
            self._session.execute("update waitlist set status = 'offered' where id = ?", (entry.id,))
        return not refused


def _bookable(admission: Admission, query: SlotQuery) -> list[Slot]:
    try:
        return list(slots.search(admission.practice, query, admission.now, admission.source))
    except NotBookableError:
        return []


def _wanted(query: SlotQuery, start: datetime) -> bool:
    return not query.windows or any(low <= start < high for low, high in query.windows)


def _waiting(row: dict[str, Any]) -> Waiting:
    windows = tuple(
        (datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in json.loads(row["windows"])
    )
    return Waiting(
        row["id"],
        row["patient_id"],
        SlotQuery(row["motive"], row["patient_kind"], row["practitioner"], windows),
        row["version"],
    )
