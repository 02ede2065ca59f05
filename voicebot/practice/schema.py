"""The nouns of a practice's file: what ``practice.toml`` says, validated.

Clock times inside a day are minutes after local midnight; an end above 1440 lies on the next day. Every rule knows its
place in the file (``where``), so that an explanation can point at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from voicebot.practice.calendars import public_holiday

GRANULE_MINUTES = 5
"""Every duration, buffer, grid and opening hour is a multiple of this, min."""


@dataclass(frozen=True)
class Where:
    """A place in the practice's file."""

    file: str
    key: str
    line: int


@dataclass(frozen=True)
class Problem:
    """One error or warning: where it is, what is wrong and how to mend it (French)."""

    where: Where
    text: str
    code: str = field(default="", compare=False)
    """Its key in ``messages.toml``, for those who say it in other words."""
    values: Mapping[str, object] = field(default_factory=dict, compare=False)
    """What stands in the braces of the message."""

    def __str__(self) -> str:
        key = f"{self.where.key}: " if self.where.key else ""
        return f"{self.where.file}:{self.where.line}: {key}{self.text}"


@dataclass(frozen=True)
class Hours:
    """A half-open part of the day, min after local midnight."""

    start: int
    end: int


@dataclass(frozen=True)
class Site:
    """A place where the practice receives."""

    id: str
    name: str
    address: str
    where: Where


@dataclass(frozen=True)
class Practitioner:
    """Someone whom an appointment is with."""

    id: str
    name: str
    """As spoken: «le docteur Lefèvre»."""
    profession: str
    words: tuple[str, ...]
    """What callers also say for this person."""
    assistant_per_day: int | None
    """How many appointments a day the assistant may take with this person, or None."""
    where: Where


@dataclass(frozen=True)
class Resource:
    """A room or a device."""

    id: str
    kind: str
    name: str
    where: Where


@dataclass(frozen=True)
class Motive:
    """A reason for an appointment, with its rules. Durations in minutes."""

    id: str
    label: str
    """As spoken: «une consultation»."""
    words: tuple[str, ...]
    practitioners: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    """Resources needed together: for each need, the resources that would do."""
    duration: int
    new_duration: int
    """For a new patient."""
    buffer_before: int
    buffer_after: int
    grid: int
    """Starts lie on multiples of this after local midnight."""
    notice: int
    horizon_days: int
    cancel_cutoff: int
    """The assistant cancels or moves up to this long before the start."""
    patients: Literal["all", "new", "known"]
    min_age: int | None
    max_age: int | None
    """Whole years on the day of the appointment, inclusive."""
    spacing_days: int
    """Least number of days between two appointments of one patient for this motive."""
    own_doctor: bool
    bookable_by: Literal["assistant", "person"]
    assistant_per_day: int | None
    instructions: str
    sensitive: bool
    where: Where

    def minutes(self, patient: Literal["new", "known"]) -> int:
        """Duration for a kind of patient, min."""
        return self.new_duration if patient == "new" else self.duration


@dataclass(frozen=True)
class Opening:
    """Recurring hours of some practitioners at a site for some motives. Empty tuples mean all."""

    practitioners: tuple[str, ...]
    site: str
    motives: tuple[str, ...]
    days: frozenset[int]
    """Weekdays, Monday is 0; empty when ``rrule`` is given."""
    rrule: str | None
    """RFC 5545 recurrence rule, counted from ``valid_from``."""
    hours: tuple[Hours, ...]
    valid_from: date | None
    valid_to: date | None
    public_holidays: Literal["closed", "open", "only"]
    school_holidays: Literal["any", "never", "only"]
    where: Where


@dataclass(frozen=True)
class DayException:
    """Dates on which other hours hold, or none. The last in the file that matches wins."""

    first: date
    last: date
    practitioners: tuple[str, ...]
    site: str | None
    motives: tuple[str, ...]
    hours: tuple[Hours, ...]
    """Empty means closed."""
    label: str
    where: Where

    @property
    def whole(self) -> bool:
        """Whether it is about the whole practice."""
        return not self.practitioners and self.site is None and not self.motives


@dataclass(frozen=True)
class Absence:
    """Time at which a practitioner or a resource is not there: a range, or hours of recurring weekdays."""

    who: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    days: frozenset[int]
    hours: tuple[Hours, ...]
    label: str
    where: Where


@dataclass(frozen=True)
class Substitution:
    """``substitute`` takes over the openings and motives of ``practitioner`` from ``first`` to ``last``."""

    practitioner: str
    substitute: str
    first: date
    last: date
    where: Where


