"""The nouns that processes and packages exchange. Standard library only.

Times of the agenda are naive practice-local wall times (``datetime`` without tzinfo) everywhere outside
``voicebot/agenda``. Audio is mono signed 16-bit little-endian PCM and always carries its rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NoReturn, Protocol

FRAME_SECONDS = 0.02
"""Duration of one audio frame on the wire between processes, s."""

Asks = Literal[
    "open",
    "motive",
    "known",
    "for_whom",
    "practitioner",
    "when",
    "choice",
    "birth_name",
    "first_name",
    "spelling",
    "birth_date",
    "phone",
    "confirm",
    "which",
    "emergency",
    "callback",
    "transcript",
]
"""What the assistant has just asked the caller."""

Outcome = Literal[
    "booked",
    "moved",
    "cancelled",
    "informed",
    "transferred",
    "callback",
    "emergency",
    "abandoned",
]
"""How a call ended."""

Contact = Literal["secretary", "on_call"]
"""Whom the assistant may have rung: the names of ``[transfer]`` in practice.toml, never a number."""

PatientKind = Literal["new", "known"]
AppointmentStatus = Literal["held", "booked", "moved", "cancelled", "done", "noshow"]


class Audio:
    """A piece of sound: mono s16le PCM at ``rate`` Hz. It refuses pickling and never shows its samples."""

    __slots__ = ("pcm", "rate")

    def __init__(self, rate: int, pcm: bytes) -> None:
        self.rate = rate
        self.pcm = pcm

    @property
    def seconds(self) -> float:
        """Duration, s."""
        return len(self.pcm) / 2 / self.rate

    def frames(self) -> Iterator[bytes]:
        """Cut into 20 ms frames of PCM bytes; the last one is padded with silence."""
        size = int(self.rate * FRAME_SECONDS) * 2
        for start in range(0, len(self.pcm), size):
            yield self.pcm[start : start + size].ljust(size, b"\0")

    def __repr__(self) -> str:
        return f"<Audio {self.seconds:.2f} s at {self.rate} Hz>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("audio is never pickled: no recording")


# --- hearing and speaking ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """What the recogniser made of one utterance."""

    text: str
    logprob: float
    """Mean log-probability of the tokens."""
    rejected: str | None
    """Why a gate refused it, or None."""
    milliseconds: float
    """Time that recognition took, ms."""


class Recogniser(Protocol):
    """Speech to text."""

    def recognise(self, audio: Audio, *, hotwords: str | None = None) -> Heard:
        """Recognise one utterance (any rate; at most ~28 s). Blocking: call it in a thread."""


class Voice(Protocol):
    """Text to speech."""

    def synthesise(self, text: str) -> Iterator[Audio]:
        """Yield the sound of ``text`` in pieces, the first as early as possible. Blocking: iterate in a thread."""


# --- understanding ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entity:
    """A named span of an utterance (end exclusive)."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Understanding:
    """What Rasa made of one utterance."""

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...] = ()
    entities: tuple[Entity, ...] = ()
    route: str = "turn"
    """What the dialogue rules chose: ``turn`` (our own actions decide), ``answer`` (an answer that the practice
    wrote), ``human``, ``emergency``, ``goodbye`` and so on."""


class Understander(Protocol):
    """Words to intent and entities."""

    async def understand(self, text: str, *, asks: Asks | None, conversation: str) -> Understanding:
        """Understand one utterance given what was asked. Raises UnavailableError while Rasa is away."""


@dataclass(frozen=True)
class When:
    """A reading of a French time expression: half-open windows of local start times."""

    windows: tuple[tuple[datetime, datetime], ...]
    prefer: Literal["soonest"] | None = None
    leftover: tuple[str, ...] = ()
    sure: bool = False
    reading: str = ""
    """The reading in French, to be read back."""
    timed: bool = field(default=False, compare=False)
    """Whether a time was said at all, be it one that is past, too far or does not exist."""
    doubts: tuple[str, ...] = field(default=(), compare=False)
    """Why the reading is not sure, in French."""


