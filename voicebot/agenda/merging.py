"""Put two files of one patient together, and part them again when that was a mistake."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from voicebot.agenda import rows
from voicebot.agenda.session import Connection, Session
from voicebot.errors import AgendaError, SlotTakenError, StaleVersionError

FILLED = ("used_name", "used_first_name", "sex", "birth_place", "phone", "own_doctor")
"""What the kept file takes from the other where it has nothing itself. The identity stays that of the kept file."""


@dataclass(frozen=True)
class Merge:
    """Two files that were put together."""

    id: str
    kept: str
    dropped: str
    at: datetime
    author: str


class Merging:
    """Merges of the agenda's database. Every act is one write transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._write: Callable[[], AbstractContextManager[Connection]] = session.write

    def merge(self, kept: str, dropped: str, *, versions: tuple[int, int], at: datetime, author: str) -> Merge:
        """Give the appointments of ``dropped`` to ``kept`` and take ``dropped`` out of the patients.

        Args:
            versions: of the two files as the person has seen them.

        Raises:
            StaleVersionError: someone changed one of them meanwhile.
            AgendaError: they are one file, or each has a national identity (INS) that the other lacks.
            SlotTakenError: the two have appointments at the same time; cancel one first.
        """
        if kept == dropped:
            raise AgendaError("a patient is not merged with itself; choose two files")
        merge = Merge(secrets.token_hex(8), kept, dropped, at.replace(microsecond=0), author)
        try:
            with self._write() as database:
                keep, drop = self._row(kept, versions[0]), self._row(dropped, versions[1])
                if drop["ins"] and drop["ins"] != keep["ins"]:
                    raise AgendaError("the file that would go has an INS of its own; keep that file instead")
                appointments = self._ids("select id from appointment where patient_id = ?", dropped)
                waiting = self._ids("select id from waitlist where patient_id = ?", dropped)
                self._give(database, appointments, dropped, kept)
                self._session.execute("update waitlist set patient_id = ? where patient_id = ?", (kept, dropped))
                filled = self._fill(keep, drop)
                self._session.execute(
                    "insert into patient_merge values(?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(merge.id, kept, dropped, json.dumps(drop), json.dumps(filled)),
                        *(json.dumps([appointments, waiting]), merge.at.isoformat(), author),
                    ),
                )
                self._session.execute("delete from patient where id = ?", (dropped,))
        except SlotTakenError:
            raise SlotTakenError("both files have an appointment at the same time; cancel one of them first") from None
        return merge

    def undo(self, merge_id: str) -> Merge:
        """Part two files again; what was booked since stays with the kept one.

        Raises:
            AgendaError: there is no such merge (any more).
        """
        with self._write() as database:
            found = self._session.rows("select * from patient_merge where id = :id", {"id": merge_id})
            if not found:
                raise AgendaError("this merge can no longer be undone; part the files by hand")
            row = found[0]
            merge, drop, filled = _merge(row), json.loads(row["dropped_row"]), json.loads(row["before"])
            database["patient"].insert({**drop, "version": drop["version"] + 1})
            appointments, waiting = json.loads(row["moved"])
            mine = set(self._ids("select id from appointment where patient_id = ?", merge.kept))
            self._give(database, [id for id in appointments if id in mine], merge.kept, merge.dropped)
            for id in waiting:
                self._session.execute("update waitlist set patient_id = ? where id = ?", (merge.dropped, id))
            for column, (before, given) in filled.items():
                # Only what still is as the merge left it: a later correction stays.
                self._session.execute(
                    f"update patient set {column} = ? where id = ? and {column} is ?",  # noqa: S608 (FILLED names it)
                    (before, merge.kept, given),
                )
            self._session.execute("update patient set version = version + 1 where id = ?", (merge.kept,))
            self._session.execute("delete from patient_merge where id = ?", (merge_id,))
        return merge

    def of(self, patient_id: str) -> list[Merge]:
        """Merges into a patient that can be undone, the newest first."""
        found = self._session.rows(
            "select * from patient_merge where kept = :kept order by at desc, rowid desc", {"kept": patient_id}
        )
        return [_merge(row) for row in found]

    def _row(self, id: str, version: int) -> dict[str, Any]:
        found = self._session.rows("select * from patient where id = :id", {"id": id})
        if not found or found[0]["version"] != version:
            raise StaleVersionError("someone else changed this patient meanwhile; read it again")
        return found[0]

    def _ids(self, sql: str, patient: str) -> list[str]:
        return [id for (id,) in self._session.tuples(sql, (patient,))]

    def _give(self, database: Connection, appointments: Sequence[str], old: str, new: str) -> None:
        """Hand appointments over, with the time that they take of the patient."""
        for id in appointments:
            self._session.execute(
                "update appointment set patient_id = ?, version = version + 1 where id = ?", (new, id)
            )
            spans = self._session.tuples(
                "select start_utc, end_utc from occupancy where appointment_id = ? and resource = ?",
                (id, f"patient:{old}"),
            )
            for table in ("occupancy", "granule"):
                self._session.execute(
                    f"delete from {table} where appointment_id = ? and resource = ?",  # noqa: S608
                    (id, f"patient:{old}"),
                )
            for start, end in spans:
                rows.occupy(database, id, [f"patient:{new}"], (start, end))

    def _fill(self, keep: dict[str, Any], drop: dict[str, Any]) -> dict[str, tuple[object, object]]:
        """Complete the kept file; returns what changed: column → before and after."""
        given = {column: drop[column] for column in FILLED if not keep[column] and drop[column]}
        if drop["phone"] and drop["phone"] != keep["phone"] and keep["phone"] and not keep["other_phone"]:
            given["other_phone"] = drop["phone"]
        if drop["last_visit"] and drop["last_visit"] > (keep["last_visit"] or ""):
            given["last_visit"] = drop["last_visit"]
        if drop["marked_known"] and not keep["marked_known"]:
            given["marked_known"] = 1
        changes = {**given, "version": keep["version"] + 1}
        names = ", ".join(f"{column} = ?" for column in changes)
        self._session.execute(f"update patient set {names} where id = ?", (*changes.values(), keep["id"]))  # noqa: S608
        return {column: (keep[column], value) for column, value in given.items()}


def _merge(row: dict[str, Any]) -> Merge:
    return Merge(row["id"], row["kept"], row["dropped"], datetime.fromisoformat(row["at"]), row["author"])
