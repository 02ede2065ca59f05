"""Everything that one call knows, as plain values. A turn replaces it; nothing else remembers anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from voicebot.french.name_guess import Hearing
from voicebot.ports import Appointment, Asks, Contact, Hold, Outcome, Patient, Slot, When

Act = Literal["book", "move", "cancel", "ask"]
"""What the caller wants done with the agenda; ``ask`` is "when is my appointment"."""

Item = Literal["birth_name", "first_name", "birth_date", "motive", "practitioner", "when", "phone"]
"""What a caller can get wrong, or we mishear."""

NameItem = Literal["birth_name", "first_name"]


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
    hearings: tuple[tuple[NameItem, Hearing], ...] = ()
    """Each time that a name was heard, the last one last."""
    wrong: tuple[tuple[NameItem, str], ...] = ()
    """Names, folded, that the caller said were not his."""
    guessed: bool = False
    """What was spelled last was guessed from once: another guess would be no better than asking again."""
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
    gone: tuple[datetime, ...] = ()
    """Starts that someone else took meanwhile: those beside them are as good as before."""
    hold: Hold | None = None
    appointments: tuple[Appointment, ...] | None = None
    """Appointments to come of the person identified; None while nobody is."""
    appointment: Appointment | None = None
    """The one to move or cancel."""
    every: bool = False
    """All of them are to be cancelled: one after the other, each with its own yes."""
    patient: Patient | None = None
    """The patient whom identity settled."""
    failures: int = 0
    """Failed identities for this act."""
    rounds: int = 0
    """Times that all offers were refused."""
    waiting: bool | None = None
    """Whether the caller wants to be put on the waiting list; None while not asked."""


PendingKind = Literal["booking", "move", "cancel", "waitlist", "item"]


@dataclass(frozen=True)
class Pending:
    """What a yes at ``confirm`` would settle."""

    kind: PendingKind
    item: Item | None = None
    value: str | None = None


CallbackReason = Literal[
    "results", "message", "identity", "slots", "misses", "human", "closed", "name", "waitlist", "late"
]
"""Why the secretary has something to do: to call back, to complete a ``name`` that only keys gave, to call when a slot
is free (``waitlist``), or only to know (``late``, a ``message`` without a call-back)."""


@dataclass(frozen=True)
class Callback:
    """What is left to the secretary: whom to call, why, and by the end of which day."""

    phone: str | None
    """E.164; None where the caller left none and expects no call."""
    reason: CallbackReason
    by: date
    birth_name: str | None = None
    first_name: str | None = None
    """The patient, as far as the caller said."""
    caller_name: str | None = None
    """Who called for the patient."""
    message: str | None = None
    """What the caller wants to be passed on, in his words."""
    promised: bool = True
    """The caller was told that he will be called."""


@dataclass(frozen=True)
class Instruction:
    """What the practice's staff told the assistant to propose while the call goes on."""

    when: When | None = None
    practitioner: str | None = None
    motive: str | None = None


@dataclass(frozen=True)
class State:
    """One call."""

    asks: Asks | None = None
    resume: Asks | None = None
    """What was asked before an emergency was asked about."""
    set_aside: str = ""
    """What was said when an emergency was asked about: it is taken up again when there is none."""
    advice: str = "now"
    """What is said where help is needed: ``now`` (15 or 112), ``suicide`` (also 31 14)."""
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
    message: str | None = None
    """A message that was taken and not yet noted; empty while it is being asked for."""
    caller_name: str | None = None
    """Who calls, where it is for someone else."""
    another: Literal["unsettled", "self", "other", "done"] | None = None
    """Whose appointment comes after this one, where the caller spoke of several people."""
    transcript: bool | None = None
    """Whether the caller let the text be kept; None while not asked."""
    erase: bool = False
    """The caller asked for the call to be erased."""
    receipt: str | None = None
    """The number of the receipt of the erasure."""
    slow: bool = False
    """The caller needs time."""
    repeats: int = 0
    """Times that the caller asked to hear something again."""
    spoke: bool = False
    """Words of the caller were understood."""
    pressed: bool = False
    """Keys of the caller were understood."""
    hash: bool = False
    """The hash key was pressed: the next key may refuse the transcript or have the call erased."""
    instruction: Instruction | None = None
    """What the staff told the assistant to propose, until it is said."""
    spoken: tuple[str, ...] = ()
    """What was said with the question that is open, to be said again."""
    turns: int = 0
    """Turns so far: a call that never ends is given to a human."""
    act_number: int = 0
    """Acts begun in this call: part of the idempotency key of a commit."""
