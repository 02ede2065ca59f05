"""Everything that one call knows, as plain values. A turn replaces it; nothing else remembers anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from voicebot.ports import Appointment, Asks, Contact, Hold, Outcome, Patient, Slot, When

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
    corrected: frozenset[str] = frozenset()
    """The names that were corrected once by saying them again."""
    heard: tuple[str, ...] = ()
    """Names as they were heard, the last first: what is spelled takes its accents from them."""
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
    hint: When | None = None
    """When the appointment to move or cancel is, as the caller said: it picks one of several."""
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
    """Failed identities for this act."""


NameItem = Literal["birth_name", "first_name"]

PendingKind = Literal["booking", "move", "cancel", "item"]


@dataclass(frozen=True)
class Pending:
    """What a yes at ``confirm`` would settle."""

    kind: PendingKind
    item: Item | None = None
    value: str | None = None


CallbackReason = Literal["results", "message", "identity", "slots", "misses", "human"]


@dataclass(frozen=True)
class Callback:
    """A call-back that was promised: whom, why, and by the end of which day."""

    phone: str
    """E.164."""
    reason: CallbackReason
    by: date
    birth_name: str | None = None
    first_name: str | None = None


@dataclass(frozen=True)
class State:
    """One call."""

    asks: Asks | None = None
    resume: Asks | None = None
    """What was asked before an emergency was asked about."""
    set_aside: str = ""
    """What was said when an emergency was asked about: it is taken up again when there is none."""
    denied: frozenset[str] = frozenset()
    """Doubtful signs that the caller denied: they are not asked about twice."""
    wish: Wish = field(default_factory=Wish)
    person: Person = field(default_factory=Person)
    pending: Pending | None = None
    spelling: NameItem | None = None
    """Which name is to be spelled next."""
    correcting: bool = False
    """``confirm`` asks what is wrong with the summary rather than whether it is right."""
    misses: int = 0
    """Turns without anything understood, in a row."""
    refusals: int = 0
    """Times that the summary was refused."""
    appointment: Appointment | None = None
    """The last committed row."""
    done: Outcome | None = None
    """What the call has achieved so far."""
    informed: bool = False
    """A question of the caller was answered."""
    anything_else: bool = False
    """Something was settled, one way or the other: what is asked next is "autre chose ?"."""
    failures: int = 0
    """Failed identities in this call."""
    outcome: Outcome | None = None
    """Set when the call is over."""
    ring: Contact | None = None
    """Who is rung at the end; the call goes on where nobody comes."""
    unanswered: bool = False
    """Someone was rung in this call and nobody came: nobody is rung again."""
    callback_for: CallbackReason | None = None
    """Why a call-back is being arranged; None while none is."""
    callbacks: tuple[Callback, ...] = ()
    """Call-backs promised in this call."""
    transcript: bool | None = None
    """Whether the caller let the text be kept; None while not asked."""
    erase: bool = False
    """The caller asked for the call to be erased."""
    turns: int = 0
    """Turns so far: a call that never ends is given to a human."""
    act_number: int = 0
    """Acts begun in this call: part of the idempotency key of a commit."""
