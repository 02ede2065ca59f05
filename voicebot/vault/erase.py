"""Erasure: one call, at once, by voice or at the desk; one patient, under article 17 of the GDPR.

What stays is a redacted stub in the audit trail (an opaque id, a date, counts) and the ledger of erasures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from voicebot.errors import AgendaError, UnavailableError
from voicebot.vault.audit import Audit, Clock
from voicebot.vault.erasures import Erasure, add_to_ledger, store_erasure, stored_erasures
from voicebot.vault.inventory import inventory
from voicebot.vault.receipts import Receipt, new_code
from voicebot.vault.scrub import is_small, scrub
from voicebot.vault.traces import files_of, traces_of
from voicebot.vault.transaction import write

MESSAGES = (
    (
        "call_event",
        "update call_event set data = json_remove(data, '$.message') where call = :call and event = 'callback'"
        " and json_extract(data, '$.message') is not null",
    ),
    ("todo", "update todo set message = null where call = :call and message is not null"),
)
"""Table and statement: a call-back that was promised outlives the call's erasure, what was said for it does not."""


class Eraser:
    """Erases calls and patients. Threads may share it.

    Args:
        connect: opens a connection (``Workspace.connect``).
        ledger: the file of erasures, beside the database.
    """

    def __init__(self, connect: Callable[[], Any], clock: Clock, audit: Audit, ledger: Path) -> None:
        self._connect = connect
        self._clock = clock
        self._audit = audit
        self._ledger = ledger

    def call(self, call_id: str, *, actor: str) -> Receipt:
        """Delete what a call left: its words, a message, questions, offers and timings. Works while the call goes on.

        What the call has settled stays: the appointment, and a call-back that was promised, without its message.
        """

        def delete(connection: Any) -> tuple[dict[str, int], list[str]]:
            return erase_call_rows(connection, call_id), [call_id]

        return self._erase("call", call_id, actor, delete)

    def patient(self, patient_id: str, *, actor: str, even_booked: bool = False) -> Receipt:
        """Delete a patient, the appointments, the waiting and the texts of the patient's calls; destroy the key.

        Raises:
            AgendaError: there is no such patient, or appointments to come stand (cancel them first, or
                ``even_booked``).
        """

        def delete(connection: Any) -> tuple[dict[str, int], list[str]]:
            if connection.execute("select 1 from patient where id = ?", (patient_id,)).fetchone() is None:
                raise AgendaError("there is no such patient; find one with: voicebot patient find")
            now = self._clock.now().isoformat(timespec="minutes")
            to_come = connection.execute(
                "select count(*) from appointment where patient_id = ? and status = 'booked' and wall_end > ?",
                (patient_id, now),
            ).fetchone()[0]
            if to_come and not even_booked:
                raise AgendaError(
                    f"{to_come} appointments to come stand: cancel them first, so that agendas elsewhere are told"
                )
            # Older backups know the patient by the files that were put together since.
            files = files_of(connection, patient_id)
            return erase_patient_rows(connection, patient_id), files

        return self._erase("patient", patient_id, actor, delete)

    def _erase(
        self,
        kind: Literal["call", "patient"],
        id: str,
        actor: str,
        delete: Callable[[Any], tuple[dict[str, int], list[str]]],
    ) -> Receipt:
        now, code = self._clock.now(), new_code()
        at = now.isoformat(timespec="seconds")
        database = self._connect()
        try:
            connection = database.conn
            with write(connection):
                counts, ids = delete(connection)
                erasures = [Erasure(code if one == id else new_code(), kind, one, at) for one in ids]
                for erasure in erasures:
                    store_erasure(connection, erasure)
                detail = {"receipt": code, "rows": sum(counts.values())}
                self._audit.append(connection, actor, f"{kind}.erased", id, detail)
            self._audit.write_anchor()
            # A full disk must not hide that the erasure is done: the database has it, the next sync brings the file up.
            with suppress(UnavailableError):
                add_to_ledger(self._ledger, erasures)
            clean = scrub(connection, rewrite=kind == "patient" and is_small(connection))
        finally:
            database.close()
        return Receipt(code, now, kind, counts, clean)

    def sync_ledger(self) -> None:
        """Bring the file up to what the database knows."""
        database = self._connect()
        try:
            add_to_ledger(self._ledger, stored_erasures(database.conn))
        finally:
            database.close()


def erase_call_rows(connection: Any, call_id: str) -> dict[str, int]:
    """Inside a write transaction: delete the rows of a call and the words in what stays, and count them by table."""
    counts = _delete(connection, [(table.name, table.of_call) for table in inventory()], {"call": call_id})
    for table, statement in MESSAGES:
        if count := connection.execute(statement, {"call": call_id}).rowcount:
            counts[table] = counts.get(table, 0) + count
    return counts


def erase_patient_rows(connection: Any, patient_id: str) -> dict[str, int]:
    """Inside a write transaction: delete the rows of a patient, the key included, and count them by table."""
    conditions = [(table.name, table.of_patient) for table in inventory()]
    return _delete(connection, conditions, traces_of(connection, patient_id))


def replay(connection: Any, erasures: Iterable[Erasure]) -> int:
    """Inside a write transaction: erase again what a restored database brought back; returns the rows deleted."""
    deleted = 0
    for erasure in erasures:
        erase = erase_call_rows if erasure.kind == "call" else erase_patient_rows
        deleted += sum(erase(connection, erasure.id).values())
        store_erasure(connection, erasure)
    return deleted


def _delete(connection: Any, conditions: Iterable[tuple[str, str | None]], values: dict[str, str]) -> dict[str, int]:
    counts = {}
    for table, condition in conditions:
        if condition is None:
            continue
        count = connection.execute(f"delete from {table} where {condition}", values).rowcount  # noqa: S608 (our file)
        if count:
            counts[table] = count
    return counts
