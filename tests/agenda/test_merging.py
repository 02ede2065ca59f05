"""Two files of one patient put together, and parted again without a trace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.agenda.helpers import MONDAY, NEWCOMER, ROUSSEL, VASSEUR, placement
from voicebot.agenda.store import Store
from voicebot.database import ConnectionFactory
from voicebot.errors import AgendaError, SlotTakenError, StaleVersionError
from voicebot.ports import PatientClaim, SlotQuery

TABLES = ("patient", "occupancy", "granule", "waitlist")


def everything(connect: ConnectionFactory) -> dict[str, list[dict[str, Any]]]:
    database = connect()
    found = {
        table: sorted(
            (
                {key: value for key, value in row.items() if key != "version"}
                for row in database.query(f"select * from {table}")
            ),
            key=repr,
        )
        for table in (*TABLES, "appointment")
    }
    database.close()
    return found


@pytest.fixture
def twice(agenda: Store) -> tuple[str, str]:
    """The same woman twice: her own file, and the one a call made of her; an appointment in each."""
    again = PatientClaim("Rousselle", "Camille", ROUSSEL.birth_date, "+33639980777", used_name="Rou")
    double = agenda.add_patient(again, source="phone")
    agenda.place(placement(agenda, datetime(2026, 11, 24, 9, 0)), source="desk", idempotency_key="a")
    agenda.place(placement(agenda, datetime(2026, 11, 25, 9, 0), again, kind="new"), source="desk", idempotency_key="b")
    agenda.wait(double.id, SlotQuery("consultation"))
    [kept] = agenda.match(ROUSSEL)
    return kept.id, double.id


def merge(agenda: Store, kept: str, dropped: str) -> str:
    versions = (agenda.patients.row(kept)["version"], agenda.patients.row(dropped)["version"])
    return agenda.merging.merge(kept, dropped, versions=versions, at=MONDAY, author="a1").id


def test_appointments_and_waiting_go_to_the_kept_file(agenda: Store, twice: tuple[str, str]) -> None:
    kept, dropped = twice
    merge(agenda, kept, dropped)
    assert [a.slot.start.day for a in agenda.appointments_of(kept)] == [24, 25]
    assert [waiting.patient_id for waiting in agenda.waitlist.waiting()] == [kept]
    with pytest.raises(AgendaError):
        agenda.patient(dropped)
    row = agenda.patients.row(kept)
    assert (row["birth_name"], row["other_phone"], row["used_name"]) == ("Roussel", "+33639980777", "Rou")


def test_the_patient_is_busy_with_both_afterwards(agenda: Store, twice: tuple[str, str]) -> None:
    merge(agenda, *twice)
    with pytest.raises(AgendaError):
        agenda.place(
            placement(agenda, datetime(2026, 11, 25, 9, 0), practitioner="benali"), source="desk", idempotency_key="c"
        )


def test_undo_leaves_no_trace(agenda: Store, twice: tuple[str, str], connect: ConnectionFactory) -> None:
    before = everything(connect)
    agenda.merging.undo(merge(agenda, *twice))
    assert everything(connect) == before
    assert agenda.merging.of(twice[0]) == []


def test_undo_keeps_what_was_done_since(agenda: Store, twice: tuple[str, str]) -> None:
    kept, dropped = twice
    id = merge(agenda, kept, dropped)
    [_, second] = agenda.appointments_of(kept)
    agenda.cancel(second.id, source="desk", idempotency_key="x")
    agenda.place(placement(agenda, datetime(2026, 11, 26, 9, 0)), source="desk", idempotency_key="y")
    version = agenda.patients.row(kept)["version"]
    agenda.update_patient(kept, {"used_name": "Autre"}, version=version, source="desk")
    agenda.merging.undo(id)
    assert [a.slot.start.day for a in agenda.appointments_of(kept)] == [24, 26]
    assert agenda.appointments_of(dropped) == []
    assert agenda.patients.row(kept)["used_name"] == "Autre"
    assert agenda.patients.row(kept)["other_phone"] is None
    with pytest.raises(AgendaError, match="no longer"):
        agenda.merging.undo(id)


def test_two_appointments_at_once_are_for_a_person_to_settle(
    agenda: Store, twice: tuple[str, str], connect: ConnectionFactory
) -> None:
    kept, dropped = twice
    claim = PatientClaim("Rousselle", "Camille", ROUSSEL.birth_date)
    agenda.place(
        placement(agenda, datetime(2026, 11, 24, 9, 0), claim, kind="new", practitioner="benali"),
        source="desk",
        idempotency_key="c",
    )
    before = everything(connect)
    with pytest.raises(SlotTakenError, match="same time"):
        merge(agenda, kept, dropped)
    assert everything(connect) == before


def test_a_file_that_changed_or_went_is_not_merged(agenda: Store, twice: tuple[str, str]) -> None:
    kept, dropped = twice
    with pytest.raises(StaleVersionError):
        agenda.merging.merge(kept, dropped, versions=(1, 9), at=MONDAY, author="a1")
    with pytest.raises(StaleVersionError):
        agenda.merging.merge(kept, "nobody", versions=(1, 1), at=MONDAY, author="a1")
    with pytest.raises(AgendaError, match="itself"):
        agenda.merging.merge(kept, kept, versions=(1, 1), at=MONDAY, author="a1")


def test_a_national_identity_is_never_dropped(agenda: Store) -> None:
    [kept] = agenda.match(VASSEUR)
    ins = {"ins": "255081416802538", "ins_oid": "1.2.250.1.213.1.4.10"}
    other = agenda.add_patient(NEWCOMER, source="desk", **ins)
    with pytest.raises(AgendaError, match="INS"):
        merge(agenda, kept.id, other.id)
    merge(agenda, other.id, kept.id)
