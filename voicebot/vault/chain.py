"""The hash chain of the audit trail: each row's hash covers the row and the hash before it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from voicebot.vault.anchor import Anchor

GENESIS = "0" * 64
"""What the first row is chained on."""

TRIMS = "purge"
"""The action whose row says in ``trimmed_to`` up to which row the trail was let go."""

SHOWN = 10
"""Problems that are listed; a trail that was rewritten would list thousands."""


@dataclass(frozen=True)
class Verification:
    """What recomputing the chain found."""

    rows: int
    head: Anchor
    problems: tuple[str, ...]
    """Each says what is wrong and where; empty when the trail is whole."""

    @property
    def ok(self) -> bool:
        """Whether the trail is whole."""
        return not self.problems


def link(previous: str, seq: int, *fields: str | None) -> str:
    """The hash of a row (SHA-256, hexadecimal): at, actor, action, subject, detail and sealed, after ``previous``."""
    content = json.dumps([previous, seq, *fields], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def verify(
    rows: Iterable[Sequence[Any]],
    base: Anchor,
    anchors: Sequence[Anchor],
    problems: Sequence[str] = (),
    kept_since: datetime | None = None,
) -> Verification:
    """Recompute a chain.

    Args:
        rows: seq, at, actor, action, subject, detail, sealed and hash, by seq.
        base: where the trail was trimmed.
        anchors: ends of the trail that were noted elsewhere at some time; a hash may be its beginning only.
        problems: what was already found.
        kept_since: rows from then on may not have been trimmed.
    """
    found = list(problems)
    if base.seq and kept_since is not None and base.at >= kept_since.isoformat(timespec="seconds"):
        found.append(f"rows up to {base.seq} of {base.at} were removed before their time")
    trimmed_to = 0
    noted: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        noted.setdefault(anchor.seq, []).append(anchor)
    head, count = base, 0
    for seq, *fields, stored in rows:
        if seq != head.seq + 1:
            found.append(f"rows {head.seq + 1} to {seq - 1} are missing")
        if link(head.hash, seq, *fields) != stored:
            found.append(f"row {seq} was changed, or a row before it was removed")
        # The stored hash goes on, so that one change is told once.
        head, count = Anchor(seq, stored, fields[0]), count + 1
        if fields[2] == TRIMS:
            trimmed_to = _trimmed_to(fields[4]) or trimmed_to
        for anchor in noted.get(seq, ()):
            if not stored.startswith(anchor.hash):
                found.append(f"row {seq} is not the one that was anchored on {anchor.at}: the trail was rewritten")
    # The base lies outside the chain; the purge that moved it is in the chain.
    if base.seq > trimmed_to:
        found.append(f"rows up to {base.seq} are missing, and the last purge let go of those up to {trimmed_to} only")
    for anchor in anchors:
        if anchor.seq > head.seq:
            found.append(f"the trail ends at row {head.seq}, but row {anchor.seq} was anchored: its end is missing")
        elif anchor.seq == base.seq and anchor.seq and not base.hash.startswith(anchor.hash):
            found.append(f"the trail's base, row {base.seq}, is not the one that was anchored: the trail was rewritten")
    shown = found[:SHOWN] + ([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])
    return Verification(count, head, tuple(shown))


def _trimmed_to(detail: str) -> int | None:
    try:
        value = json.loads(detail).get("trimmed_to")
    except (ValueError, AttributeError):
        return None  # a row that was changed: its hash has said so
    return value if isinstance(value, int) else None
