"""What a conversation knows of the practice: motives, people, answers, phrases. Read-only, computed once a call."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from voicebot.ports import Contact, PatientKind
from voicebot.thinking.phrases import phrases_of
from voicebot.thinking.practice_file import PracticeFile
from voicebot.thinking.words import fold

INFORMATION = ("hours", "address", "access", "documents", "prices")
"""Questions that every practice is asked (``[answers]``), and that are understood without its words."""


@dataclass(frozen=True)
class Motive:
    """A reason for an appointment, as callers and the assistant name it."""

    id: str
    label: str
    words: tuple[str, ...]
    """What callers say for it, the label included."""
    practitioners: tuple[str, ...]
    patients: Literal["all", "new", "known"]
    own_doctor: bool
    instructions: str
    sensitive: bool
    bookable: bool
    horizon: timedelta
    """How far ahead the agenda is open."""
    cutoff: timedelta
    """How long before its start an appointment may no longer be moved or cancelled by telephone."""

    def takes(self, kind: PatientKind) -> bool:
        """Whether this kind of patient may have it."""
        return self.patients in ("all", kind)


@dataclass(frozen=True)
class Topic:
    """Something that the practice answers in its own words, beside what every practice is asked."""

    id: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Practitioner:
    """Someone whom an appointment is with."""

    id: str
    name: str
    words: tuple[str, ...]


class Office:
    """One practice as a call sees it."""

    def __init__(self, practice: PracticeFile) -> None:
        self.name = practice.name
        self.transcript = practice.transcript
        self.days = practice.retention.transcript
        self.mode = practice.manner.mode
        self.elder = practice.manner.elder
        self.outside = practice.outside_hours
        self.answers = dict(practice.answers)
        self.topics = tuple(
            Topic(name, (re.sub(r"[_-]+", " ", name), *practice.answer_words.get(name, ())))
            for name in practice.answers
            if name not in INFORMATION
        )
        self.phrases = phrases_of(practice)
        self._practice = practice
        self.practitioners = tuple(
            Practitioner(person.id, person.name, (person.name, *person.words))
            for person in practice.practitioners.values()
        )
        self.motives = tuple(
            Motive(
                motive.id,
                motive.label,
                (motive.label, motive.id, *motive.words, *_common_words((motive.label, *motive.words))),
                motive.practitioners,
                motive.patients,
                motive.own_doctor,
                motive.instructions,
                motive.sensitive,
                motive.bookable_by == "assistant",
                timedelta(days=motive.horizon_days),
                timedelta(minutes=motive.cancel_cutoff),
            )
            for motive in practice.motives.values()
        )

    def motive(self, motive_id: str) -> Motive:
        """One motive. Raises KeyError."""
        return next(motive for motive in self.motives if motive.id == motive_id)

    def practitioner_name(self, practitioner_id: str) -> str:
        """As spoken; the id itself when the rules no longer know it."""
        return next((p.name for p in self.practitioners if p.id == practitioner_id), practitioner_id)

    def bookable_motives(self) -> tuple[Motive, ...]:
        """The motives that a call may book, as offered in a menu (nine keys at most)."""
        return tuple(motive for motive in self.motives if motive.bookable)[:9]

    def who_does(self, motive_id: str | None) -> tuple[Practitioner, ...]:
        """The practitioners of a motive, or all."""
        if motive_id is None:
            return self.practitioners
        ids = self.motive(motive_id).practitioners
        return tuple(p for p in self.practitioners if not ids or p.id in ids)

    def general_motive(self) -> Motive | None:
        """The motive for someone who names a symptom: the consultation, else the first open to everyone."""
        open_to_all = [m for m in self.bookable_motives() if m.patients == "all" and not m.own_doctor]
        named = [m for m in open_to_all if any("consultation" in fold(word) for word in m.words)]
        return next(iter(named or open_to_all), None)

    def reception_open(self, at: datetime) -> bool:
        """Whether a person answers now."""
        return self._practice.reception_open(at)

    def closed(self, at: datetime) -> bool:
        """Whether calls meet a closed practice: outside reception hours, where there are any, or by its own word."""
        return self.mode == "closed" or (bool(self._practice.reception) and not self.reception_open(at))

    def takes_messages_only(self, at: datetime) -> bool:
        """Whether nothing is booked, moved or cancelled now."""
        return self.closed(at) and self.outside.action == "message"

    def contact(self, at: datetime) -> Contact | None:
        """Who is rung for a caller who asks for a person; None: nobody now.

        Outside its hours the practice is rung as well, unless it has said otherwise: someone may be there, and a
        caller whom nobody answers comes back.
        """
        numbers = self._practice.transfer
        if self.mode == "consultation":
            return None
        if self.closed(at):
            if self.outside.action == "transfer" and numbers.on_call is not None:
                return "on_call"
            if self.mode == "closed" or self.outside.action == "message":
                return None
        return "secretary" if numbers.secretary is not None else None

    def emergency_contact(self, at: datetime) -> Contact | None:
        """Who is rung beside the 15 for signs of an emergency, in every mode."""
        numbers = self._practice.transfer
        if numbers.secretary is not None and (self.reception_open(at) or not self._practice.reception):
            return "secretary"
        return "on_call" if numbers.on_call is not None else None

    def call_back_day(self, now: datetime) -> date:
        """The day by whose end the secretary will have called back: the first with reception from two hours on."""
        at = now + timedelta(hours=2)
        for _ in range(14 * 24):
            if self.reception_open(at):
                return at.date()
            at = at.replace(minute=0) + timedelta(hours=1)
        return now.date() + timedelta(days=1)


def _common_words(own: tuple[str, ...]) -> tuple[str, ...]:
    """What callers of any practice say for a motive that bears one of the common names."""
    said = [fold(word) for word in own]
    return tuple(
        word for key, words in _motive_words().items() if any(fold(key) in own for own in said) for word in words
    )


@cache
def _motive_words() -> dict[str, list[str]]:
    path = Path(__file__).with_name("motives.toml")
    return dict(tomllib.loads(path.read_text(encoding="utf-8")))
