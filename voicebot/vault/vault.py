"""The vault: what the desk, the service and the terminal may do with what is kept about people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from voicebot.database import Connections
from voicebot.vault.audit import Audit, Clock
from voicebot.vault.backups import Backup, write_backup
from voicebot.vault.erase import Eraser
from voicebot.vault.erasures import FILE_NAME as LEDGER
from voicebot.vault.export import Access, Export, Exporter
from voicebot.vault.forgetting import forget
from voicebot.vault.receipts import Receipt
from voicebot.vault.retention import Days, Retention


class Settings(Protocol):
    """What the vault takes from the practice's file."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def retention(self) -> Days: ...  # noqa: D102


class Vault:
    """Erasure, access, retention, each with its line in the audit trail. Blocking; threads may share it.

    ``actor`` is who asks: ``user:ID``, ``terminal:LOGIN``, ``call:ID`` or ``service``.
    """

    def __init__(
        self, connect: Connections, clock: Clock, audit: Audit, rules: Callable[[], Settings], data: Path
    ) -> None:
        self._connect, self._clock, self._audit, self._rules = connect, clock, audit, rules
        self._eraser = Eraser(connect, clock, audit, data / LEDGER)
        self._exporter = Exporter(connect, clock, audit, rules().name)
        self._retention = Retention(connect, clock, audit)

    def erase_call(self, call_id: str, *, actor: str) -> Receipt:
        """«Effacez mon appel»: delete at once all that a call left but what it settled."""
        return self._eraser.call(call_id, actor=actor)

    def erase_patient(self, patient_id: str, *, actor: str, even_booked: bool = False) -> Receipt:
        """Delete a patient. Raises AgendaError: none such, or appointments to come stand."""
        return self._eraser.patient(patient_id, actor=actor, even_booked=even_booked)

    def export_patient(self, patient_id: str, *, actor: str) -> Export:
        """All that is kept about a patient, in two forms. Raises AgendaError: there is no such patient."""
        return self._exporter.patient(patient_id, actor=actor)

    def accesses(self, patient_id: str) -> list[Access]:
        """Who read or changed what about a patient."""
        return self._exporter.accesses(patient_id)

    def last_purge(self) -> datetime | None:
        """When the last purge was done."""
        return self._retention.last()

    def purge(self, *, actor: str, clock_is_right: bool = False) -> Receipt:
        """Delete what has served its time.

        Raises:
            DoubtfulClockError: the clock may be wrong, and no person says that it is right; nothing was deleted.
        """
        return self._retention.purge(self._rules().retention, actor=actor, clock_is_right=clock_is_right)

    def doubt_about_clock(self) -> str | None:
        """What is odd about the clock, where it may not be relied on to delete anything."""
        return self._retention.doubt()

    def sync_ledger(self) -> None:
        """Bring the file of erasures up to what the database knows, should it have been lost."""
        self._eraser.sync_ledger()

    def backup(self, directory: Path, *, actor: str) -> Backup:
        """Write a verified backup, and erase from the older ones there who was erased since.

        Raises:
            UnavailableError, ConfigurationError: the disk or the directory.
        """
        made = write_backup(self._connect, directory, self._clock.now())
        done = forget(self._connect, directory)
        detail = {"bytes": made.bytes, "trail": made.audit.code, "rewritten": done.rewritten, "left": done.left}
        self._audit.record(actor, "backup", None, detail)
        return made
