"""Retention: what has served its time is deleted, every day and on demand. What is counted names no one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from voicebot.errors import UnavailableError
from voicebot.vault.audit import Audit, Clock
from voicebot.vault.inventory import inventory
from voicebot.vault.receipts import Receipt, new_code
from voicebot.vault.scrub import scrub
from voicebot.vault.timekeeping import is_synchronised
from voicebot.vault.transaction import write

LONGEST_GAP = timedelta(days=35)
"""Purges are daily. After a longer gap than the longest holiday the clock may have jumped, and what is deleted by a
wrong clock does not come back."""


class DoubtfulClockError(UnavailableError):
    """The clock is so far ahead of the last purge that it may be wrong; nothing was deleted."""


class Days(Protocol):
    """``[retention]`` of the practice's file, days."""

    @property
    def transcript(self) -> int: ...  # noqa: D102
    @property
    def calls(self) -> int: ...  # noqa: D102
    @property
    def unidentified(self) -> int: ...  # noqa: D102
    @property
    def past_appointments(self) -> int: ...  # noqa: D102
    @property
    def audit(self) -> int: ...  # noqa: D102


IDENTIFIED = "select call from call_event where event in ('committed', 'identified', 'callback')"
"""The calls that concern someone whom the practice knows or must call back."""

STEPS: tuple[tuple[str, str, str], ...] = (
    (
        "transcripts",
        "transcript",
        "delete from call_event where event in ('heard', 'said', 'understood') and at < :before",
    ),
    (
        "unidentified",
        "unidentified",
        f"delete from call_event where at < :before and call not in ({IDENTIFIED})",  # noqa: S608
    ),
    ("calls", "calls", "delete from call_event where at < :before"),
    # Whoever came stays known as someone who came, though the appointments go.
    (
        "",
        "past_appointments",
        "update patient set last_visit = max(coalesce(last_visit, ''), visit.day) from"
        " (select patient_id, max(substr(wall_end, 1, 10)) as day from appointment"
        "  where status in ('done', 'booked') and wall_end < :before group by patient_id) as visit"
        " where visit.patient_id = patient.id",
    ),
    (
        "",
        "past_appointments",
        "update appointment set moved_from = null where moved_from in"
        " (select id from appointment where wall_end < :before)",
    ),
    ("appointments", "past_appointments", "delete from appointment where wall_end < :before"),
    (
        "",
        "past_appointments",
        "delete from act where at < :before and appointment_id not in (select id from appointment)",
    ),
    (
        "",
        "past_appointments",
        "delete from outbox where at < :before and appointment_id not in (select id from appointment)",
    ),
    ("waiting", "past_appointments", "delete from waitlist where created_at < :before"),
    (
        "patients",
        "unidentified",
        # A caller who left nothing: no appointment past or to come, nothing waited for, never settled by anyone.
        "delete from patient where source = 'phone' and status = 'provisoire' and marked_known = 0"
        " and created_at < :before and last_visit is null"
        " and id not in (select patient_id from appointment where patient_id is not null)"
        " and id not in (select patient_id from waitlist)",
    ),
    (
        "",
        "audit",
        "delete from subject_key where subject not in (select id from patient)"
        " and subject not in (select dropped from patient_merge) and subject not in (select call from call_event)",
    ),
)
"""What is counted as what, whose days count, and the statement; beside the simple ones of the inventory."""


class Retention:
    """Deletes what has served its time. Threads may share it."""

    def __init__(self, connect: Callable[[], Any], clock: Clock, audit: Audit) -> None:
        self._connect = connect
        self._clock = clock
        self._audit = audit

    def purge(self, days: Days, *, actor: str, clock_is_right: bool = False) -> Receipt:
        """Delete, rewrite the database so that nothing of it stays, and return the receipt.

        Raises:
            DoubtfulClockError: the clock may be wrong, and no person says that it is right.
        """
        now, code = self._clock.now(), new_code()
        if not clock_is_right and (doubt := self.doubt()) is not None:
            raise DoubtfulClockError(doubt)
        database = self._connect()
        try:
            connection = database.conn
            with write(connection):
                counts = self._delete(connection, days, now)
                detail = {"receipt": code, **counts, "trimmed_to": self._audit.base(connection)}
                self._audit.append(connection, actor, "purge", None, detail)
            self._audit.write_anchor()
            clean = scrub(connection)
        finally:
            database.close()
        return Receipt(code, now, "purge", counts, clean)

    def doubt(self) -> str | None:
        """What is odd about the clock and how to settle it; None where it may be relied on."""
        now, last = self._clock.now(), self.last() or self._audit.began()
        if last is None or now - last <= LONGEST_GAP or is_synchronised(now):
            return None
        return (
            f"the clock says {now:%Y-%m-%d}, {(now - last).days} days after the last purge: set it right; or, where it"
            " is right because this was off for so long, run: voicebot purge --clock-is-right"
        )

    def last(self) -> datetime | None:
        """When it was last done."""
        entries = self._audit.entries(action="purge", limit=1)
        return datetime.fromisoformat(entries[0].at) if entries else None

    def _delete(self, connection: Any, days: Days, now: datetime) -> dict[str, int]:
        counts: dict[str, int] = {}
        simple = tuple(
            (table.name, table.kept, f"delete from {table.name} where {table.old}")  # noqa: S608 (our own file)
            for table in inventory()
            if table.old
        )
        for name, kind, statement in simple + STEPS:
            before = now - timedelta(days=getattr(days, kind))
            text = before.isoformat(timespec="seconds")
            count = connection.execute(statement, {"before": text}).rowcount
            if name:
                counts[name] = counts.get(name, 0) + count
        counts["audit"] = self._audit.trim(connection, now - timedelta(days=days.audit))
        return counts
