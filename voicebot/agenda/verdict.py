"""The nouns of a decision: what is asked, what is known of the patient, and the answer with the rule that decided."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from voicebot.ports import PatientKind
from voicebot.practice.schema import Where


@cache
def _reasons() -> Mapping[str, str]:
    return tomllib.loads((Path(__file__).parent / "reasons.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Verdict:
    """Yes or no, the rule that decided and its place in the practice's file."""

    bookable: bool
    rule: str
    """A key of ``reasons.toml``."""
    reason: str
    """In French."""
    where: Where | None = None
    practitioner: str | None = None
    site: str | None = None
    end: datetime | None = None

    def __str__(self) -> str:
        place = f"{self.where.file}:{self.where.line}: {self.where.key}: " if self.where else ""
        return place + self.reason


@dataclass(frozen=True)
class PatientFacts:
    """What rules ask about a patient who has been identified."""

    birth_date: date | None = None
    own_doctor: str | None = None
    same_motive: tuple[date, ...] = ()
    """Days of this patient's other appointments for the motive, past and to come."""
    spans: tuple[tuple[int, int], ...] = ()
    """This patient's appointments, UTC minutes."""


@dataclass(frozen=True)
class Request:
    """An appointment that is asked for."""

    motive: str
    start: datetime
    patient: PatientKind
    practitioner: str
    by: Literal["assistant", "person"] = "assistant"
    """Notice, horizon, daily limits and «only a person» bind the assistant alone."""
    facts: PatientFacts | None = None
    overbook: bool = False
    """A secretary's deliberate overbooking: collisions and hours do not count."""


def yes(where: Where, practitioner: str, site: str, end: datetime) -> Verdict:
    """A positive verdict."""
    return Verdict(True, "yes", _reasons()["yes"], where, practitioner, site, end)


def reason(code: str, where: Where | None = None, **values: object) -> Verdict:
    """A negative verdict by its code."""
    return Verdict(False, code, _reasons()[code].format(**values), where)


def nearest(verdicts: Iterable[Verdict]) -> Verdict:
    """Of verdicts on several practitioners a yes, else the one that is nearest to a yes."""
    return max(verdicts, key=lambda verdict: _NEARNESS.index(verdict.rule))


_NEARNESS = (
    *("unknown_motive", "unknown_practitioner", "nonexistent", "person_only", "known_only", "new_only", "not_theirs"),
    *("past", "notice", "horizon", "closed_day", "holiday", "exception_closed", "exception_hours", "substituted"),
    *("closed_hour", "other_motives", "too_long", "absent", "grid", "day_full", "resource_absent", "resource_taken"),
    *("taken", "too_young", "too_old", "own_doctor", "spacing", "patient_busy", "yes"),
)
"""Verdicts on several practitioners, from the furthest from a yes to the yes."""
