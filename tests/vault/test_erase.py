"""Erasure: a call at once, a patient wholly; what stays names no one and still verifies."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from tests.vault.pages import decrypted
from tests.vault.world import KEY, SECRETS, World
from voicebot.errors import AgendaError
from voicebot.ports import PatientClaim
from voicebot.vault.erase import replay
from voicebot.vault.erasures import read_ledger


def everything(world: World) -> str:
    """All rows of all tables in clear, blobs by their hexadecimal digits."""
    database = world.connect()
    rows: list[Any] = []
    for name in database.table_names():
        rows += database.execute(f"select * from {name}").fetchall()
    database.close()
    return json.dumps(rows, ensure_ascii=False, default=bytes.hex)


def test_an_erased_call_leaves_its_outcome_and_a_receipt(world: World) -> None:
    patient = world.patient()
    appointment = world.book(patient, "2026-11-24T09:00")
    erased, other = world.call(appointment, promise=True), world.call()
    receipt = world.vault.erase_call(erased, actor=f"call:{erased}")
    assert [event["event"] for event in world.events.of_call(erased)] == [
        "answered", "committed", "outcome", "ended", "callback",
    ]  # fmt: skip
    assert world.agenda.appointment(appointment.id).status == "booked"
    assert len(world.events.of_call(other)) == 6
    assert receipt.counts == {"call_event": 3}
    assert receipt.clean
    trail = world.audit.entries(subject=erased)[0]
    assert (trail.action, trail.detail) == ("call.erased", {"receipt": receipt.code, "rows": 3})
    assert [(e.kind, e.id, e.receipt) for e in read_ledger(world.data / "erasures.jsonl")] == [
        ("call", erased, receipt.code)
    ]


def test_an_erased_patient_is_nowhere_and_the_trail_verifies(world: World) -> None:
    patient = world.patient()
    world.call(world.book(patient, "2026-11-24T09:00"))
    world.call(promise=True)
    world.audit.record("user:u1", "patient.changed", patient.id, personal={"phone": patient.phone})
    world.agenda.cancel(world.agenda.appointments()[0].id, source="desk", idempotency_key="k")
    before = everything(world)
    for secret in SECRETS:
        assert secret in before
    receipt = world.vault.erase_patient(patient.id, actor="user:u1")
    after = everything(world)
    for secret in (*SECRETS, "quevrain", "Quevrain"):
        assert secret not in after
    assert receipt.counts["patient"] == 1
    assert world.audit.verify().ok
    stubs = world.audit.entries(subject=patient.id)
    assert [(stub.action, stub.erased) for stub in stubs] == [("patient.changed", True), ("patient.erased", False)]
    with pytest.raises(AgendaError, match="no such patient"):
        world.vault.erase_patient(patient.id, actor="user:u1")


def test_a_patient_with_an_appointment_to_come_is_not_erased_by_accident(world: World) -> None:
    patient = world.patient()
    world.book(patient, "2026-11-24T09:00")
    with pytest.raises(AgendaError, match="1 appointments to come"):
        world.vault.erase_patient(patient.id, actor="user:u1")
    assert world.agenda.patient(patient.id)
    assert world.audit.entries(action="patient.erased") == []
    world.vault.erase_patient(patient.id, actor="user:u1", even_booked=True)
    assert world.count("occupancy") == world.count("granule") == world.count("appointment") == 0


def test_another_of_the_same_number_keeps_what_is_theirs(world: World) -> None:
    patient = world.patient()
    world.journal.record(
        "c1", "callback", phone="+33639981234", birth_name="Quévrain", first_name="Aubin",
        reason="message", by="2026-11-24",
    )  # fmt: skip
    world.vault.erase_patient(patient.id, actor="user:u1")
    assert len(world.events.of_call("c1")) == 1


def test_the_message_of_an_erased_call_goes_and_the_promise_stays(world: World) -> None:
    world.journal.record(
        "c1", "callback", phone="+33639981234", reason="message", by="2026-11-24",
        birth_name="Quevrain", first_name="Ysoline", message="mon genou qui craque me fait peur",
    )  # fmt: skip
    receipt = world.vault.erase_call("c1", actor="user:u1")
    assert receipt.counts == {"call_event": 1, "todo": 1}
    assert "genou" not in everything(world)
    [todo] = world.todo.of_call("c1")
    assert (todo.phone, todo.birth_name, todo.message) == ("+33639981234", "Quevrain", None)


def test_a_namesake_of_another_number_keeps_what_is_theirs(world: World) -> None:
    patient = world.patient()
    claim = PatientClaim("Quévrain", "Ysoline", date(1999, 1, 2), "+33639985678")
    namesake = world.agenda.add_patient(claim, source="desk")
    world.call(promise=True)
    world.journal.record(
        "c1", "callback", phone="+33639985678", birth_name="Quevrain", first_name="Ysoline", message="pour l'autre",
        reason="message", by="2026-11-24",
    )  # fmt: skip
    assert "pour l'autre" not in world.vault.export_patient(patient.id, actor="user:u1").json
    assert "pour l'autre" in world.vault.export_patient(namesake.id, actor="user:u1").json
    world.vault.erase_patient(patient.id, actor="user:u1")
    assert [todo.call for todo in world.todo.open(10)] == ["c1"]


def test_what_two_of_one_name_and_number_left_is_given_to_neither(world: World) -> None:
    patients = [world.patient()]
    claim = PatientClaim("Quévrain", "Ysoline", date(1991, 1, 2), "+33639981234")
    patients.append(world.agenda.add_patient(claim, source="desk"))
    call = world.call(promise=True)
    for patient in patients:
        assert world.vault.export_patient(patient.id, actor="user:u1").data["call_event"] == []
    assert world.events.of_call(call) != []


def test_what_names_nobody_from_a_number_that_a_family_shares_is_no_one_s(world: World) -> None:
    patient = world.patient()
    world.agenda.add_patient(PatientClaim("Quévrain", "Aubin", date(2019, 1, 2), "+33639981234"), source="desk")
    world.journal.record("c1", "callback", phone="+33639981234", message="un secret", reason="message", by="2026-11-24")
    assert "un secret" not in world.vault.export_patient(patient.id, actor="user:u1").json


def test_a_file_that_was_put_into_another_is_erased_with_it(world: World) -> None:
    kept = world.agenda.add_patient(PatientClaim("Quévrain", "Ysoline", date(1961, 7, 19)), source="desk")
    dropped = world.patient("phone")
    world.journal.record("c1", "heard", text="genou qui craque")
    world.journal.record("c1", "identified", patient=dropped.id)
    world.merge(kept, dropped)
    world.audit.record("user:u1", "patient.read", dropped.id)
    assert "genou qui craque" in world.vault.export_patient(kept.id, actor="user:u1").json
    # The merge can no longer be undone: the trail alone knows of it.
    world.clock.pass_days(29)
    world.journal.record("c1", "heard", text="genou qui craque")
    world.clock.pass_days(2)
    world.purge()
    assert world.count("patient_merge") == 0
    assert "patient.read" in [entry.action for entry in world.audit.entries(subject=dropped.id)]
    world.vault.erase_patient(kept.id, actor="user:u1")
    assert not [secret for secret in SECRETS if secret in everything(world)]
    erased = {erasure.id for erasure in read_ledger(world.data / "erasures.jsonl")}
    assert erased == {kept.id, dropped.id}


def test_erasures_are_replayed_on_an_older_state(world: World) -> None:
    patient = world.patient()
    call = world.call(world.book(patient, "2026-11-24T09:00"))
    world.vault.erase_call(call, actor="service")
    world.vault.erase_patient(patient.id, actor="service", even_booked=True)
    ledger = read_ledger(world.data / "erasures.jsonl")
    # The state of before: the same ids come back.
    database = world.connect()
    database["patient"].insert(
        {
            "id": patient.id, "birth_name": "Quévrain", "first_name": "Ysoline", "birth_date": "1961-07-19",
            "source": "desk", "search_key": "quevrain|ysoline", "created_at": "2026-11-23T08:00",
        }
    )  # fmt: skip
    world.events.add({"call": call, "at": "2026-11-23T08:00:00", "event": "heard", "text": "genou qui craque"})
    database.conn.execute("begin immediate")
    assert replay(database.conn, ledger) == 2
    database.conn.execute("commit")
    database.close()
    assert not [secret for secret in SECRETS if secret in everything(world)]


def test_a_ledger_whose_last_line_was_cut_off_is_mended(world: World) -> None:
    first = world.vault.erase_call("c1", actor="service")
    path = world.data / "erasures.jsonl"
    with path.open("a") as file:
        file.write('{"receipt": "cut')
    second = world.vault.erase_call("c2", actor="service")
    assert [erasure.receipt for erasure in read_ledger(path)] == [first.code, second.code]


def test_nothing_of_an_erased_patient_stays_in_the_pages_or_the_log(world: World) -> None:
    patient = world.patient()
    for n in range(30):
        world.call(promise=n % 2 == 0)
    world.call(world.book(patient, "2026-11-24T09:00"))
    assert SECRETS[0].encode() in decrypted(world.data / "voicebot.db", KEY)
    receipt = world.vault.erase_patient(patient.id, actor="user:u1", even_booked=True)
    assert receipt.clean
    left = decrypted(world.data / "voicebot.db", KEY)
    # Words of calls that promised and booked nothing cannot be told to be this patient's: retention has them.
    assert not [secret for secret in (SECRETS[2], SECRETS[3], "quevrain") if secret.encode() in left]


def test_nothing_of_an_erased_call_stays_in_the_pages_or_the_log(world: World) -> None:
    world.journal.record("c1", "heard", text="des pertes depuis hier")
    for _ in range(40):
        world.call()
    world.journal.record("c1", "heard", text="et j'ai peur que ce soit grave")
    assert world.vault.erase_call("c1", actor="call:c1").clean
    left = decrypted(world.data / "voicebot.db", KEY)
    assert not [words for words in ("pertes depuis", "peur que") if words.encode() in left]
