"""What was named together: days and hours, wanted or refused, and how it hangs on what was named before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from voicebot.french.time.nodes import Days, Exact, Hours

EITHER = ("or", "else")
"""Joins of alternatives: « ou », « sinon »."""
SHARING = ("or", "and", "comma", "list")
"""Joins across which the last hours or week of a list hold for all of it; « sinon » begins anew."""
ALTERNATIVE = (*SHARING, "else")
"""Joins after which one more possibility is named."""


@dataclass
class Term:
    """Days and hours that stand together, wanted (``sign`` 1) or refused (−1)."""

    sign: int
    join: str
    """How it hangs on the term before: ``or``, ``else`` (« sinon »), ``and``, ``comma``, ``list`` (no word between),
    ``but``, ``plutot``, ``correct``; empty for the first."""
    days: list[Days] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    sets: list[Exact] = field(default_factory=list)
    hours_first: bool = False
    """Whether the hours were said in front of the day."""
    corrects: bool = False
    """Whether it replaces what was said before."""
    segment: int = 0
    """Number of its clause."""
    inherited: bool = False
    """Whether its content has gone into other terms, so that it names no time itself."""
    excepts: bool = False
    """Named after « sauf »: after a refusal it is what the refusal spares."""
    denied: bool = False
    """Named right after « pas » or « sauf », not told as an occupation."""
    opposed: bool = False
    """Named right after a refused one: « pas mardi, mercredi » wants the second."""

    @property
    def is_narrow(self) -> bool:
        """Whether a weekday or a date was named."""
        return any(day.kind in ("weekday", "date") for day in self.days)

    @property
    def has_span(self) -> bool:
        """Whether a week, a month or another stretch was named."""
        return any(day.kind == "span" for day in self.days)

    @property
    def hours_only(self) -> bool:
        """Whether no day was named."""
        return bool(self.hours) and not self.days and not self.sets

    @property
    def days_only(self) -> bool:
        """Whether no hour was named."""
        return bool(self.days) and not self.hours


def narrows_days(days: Sequence[Days], new: Days) -> bool:
    """Whether days without a word between them narrow one another (« mardi la semaine prochaine »)."""
    narrow = [d for d in days if d.kind in ("weekday", "date")]
    if new.kind == "every" and any(d.kind in ("every", "weekday") for d in days):
        return False
    if new.kind == "span" and not narrow and all(d.kind == "span" and not d.mask & new.mask for d in days):
        return not all(d.mask for d in days)  # « fin janvier début février »: one or the other
    if new.kind not in ("weekday", "date"):
        return True
    if not narrow:
        return not (new.kind == "weekday" and any(d.kind == "every" for d in days))
    kinds = {d.kind for d in narrow} | {new.kind}
    return len(kinds) == 2 and any(d.mask & new.mask or d.wide & new.mask or d.mask & new.wide for d in narrow)


def narrows_hours(hours: Sequence[Hours], new: Hours) -> bool:
    """Whether hours without a word between them narrow one another (« le matin à dix heures »)."""
    if all(h.kind == "point" for h in hours) and new.kind == "point":
        return False
    if new.kind == "part" and any(
        old.kind == "part" and old.mask & ~new.mask and new.mask & ~old.mask for old in hours
    ):
        return False  # « fin d'après-midi début de soirée »: the one or the other
    return all(_reach(old) & _reach(new) for old in hours)


def _reach(hours: Hours) -> int:
    return hours.mask | hours.other | hours.lenient
