"""Erasure: a call at once, a patient wholly; what stays names no one and still verifies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.vault.pages import decrypted
from tests.vault.world import KEY, SECRETS, World
from voicebot.errors import AgendaError
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
    world.journal.record("c1", "callback", phone="+33639981234", birth_name="Quévrain", first_name="Aubin")
    world.vault.erase_patient(patient.id, actor="user:u1")
    assert len(world.events.of_call("c1")) == 1


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
