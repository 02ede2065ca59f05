"""What the vault's tests work on: the sample practice, its agenda, its journal and its vault."""

from __future__ import annotations

import gc
import secrets
from datetime import date, datetime, timedelta
from pathlib import Path

from voicebot.agenda.admission import Placement
from voicebot.agenda.store import Store
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.database import open_database
from voicebot.events import Events
from voicebot.journal import Journal
from voicebot.ports import Appointment, Patient, PatientClaim
from voicebot.practice import load_practice
from voicebot.todo import TodoList
from voicebot.vault.anchor import AnchorFile
from voicebot.vault.audit import Audit
from voicebot.vault.receipts import Receipt
from voicebot.vault.vault import Vault

KEY = bytes(range(32))
MONDAY = datetime(2026, 11, 23, 8, 0)

SECRETS = ("Quévrain", "Ysoline", "1961-07-19", "+33639981234", "genou qui craque")
"""Name, first name, birth date, number and words of the patient whom the tests look for in files."""


class MovedClock:
    def __init__(self) -> None:
        self.time = MONDAY

    def now(self) -> datetime:
        return self.time

    def pass_days(self, days: float) -> None:
        self.time += timedelta(days=days)


class World:
    def __init__(self, data: Path, key: bytes = KEY, clock: MovedClock | None = None) -> None:
        self.data, self.key, self.clock = data, key, clock or MovedClock()
        self.practice = load_practice(SAMPLE_PRACTICE)
        self.connect = open_database(data, key)
        self.agenda = Store(lambda: self.practice, self.connect, self.clock)
        self.events = Events(self.connect)
        self.todo = TodoList(self.connect, self.clock.now)
        self.journal = Journal(self.clock.now, self.events)
        self.journal.listen(self.todo.take)
        self.audit = Audit(self.connect, self.clock, anchor=AnchorFile(data / "audit.anchor"))
        self.vault = Vault(self.connect, self.clock, self.audit, lambda: self.practice, data)

    def patient(self, source: str = "terminal") -> Patient:
        claim = PatientClaim("Quévrain", "Ysoline", date(1961, 7, 19), "+33639981234")
        return self.agenda.add_patient(claim, source=source)  # type: ignore[arg-type]

    def book(self, patient: Patient, day: str, motive: str = "consultation") -> Appointment:
        placement = Placement(motive, datetime.fromisoformat(day), None, patient.id, "new", None)
        return self.agenda.place(placement, source="desk", idempotency_key=secrets.token_hex(4))

    def purge(self) -> Receipt:
        """As a person has it done who knows how much time has passed."""
        return self.vault.purge(actor="service", clock_is_right=True)

    def merge(self, kept: Patient, dropped: Patient) -> None:
        """Two files become one, as the desk does it."""
        versions = [self.agenda.patients.get(one.id, self.clock.now()) for one in (kept, dropped)]
        self.agenda.merging.merge(
            kept.id, dropped.id, versions=tuple(v.version for v in versions if v), at=self.clock.now(), author="u1"
        )  # type: ignore[arg-type]
        self.audit.record("user:u1", "patient.merged", kept.id, {"other": dropped.id})

    def call(self, appointment: Appointment | None = None, *, keep: bool = True, promise: bool = False) -> str:
        """One call as the journal tells it."""
        id = secrets.token_hex(8)
        record = self.journal.record
        record(id, "answered", kind="sip")
        record(id, "said", keep=keep, text="Bonjour, vous parlez à un assistant automatique.")
        record(id, "heard", keep=keep, text="je suis Ysoline Quévrain, j'ai un genou qui craque", rejected=None)
        record(id, "asks", asks="choice", offers=["2026-11-24T09:00"])
        if appointment is not None:
            record(id, "committed", appointment=appointment.id)
        record(id, "outcome", outcome="booked" if appointment else "abandoned")
        record(id, "ended", reason="normal")
        if promise:
            record(
                id, "callback", phone="+33639981234", reason="message", by="2026-11-23",
                birth_name="Quevrain", first_name="Ysoline",
            )  # fmt: skip
        return id

    def count(self, table: str, where: str = "1") -> int:
        return int(self.agenda._session.tuples(f"select count(*) from {table} where {where}")[0][0])

    def close(self) -> None:
        for name in ("agenda", "events", "todo", "audit"):
            if hasattr(self, name):
                getattr(self, name).close()

    def stop(self) -> None:
        """Close, and let go of the directory as an ended process does."""
        self.close()
        for name in ("agenda", "events", "todo", "journal", "audit", "vault", "connect"):
            delattr(self, name)
        gc.collect()

    def reopen(self) -> World:
        """The same data as another process opens them."""
        return World(self.data, self.key, self.clock)
