"""What the dialogue reads of ``voicebot.practice.schema.Practice``, as protocols: thinking imports no other package."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol


class _Motive(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def practitioners(self) -> tuple[str, ...]: ...
    @property
    def patients(self) -> Literal["all", "new", "known"]: ...
    @property
    def own_doctor(self) -> bool: ...
    @property
    def bookable_by(self) -> Literal["assistant", "person"]: ...
    @property
    def instructions(self) -> str: ...
    @property
    def sensitive(self) -> bool: ...
    @property
    def horizon_days(self) -> int: ...
    @property
    def cancel_cutoff(self) -> int: ...


class _Practitioner(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...


class _Transfer(Protocol):
    @property
    def secretary(self) -> str | None: ...
    @property
    def on_call(self) -> str | None: ...


class _OutsideHours(Protocol):
    @property
    def action(self) -> Literal["book", "message", "transfer"]: ...
    @property
    def message(self) -> str: ...


class _Manner(Protocol):
    @property
    def mode(self) -> Literal["normal", "consultation", "closed"]: ...
    @property
    def elder(self) -> bool: ...


class _Retention(Protocol):
    @property
    def transcript(self) -> int: ...


class PracticeFile(Protocol):
    """The part of ``voicebot.practice.schema.Practice`` that the dialogue reads."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def motives(self) -> Mapping[str, _Motive]: ...  # noqa: D102
    @property
    def practitioners(self) -> Mapping[str, _Practitioner]: ...  # noqa: D102
    @property
    def transcript(self) -> Literal["on", "ask", "off"]: ...  # noqa: D102
    @property
    def transfer(self) -> _Transfer: ...  # noqa: D102
    @property
    def answers(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def answer_words(self) -> Mapping[str, tuple[str, ...]]: ...  # noqa: D102
    @property
    def phrases(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def retention(self) -> _Retention: ...  # noqa: D102
    @property
    def outside_hours(self) -> _OutsideHours: ...  # noqa: D102
    @property
    def manner(self) -> _Manner: ...  # noqa: D102
    @property
    def reception(self) -> tuple[object, ...]: ...  # noqa: D102
    def reception_open(self, at: datetime) -> bool:
        """Whether a person answers at this local time."""
