"""What the service does once a day by itself: purge what has served its time, then back up what is left.

At night where the service runs at night, else as soon as it has run for a while; between calls, never in the middle of
one, as long as there is a gap between calls. A clock that may be wrong deletes nothing: the log says so, and a file
that ``voicebot doctor`` reads; the backup is made all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from voicebot.errors import VoicebotError
from voicebot.practice.schema import Practice
from voicebot.vault.audit import Audit, Clock
from voicebot.vault.backups import expire
from voicebot.vault.retention import DoubtfulClockError
from voicebot.vault.vault import Vault

log = logging.getLogger("voicebot.maintenance")

LOOK_SECONDS = 60.0
"""How often it is looked whether the time has come, s."""

NIGHT = range(3, 5)
"""Hours at which nobody calls."""

RESTED = timedelta(hours=12)
"""Least time between two nights' works."""

LATE = timedelta(hours=30)
"""After this the night is not waited for: the machine is off at night."""

SETTLED = timedelta(minutes=10)
"""How long a service runs before it does what is late."""

PATIENCE = timedelta(hours=2)
"""How long calls may put it off."""

AGAIN = timedelta(hours=1)
"""How long after a failure it is tried again."""

DOUBT = "clock.doubted"
"""The file in the data directory that says why nothing is purged."""


class Maintenance:
    """The daily work. ``live_calls`` says how many calls are under way."""

    def __init__(
        self,
        vault: Vault,
        audit: Audit,
        clock: Clock,
        data: Path,
        rules: Callable[[], Practice],
        live_calls: Callable[[], int],
    ) -> None:
        self._vault, self._audit, self._clock, self._data = vault, audit, clock, data
        self._rules, self._live_calls = rules, live_calls
        self._started = clock.now()
        self._waiting: datetime | None = None
        self._failed: datetime | None = None
        self._done: datetime | None = None

    def due(self) -> bool:
        """Whether the time has come."""
        now = self._clock.now()
        # Times that lie ahead were written by a clock that has been set back since: they count for nothing.
        if self._failed is not None and self._failed <= now < self._failed + AGAIN:
            return False
        last = max((at for at in (self._vault.last_purge(), self._done) if at is not None and at <= now), default=None)
        rested = last is None or now - last >= RESTED
        late = (last is None or now - last >= LATE) and now - self._started >= SETTLED
        if not (rested and (now.hour in NIGHT or late)):
            self._waiting = None
            return False
        self._waiting = self._waiting or now
        return self._live_calls() == 0 or now - self._waiting >= PATIENCE

    def work(self) -> None:
        """Purge, back up, let old backups expire, and say in the log where the trail ends. Blocking.

        Raises:
            VoicebotError: the disk is full or broken; what was done stays done.
        """
        now, directory, doubt = self._clock.now(), self._data / "backups", self._data / DOUBT
        done = "nothing purged"
        try:
            receipt = self._vault.purge(actor="service")
        except DoubtfulClockError as error:
            log.error("nothing is purged and no backup expires: %s", error)
            doubt.write_text(f"{error}\n", encoding="utf-8")
        else:
            done = f"purge {receipt.code}: {sum(receipt.counts.values())} rows"
            doubt.unlink(missing_ok=True)
        self._vault.sync_ledger()
        self._vault.backup(directory, actor="service")
        expired = 0 if doubt.exists() else expire(directory, now, self._rules().retention.backups)
        self._done = now
        # The log is kept by others (journald): an end of the trail that whoever rewrites the database cannot reach.
        log.warning("%s; backed up, %d backups expired; audit trail %s", done, expired, self._audit.head().code)

    async def run(self) -> None:
        """Look every minute, for ever; a failure is said and tried again an hour later."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                if await asyncio.to_thread(self.due):
                    await asyncio.to_thread(self.work)
                    self._waiting = None
            except VoicebotError as error:
                self._failed = self._clock.now()
                log.error("the daily purge and backup failed: %s", error)
            except Exception as error:
                # Whatever it is, calls go on; its text may hold what must not be in a log.
                self._failed = self._clock.now()
                log.error("the daily purge and backup failed: %s", type(error).__name__)


def note_rules(audit: Audit, practice: Practice) -> None:
    """Write in the audit trail which rules hold from now on, whoever changed the file and however."""
    version = practice.version[:16]
    last = audit.entries(action="rule.taken-up", limit=1)
    if not last or last[0].detail["version"] != version:
        audit.record("service", "rule.taken-up", None, {"version": version})