@dataclass(frozen=True)
class OutsideHours:
    """What a call meets while nobody is at reception."""

    action: Literal["book", "message", "transfer"]
    message: str


@dataclass(frozen=True)
class Manner:
    """How calls are taken."""

    mode: Literal["normal", "consultation", "closed"]
    """``consultation``: nobody is rung but for signs of an emergency. ``closed``: as outside reception hours."""
    elder: bool
    """Every call is slow, with one offer at a time; otherwise only those of callers who ask for it."""


@dataclass(frozen=True)
class Reception:
    """Hours at which a person answers at the practice."""

    days: frozenset[int]
    hours: tuple[Hours, ...]


@dataclass(frozen=True)
class Registration:
    """The trunk or PBX account. The password stays in its own file."""

    registrar: str
    username: str
    password_file: Path
    expires: int
    """s."""
    transport: Literal["UDP", "TCP", "TLS"] = "UDP"
    ca_file: Path | None = None
    """Whose certificates are believed over TLS; None: this machine's CAs."""


@dataclass(frozen=True)
class Sip:
    """Where calls come from."""

    bind: str
    port: int
    allow: tuple[IPv4Network | IPv6Network, ...]
    registration: Registration | None
    srtp: Literal["if-offered", "required"] = "if-offered"
    """Encrypted sound: where the other side offers it, or nothing else."""


@dataclass(frozen=True)
class Transfer:
    """The only numbers that are ever dialled (E.164 or sip URI)."""

    secretary: str | None
    on_call: str | None
    ring_seconds: int
    """How long it rings before the caller comes back to the assistant, s."""
    method: Literal["auto", "bridge"] = "auto"
    """``auto`` asks the trunk to connect the two (REFER) and rings from here where it refuses; ``bridge`` always
    rings from here."""
    accept_key: str | None = None
    """The key that whoever answers presses to take the call, so that no answering machine gets it; None: none."""
    overflow: Literal["redirect", "busy"] = "redirect"
    """What a call meets that does not fit: the secretary's telephone (302), or the busy tone (486)."""


@dataclass(frozen=True)
class Retention:
    """How long things are kept, days."""

    transcript: int
    calls: int
    unidentified: int
    past_appointments: int
    audit: int
    backups: int


@dataclass(frozen=True)
class Practice:
    """One practice: everything its file says."""

    directory: Path
    version: str
    """Hash of the file: two equal versions are equal rules."""
    name: str
    phone: str
    zone: ZoneInfo
    holiday_zone: str | None
    """A name of ``voicebot.practice.calendars``, or None when public holidays do not matter."""
    school_zone: str | None
    hold_minutes: int
    sites: Mapping[str, Site]
    practitioners: Mapping[str, Practitioner]
    resources: Mapping[str, Resource]
    motives: Mapping[str, Motive]
    openings: tuple[Opening, ...]
    exceptions: tuple[DayException, ...]
    absences: tuple[Absence, ...]
    substitutions: tuple[Substitution, ...]
    reception: tuple[Reception, ...]
    outside_hours: OutsideHours
    manner: Manner
    sip: Sip
    transcript: Literal["on", "ask", "off"]
    transfer: Transfer
    answers: Mapping[str, str]
    answer_words: Mapping[str, tuple[str, ...]]
    """What callers say for an answer, beside its name."""
    phrases: Mapping[str, str]
    retention: Retention
    where: Where
    """The ``[practice]`` table."""
    holiday_where: Where
    """Where the zone of public holidays is chosen."""
    warnings: tuple[Problem, ...] = field(default=(), compare=False)

    def _closed_on(self, day: date) -> bool:
        ruling = [rule for rule in self.exceptions if rule.whole and rule.first <= day <= rule.last]
        return not ruling[-1].hours if ruling else public_holiday(self.holiday_zone, day) is not None

    def name_of(self, practitioner: str) -> str:
        """The spoken name of a practitioner; the id itself when the rules no longer know it."""
        known = self.practitioners.get(practitioner)
        return known.name if known else practitioner

    def reception_open(self, at: datetime) -> bool:
        """Whether a person answers at this local time: nobody does on public holidays, or while all is closed."""
        minute = at.hour * 60 + at.minute
        if self._closed_on(at.date()):
            return False
        return any(
            (at.weekday() in rule.days and any(h.start <= minute < h.end for h in rule.hours))
            or ((at.weekday() - 1) % 7 in rule.days and any(h.start <= minute + 1440 < h.end for h in rule.hours))
            for rule in self.reception
        )
