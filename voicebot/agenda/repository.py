"""What a store of the agenda must do, so that another one could take its place.

SQLite serves one practice on one machine. A group that outgrows it can put PostgreSQL behind the same interface
(``EXCLUDE USING gist`` in the place of granules, error 23P01 in the place of a taken granule); the contract tests in
``tests/agenda/contract.py`` say what must hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, Protocol

from voicebot.agenda.admission import Placement
from voicebot.agenda.explain import Explanation
from voicebot.agenda.waitlist import Offer
from voicebot.ports import Agenda, Appointment, Patient, PatientClaim, SlotQuery

Source = Literal["phone", "desk", "terminal"]


class Repository(Agenda, Protocol):
    """An agenda with all that the desk and the terminal ask of it. Blocking; threads may share it."""

    def explain(self, query: SlotQuery, at: datetime) -> Explanation:
        """Whether the assistant may book a time, which rule decides, and the nearest yes."""

    def appointments(self, *, everything: bool = False) -> list[Appointment]:
        """Holds and bookings to come; with ``everything`` all rows but the holds that have expired."""

    def day(self, day: date) -> list[Appointment]:
        """What stands in the agenda on one day."""

    def version(self) -> int:
        """Grows with every change by any process."""

    def place(
        self,
        placement: Placement,
        *,
        source: Source,
        idempotency_key: str,
        replacing: str | None = None,
        version: int | None = None,
    ) -> Appointment:
        """Book, or move ``replacing``, for a person, in one transaction."""

    def mark(
        self,
        appointment_id: str,
        status: Literal["done", "noshow", "booked"],
        *,
        source: Source,
        idempotency_key: str,
        version: int | None = None,
    ) -> Appointment:
        """Note that a patient came, or did not."""

    def patient(self, patient_id: str) -> Patient:
        """One patient."""

    def candidates(self, claim: PatientClaim, *, limit: int = 3) -> Sequence[Patient]:
        """Patients who may be meant when nobody matches, for a person to choose from."""

    def find_patients(self, text: str, birth_date: date | None = None) -> list[Patient]:
        """Patients by parts of their names, or birth date, for staff."""

    def add_patient(self, claim: PatientClaim, *, source: Source, **more: object) -> Patient:
        """Insert a patient."""

    def update_patient(
        self, patient_id: str, changes: Mapping[str, object], *, version: int, source: Source
    ) -> Patient:
        """Change a patient who has not changed since ``version``."""

    def wait(self, patient_id: str, query: SlotQuery) -> str:
        """Put a patient on the waiting list for what ``query`` seeks; returns the entry's id."""

    def waitlist_offers(self) -> list[Offer]:
        """Freed slots that are still bookable, with the patients who wait for them."""

    def accept_offer(self, offer: Offer, *, source: Source, idempotency_key: str) -> Appointment:
        """Book an offered slot for the patient who waited for it."""

    def close(self) -> None:
        """Let go of the database."""
