"""Receipts: the proof of an erasure or a purge. They count; they name no one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

ALPHABET = "23456789ACDEFGHJKMNPQRTUVWXY"
"""Digits and capitals that are not taken for one another, on paper or on the phone."""


@dataclass(frozen=True)
class Receipt:
    """What was deleted, and when."""

    code: str
    """Such as ``K7M2-4QRT``: found again in the audit trail."""
    at: datetime
    kind: str
    """``call``, ``patient`` or ``purge``."""
    counts: Mapping[str, int]
    """Rows deleted, by what they were."""
    clean: bool = True
    """Whether the log was emptied too; a reader may delay it until the next purge."""

    def as_json(self) -> dict[str, Any]:
        """One JSON object."""
        return {**asdict(self), "at": self.at.isoformat(timespec="seconds"), "counts": dict(self.counts)}


def new_code() -> str:
    """A fresh code: 38 bits, so that two never meet in a practice."""
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"
