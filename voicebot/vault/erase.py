"""Erasure: one call, at once, by voice or at the desk; one patient, under article 17 of the GDPR.

What stays is a redacted stub in the audit trail (an opaque id, a date, counts) and the ledger of erasures.
"""

from __future__ import annotations

import json
import unicodedata
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
from voicebot.vault.transaction import write


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
        """Delete what a call left: its words, questions, offers and timings. Works while the call goes on.

        What the call has settled stays: the appointment, and a call-back that was promised.
        """

        def delete(connection: Any) -> dict[str, int]:
            return erase_call_rows(connection, call_id)

        return self._erase("call", call_id, actor, delete)

    def patient(self, patient_id: str, *, actor: str, even_booked: bool = False) -> Receipt:
        """Delete a patient, the appointments, the waiting and the texts of the patient's calls; destroy the key.

        Raises:
            AgendaError: there is no such patient, or appointments to come stand (cancel them first, or
                ``even_booked``).
        """

        def delete(connection: Any) -> dict[str, int]:
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
            return erase_patient_rows(connection, patient_id)

        return self._erase("patient", patient_id, actor, delete)

    def _erase(
        self, kind: Literal["call", "patient"], id: str, actor: str, delete: Callable[[Any], dict[str, int]]
    ) -> Receipt:
        now, code = self._clock.now(), new_code()
        erasure = Erasure(code, kind, id, now.isoformat(timespec="seconds"))
        database = self._connect()
        try:
            connection = database.conn
            with write(connection):
                counts = delete(connection)
                store_erasure(connection, erasure)
                detail = {"receipt": code, "rows": sum(counts.values())}
                self._audit.append(connection, actor, f"{kind}.erased", id, detail)
            self._audit.write_anchor()
            # A full disk must not hide that the erasure is done: the database has it, the next sync brings the file up.
            with suppress(UnavailableError):
                add_to_ledger(self._ledger, [erasure])
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
    """Inside a write transaction: delete the rows of a call, and count them by table."""
    return _delete(connection, [(table.name, table.of_call) for table in inventory()], {"call": call_id})


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


def traces_of(connection: Any, patient_id: str) -> dict[str, str]:
    """What the inventory's conditions need to find a patient: ``patient``, ``calls`` and ``todos`` (JSON lists)."""
    promised, todos = _promises(connection, patient_id)
    found = {
        call
        for (call,) in connection.execute(
            "select call from call_event where event = 'committed' and json_extract(data, '$.appointment') in"
            " (select id from appointment where patient_id = :patient)"
            " union select call from call_event where event = 'identified'"
            " and json_extract(data, '$.patient') = :patient",
            {"patient": patient_id},
        )
    }
    return {"patient": patient_id, "calls": json.dumps(sorted(found | promised)), "todos": json.dumps(sorted(todos))}


def _promises(connection: Any, patient_id: str) -> tuple[set[str], set[str]]:
    """The calls and the things to do that name a patient without an appointment: call-backs and messages."""
    names = connection.execute(
        "select birth_name, first_name, phone from patient where id = ?", (patient_id,)
    ).fetchone()
    if names is None:
        return set(), set()
    wanted = (_plain(names[0]), _plain(names[1]))

    def meant(birth_name: str | None, first_name: str | None, phone: str | None) -> bool:
        named = (_plain(birth_name), _plain(first_name))
        # A family shares a number: what names someone else of the same number stays.
        return named == wanted or (named == ("", "") and phone is not None and phone == names[2])

    calls, todos = set(), set()
    for call, data in connection.execute("select call, data from call_event where event = 'callback'"):
        promise = json.loads(data)
        if meant(promise.get("birth_name"), promise.get("first_name"), promise.get("phone")):
            calls.add(call)
    for id, call, *who in connection.execute("select id, call, birth_name, first_name, phone from todo"):
        if meant(*who):
            todos.add(id)
            calls |= {call} if call else set()
    return calls, todos


def _plain(name: str | None) -> str:
    text = unicodedata.normalize("NFD", (name or "").casefold())
    return "".join(letter for letter in text if letter.isalpha())


def _delete(connection: Any, conditions: Iterable[tuple[str, str | None]], values: dict[str, str]) -> dict[str, int]:
    counts = {}
    for table, condition in conditions:
        if condition is None:
            continue
        count = connection.execute(f"delete from {table} where {condition}", values).rowcount  # noqa: S608 (our file)
        if count:
            counts[table] = count
    return counts
