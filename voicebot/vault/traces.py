"""Which rows are one patient's: what an export shows, an erasure deletes, and a list of accesses follows."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class _Person:
    """What tells a patient from others, as far as a call-back says it."""

    names: tuple[str, str]
    phones: frozenset[str]


def traces_of(connection: Any, patient_id: str) -> dict[str, str]:
    """What the inventory's conditions need to find a patient.

    Returns:
        ``patient``, and as JSON lists ``files`` (the ids that the patient's file has had), ``calls`` and ``todos``.
    """
    files = files_of(connection, patient_id)
    promised, todos = _promises(connection, patient_id)
    found = {
        call
        for (call,) in connection.execute(
            "select call from call_event where event = 'committed' and json_extract(data, '$.appointment') in"
            " (select id from appointment where patient_id = :patient)"
            " union select call from call_event where event = 'identified'"
            " and json_extract(data, '$.patient') in (select value from json_each(:files))",
            {"patient": patient_id, "files": json.dumps(files)},
        )
    }
    return {
        "patient": patient_id,
        "files": json.dumps(files),
        "calls": json.dumps(sorted(found | promised)),
        "todos": json.dumps(sorted(todos)),
    }


def files_of(connection: Any, patient_id: str) -> list[str]:
    """The ids of a patient's file: its own, then those of the files that were put into it and never parted again.

    The trail knows a merge long after it can no longer be undone.
    """
    rows = connection.execute(
        "with recursive merge(kept, dropped) as ("
        " select kept, dropped from patient_merge"
        " union select subject, json_extract(detail, '$.other') from audit where action = 'patient.merged'),"
        " file(id) as (select ? union select dropped from merge join file on kept = file.id"
        " where dropped is not null and dropped not in (select id from patient))"
        " select id from file where id <> ?",
        (patient_id, patient_id),
    )
    return [patient_id, *sorted(id for (id,) in rows)]


def _promises(connection: Any, patient_id: str) -> tuple[set[str], set[str]]:
    """The calls and the things to do that name a patient without an appointment: call-backs and messages."""
    mine = next((_person(*row) for id, *row in connection.execute(_PEOPLE + " where id = ?", (patient_id,))), None)
    if mine is None:
        return set(), set()
    others = cache(lambda: [_person(*row) for id, *row in connection.execute(_PEOPLE) if id != patient_id])

    def meant(birth_name: str | None, first_name: str | None, phone: str | None) -> bool:
        named = (_plain(birth_name), _plain(first_name))
        if named == ("", ""):
            # A family shares a number: what names nobody is told to no one of them.
            return phone in mine.phones and not any(other.phones & mine.phones for other in others())
        # Of two who have one name, the number tells whom it is about, unless they share that too.
        return named == mine.names and not any(
            other.names == mine.names and (phone in other.phones or phone not in mine.phones) for other in others()
        )

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


_PEOPLE = "select id, birth_name, first_name, phone, other_phone from patient"


def _person(birth_name: str, first_name: str, *phones: str | None) -> _Person:
    return _Person((_plain(birth_name), _plain(first_name)), frozenset(phone for phone in phones if phone))


def _plain(name: str | None) -> str:
    text = unicodedata.normalize("NFD", (name or "").casefold())
    return "".join(letter for letter in text if letter.isalpha())