# --- agenda -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Slot:
    """A bookable time of one practitioner for one motive."""

    start: datetime
    end: datetime
    practitioner: str
    motive: str
    site: str


@dataclass(frozen=True)
class SlotQuery:
    """What is sought. Empty ``windows`` mean any time; windows bound start times, half-open."""

    motive: str
    patient: PatientKind = "new"
    practitioner: str | None = None
    windows: tuple[tuple[datetime, datetime], ...] = ()
    exclude: tuple[datetime, ...] = ()
    """Starts already refused."""
    soonest: bool = False
    """The caller wants the earliest: offers are then not spread over days."""
    replacing: str | None = None
    """The appointment that is to be moved: its own time counts as free."""


@dataclass(frozen=True)
class PatientClaim:
    """Who a caller says the patient is; never proof."""

    birth_name: str
    first_name: str
    birth_date: date
    phone: str | None = None
    """E.164, or None."""
    used_name: str | None = None
    contact_name: str | None = None
    """Who calls for the patient, where it is someone else and the name was given."""
    contact_phone: str | None = None
    """The number of whoever calls for the patient, E.164; None: the patient's own."""


@dataclass(frozen=True)
class Patient:
    """A patient of the practice."""

    id: str
    birth_name: str
    first_name: str
    birth_date: date
    phone: str | None = None
    used_name: str | None = None
    status: str = "provisoire"
    """Identity status: ``provisoire`` for anything that a phone call created."""
    known: bool = False
    """A settled patient with a past visit, or marked so by staff."""


@dataclass(frozen=True)
class Hold:
    """A slot kept for one call until ``until``."""

    id: str
    slot: Slot
    until: datetime


@dataclass(frozen=True)
class Appointment:
    """A row of the agenda, as committed."""

    id: str
    status: AppointmentStatus
    slot: Slot
    patient: Patient | None
    source: str
    """``phone``, ``desk``, ``terminal``."""
    version: int = 1
    contact_name: str | None = None
    """Who called for the patient, where it was someone else and gave a name."""
    contact_phone: str | None = None
    """The number to reach about this appointment, E.164."""


Objection = Literal["too_young", "too_old", "own_doctor", "spacing", "patient_busy"]
"""Rules that depend on who the patient is."""


@dataclass(frozen=True)
class Closure:
    """Why nothing at all is open on a day."""

    kind: Literal["holiday", "closed", "absent"]
    """A public holiday, a day on which nobody receives, or one on which only the practitioner asked for does not."""
    name: str = ""
    """Of the holiday."""


