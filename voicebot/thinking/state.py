"""Everything that one call knows, as plain values. A turn replaces it; nothing else remembers anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from voicebot.ports import Appointment, Asks, Hold, Outcome, Patient, Slot, When

Act = Literal["book", "move", "cancel", "ask"]
"""What the caller wants done with the agenda; ``ask`` is "when is my appointment"."""

Item = Literal["birth_name", "first_name", "birth_date", "motive", "practitioner", "when", "phone"]
"""What a caller can get wrong, or we mishear."""


@dataclass(frozen=True)
class Person:
    """Who the patient is, as far as the caller said."""

    birth_name: str | None = None
    first_name: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    spelled: frozenset[str] = frozenset()
    """The names that were spelled, or confirmed as heard."""
    doubtful: frozenset[str] = frozenset()
    """The items that were heard without certainty and are to be read back or spelled."""
    keyed: bool = False
    """Identity goes by keys: birth date and phone; the name is the secretary's to complete."""


@dataclass(frozen=True)
class Wish:
    """What is being arranged."""

    act: Act | None = None
    motive: str | None = None
    practitioner: str | None = None
    any_practitioner: bool = False
    known: bool | None = None
    other_person: bool = False
    """The appointment is for someone other than the caller."""
    when: When | None = None
    offers: tuple[Slot, ...] = ()
    refused: tuple[datetime, ...] = ()
    hold: Hold | None = None
    appointments: tuple[Appointment, ...] | None = None
    """Appointments to come of the person identified; None while nobody is."""
    appointment: Appointment | None = None
    """The one to move or cancel."""
    patient: Patient | None = None
    """The patient whom identity settled."""
    failures: int = 0
    """Failed identities."""


PendingKind = Literal["booking", "move", "cancel", "item"]


@dataclass(frozen=True)
class Pending:
    """What a yes at ``confirm`` would settle."""

    kind: PendingKind
    item: Item | None = None
    value: str | None = None


@dataclass(frozen=True)
class State:
    """One call."""

    asks: Asks | None = None
    resume: Asks | None = None
    """What was asked before an emergency was asked about."""
    wish: Wish = field(default_factory=Wish)
    person: Person = field(default_factory=Person)
    pending: Pending | None = None
    spelling: Literal["birth_name", "first_name"] = "birth_name"
    """Which name ``spelling`` is about."""
    correcting: bool = False
    """``which`` asks what is wrong with the summary rather than which appointment."""
    misses: int = 0
    """Turns without anything understood, in a row."""
    refusals: int = 0
    """Times that the summary was refused."""
    appointment: Appointment | None = None
    """The last committed row."""
    done: Outcome | None = None
    """What the call has achieved so far."""
    outcome: Outcome | None = None
    """Set when the call is over."""
    callback_for: Literal["results", "message", "identity", "slots", "misses", "other"] | None = None
    promised: bool = False
    """A call-back was promised."""
    transcript: bool | None = None
    """Whether the caller let the text be kept; None while not asked."""
    act_number: int = 0
    """Acts begun in this call: part of the idempotency key of a commit."""
