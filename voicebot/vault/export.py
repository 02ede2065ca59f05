"""The right of access (article 15 of the GDPR): all that is kept about one patient, readable and machine-readable."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from voicebot.errors import AgendaError
from voicebot.vault.audit import Audit, Clock, Entry
from voicebot.vault.inventory import inventory
from voicebot.vault.traces import traces_of

HIDDEN = ("id",)
"""Columns that only the machine-readable file shows."""


@dataclass(frozen=True)
class Access:
    """One line of who read or changed what."""

    at: str
    who: str
    """Their role: what a patient is told."""
    what: str
    subject: str | None
    actor: str
    """Their id, from which the practice finds the name."""


@dataclass(frozen=True)
class Export:
    """The two files of one patient."""

    data: Mapping[str, Any]
    html: str

    @property
    def json(self) -> str:
        """The machine-readable file."""
        return json.dumps(self.data, ensure_ascii=False, indent=1)


class Exporter:
    """Gathers what is kept about a patient. Threads may share it.

    Args:
        practice: the practice's name.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        clock: Clock,
        audit: Audit,
        practice: str,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._audit = audit
        self._practice = practice

    def patient(self, patient_id: str, *, actor: str) -> Export:
        """Everything about a patient; the trail says that it was exported.

        Raises:
            AgendaError: there is no such patient.
        """
        database = self._connect()
        try:
            connection = database.conn
            if connection.execute("select 1 from patient where id = ?", (patient_id,)).fetchone() is None:
                raise AgendaError("there is no such patient; find one with: voicebot patient find")
            # Before the reading: what was disclosed is in the trail even if this fails half-way.
            self._audit.record(actor, "patient.exported", patient_id)
            traces = traces_of(connection, patient_id)
            tables = {
                table.name: _rows(connection, table.name, table.personal, table.of_patient, traces)
                for table in reversed(inventory())
                if table.personal and table.of_patient
            }
        finally:
            database.close()
        exported_at = self._clock.now().isoformat(timespec="minutes")
        accesses = self.accesses(patient_id)
        data = {
            "practice": self._practice,
            "exported_at": exported_at,
            **tables,
            "accesses": [{"at": access.at, "who": access.who, "what": access.what} for access in accesses],
        }
        html = (
            _environment()
            .get_template("export.html")
            .render(
                practice=self._practice,
                exported_at=exported_at,
                sections=[_section(name, rows) for name, rows in tables.items()],
                accesses=accesses,
            )
        )
        return Export(data, html)

    def accesses(self, patient_id: str) -> list[Access]:
        """Who read or changed what about a patient, oldest first; the texts of the patient's calls included."""
        database = self._connect()
        try:
            traces = traces_of(database.conn, patient_id)
            roles = dict(database.conn.execute("select id, roles from desk_account").fetchall())
        finally:
            database.close()
        ids = (*json.loads(traces["files"]), *json.loads(traces["calls"]))
        entries = [entry for id in ids for entry in self._audit.entries(subject=id)]
        return [_access(entry, roles) for entry in sorted(entries, key=lambda entry: entry.seq)]


def _access(entry: Entry, roles: Mapping[str, str]) -> Access:
    """A row for the patient: people appear by their role, not by name (CJEU C-579/21, Pankki S)."""
    words = labels()
    kind, _, id = entry.actor.partition(":")
    named = [words["roles"][role] for role in roles.get(id, "").split() if role in words["roles"]]
    who = ", ".join(named) if kind == "user" and named else words["actors"].get(kind, entry.actor)
    return Access(entry.at, who, words["actions"].get(entry.action, entry.action), entry.subject, entry.actor)


def _rows(
    connection: Any, table: str, columns: tuple[str, ...], condition: str | None, traces: Mapping[str, str]
) -> list[dict[str, Any]]:
    found = connection.execute(
        f"select {', '.join(columns)} from {table} where {condition}",  # noqa: S608 (our own file)
        traces,
    ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


@cache
def labels() -> dict[str, dict[str, str]]:
    """The French of actions, actors, tables and columns."""
    text = (resources.files("voicebot.vault") / "labels.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("voicebot.vault"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def _section(table: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    words = labels()
    shown = [
        [(words["columns"].get(name, name), _text(value)) for name, value in row.items() if name not in HIDDEN]
        for row in rows
    ]
    return {"title": words["tables"].get(table, table), "rows": shown, "single": table == "patient"}


def _text(value: Any) -> str:
    """A value as a person reads it; the fields of an event one after the other."""
    if value is None or value == "":
        return "—"
    if isinstance(value, str) and value.startswith("{"):
        fields = json.loads(value)
        return fields["text"] if set(fields) & {"text"} else ", ".join(f"{k} : {v}" for k, v in fields.items())
    return str(value)