class Agenda(Protocol):
    """The practice's agenda: every answer is computed from its rules and the committed rows. Blocking; milliseconds."""

    def search(self, query: SlotQuery, *, limit: int | None = None) -> list[Slot]:
        """Bookable slots in order of start. Raises NotBookableError when a rule forbids the motive altogether."""

    def offers(self, query: SlotQuery, *, limit: int = 3) -> list[Slot]:
        """Up to ``limit`` slots that differ usefully (not three in one hour when a week was asked for)."""

    def closure(self, query: SlotQuery, day: date) -> Closure | None:
        """Why nobody receives for a motive (and practitioner) on a day; None when someone does, full or not."""

    def hold(self, slot: Slot, *, patient: PatientKind, owner: str, replacing: str | None = None) -> Hold:
        """Keep a slot for the call ``owner``, replacing the hold that it had.

        ``replacing`` is the appointment that a :meth:`move` will give back: the slot may overlap it.

        Raises:
            SlotTakenError, NotBookableError.
        """

    def release(self, owner: str) -> None:
        """Drop the holds of a call."""

    def objection(
        self, hold: Hold, claim: PatientClaim, *, patient_id: str | None = None, replacing: str | None = None
    ) -> Objection | None:
        """The rule about the patient that a hold would break at its commit, as far as the patient is identified."""

    def book(
        self, hold: Hold, claim: PatientClaim, *, source: str, idempotency_key: str, patient_id: str | None = None
    ) -> Appointment:
        """Commit a hold; every rule is checked again. Raises SlotTakenError, NotBookableError, HoldExpiredError.

        ``patient_id`` is the patient whom identity has settled; without it the claim is matched.
        """

    def wait_for(self, claim: PatientClaim, query: SlotQuery, *, source: str, patient_id: str | None = None) -> str:
        """Put a patient on the waiting list, a new one as provisional; returns the entry's id.

        Raises:
            NotBookableError: the motive is not for such a patient.
        """

    def match(self, claim: PatientClaim) -> Sequence[Patient]:
        """Patients whose identity equals the claim (accents and hyphens aside): none, one, or homonyms."""

    def match_keys(self, birth_date: date, phone: str) -> Sequence[Patient]:
        """Patients of a birth date whom a number (E.164) reaches, for callers who can only press keys."""

    def own_doctor(self, patient_id: str) -> str | None:
        """The practitioner who follows a patient, where one is noted."""

    def may_identify(self, claim: PatientClaim, caller: str | None) -> bool:
        """Whether one more identity may be tried: failures are counted by caller, by name and over all calls."""

    def note_failure(self, claim: PatientClaim, caller: str | None) -> None:
        """Count a failed identity."""

    def appointment(self, appointment_id: str) -> Appointment:
        """Read one committed row back. Raises AgendaError when there is none."""

    def appointments_of(self, patient_id: str) -> Sequence[Appointment]:
        """Booked appointments to come of one patient, in order."""

    def cancel(self, appointment_id: str, *, source: str, idempotency_key: str) -> Appointment:
        """Cancel a booked appointment. Raises NotBookableError past the motive's cut-off."""

    def move(self, appointment_id: str, hold: Hold, *, source: str, idempotency_key: str) -> Appointment:
        """Insert the new and delete the old in one transaction; the old slot is kept until then."""


# --- the dialogue -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reply:
    """One turn of the assistant."""

    say: str
    asks: Asks | None
    offers: tuple[datetime, ...] = ()
    outcome: Outcome | None = None
    """Set on the last turn of a call only."""
    appointment: Appointment | None = None
    interruptible: bool = True
    """The legal announcement cannot be interrupted."""
    hotwords: str | None = None
    """Names that the next utterance may hold, for the recogniser."""
    pieces: tuple[str, ...] = field(default_factory=tuple)
    """``say`` cut into pieces: those that are fixed phrases are spoken from memory."""
    missed: bool = False
    """What the caller said was not understood; silence is not that."""
    slow: bool = False
    """The caller needs time: speak more slowly and wait longer for an answer."""
    ring: Contact | None = None
    """Who is rung once this was spoken, beside an outcome. Where nobody comes, :meth:`Dialogue.transfer_failed`
    goes on; the outcome ``transferred`` holds only once the other side answered."""


class Dialogue(Protocol):
    """The mind of one call: text and keys in, replies out. No audio, no I/O but agenda and Rasa."""

    async def greet(self) -> Reply:
        """The greeting and announcement."""

    async def hear(self, text: str, *, logprob: float | None = None) -> Reply:
        """One utterance of the caller; an empty text is silence; an utterance that was not understood is ``"?"``.

        ``logprob`` is the recogniser's certainty, where there was one.
        """

    async def key(self, keys: str) -> Reply:
        """Keys that the caller pressed, complete for what was asked (for instance ``12031978``)."""

    async def hang_up(self) -> Reply:
        """The caller is gone: holds are released, the outcome is settled."""

    async def hand_over(self, contact: Contact) -> Reply:
        """The practice takes the call over: a last reply that rings ``contact``."""

    async def transfer_failed(self) -> Reply:
        """Nobody came to the phone after a reply that rang someone: the caller is back and is not left alone."""

    def instruct(self, text: str) -> bool:
        """The practice's staff say what to propose, at the caller's next turn. False: it was not understood."""

    @property
    def understood(self) -> tuple[tuple[str, str], ...]:
        """What the last turn of the caller was understood to say, as pairs of a kind and a value."""

    @property
    def keeps_transcript(self) -> bool | None:
        """Whether the caller lets the text be kept; None while he was not asked and did not refuse."""
