"""Retention: each kind goes on its day and not before, and nothing of it stays in the file or its log."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.vault.pages import decrypted
from tests.vault.world import KEY, SECRETS, World
from voicebot.agenda.admission import Placement
from voicebot.ports import SlotQuery
from voicebot.vault.inventory import inventory
from voicebot.vault.retention import DoubtfulClockError
from voicebot.vault.timekeeping import is_synchronised


def words(world: World) -> int:
    return world.count("call_event", "event in ('heard', 'said')")


@pytest.mark.parametrize(
    ("days", "kept_words", "kept_events"),
    [(29.9, 2, 6), (30.1, 0, 4), (89.9, 0, 4), (90.1, 0, 0)],
)
def test_words_go_after_30_days_and_the_call_after_90(
    world: World, days: float, kept_words: int, kept_events: int
) -> None:
    world.call(world.book(world.patient(), "2026-11-24T09:00"))
    world.clock.pass_days(days)
    world.purge()
    assert words(world) == kept_words
    assert world.count("call_event", "event <> 'callback'") == kept_events + (1 if kept_events else 0)


def test_whoever_was_not_identified_is_forgotten_after_7_days(world: World) -> None:
    unknown = world.call()
    promised = world.call(promise=True)
    caller = world.patient("phone")
    world.clock.pass_days(7.1)
    receipt = world.purge()
    assert world.events.of_call(unknown) == []
    assert world.events.of_call(promised) != []
    assert world.count("patient", f"id = '{caller.id}'") == 0
    assert (receipt.counts["unidentified"], receipt.counts["patients"]) == (6, 1)


def test_what_is_to_do_goes_90_days_after_it_was_done_or_due(world: World) -> None:
    for reason in ("done", "left"):
        world.todo.add(reason=reason, due=date(2026, 11, 25), phone="+33639981234", message="genou qui craque")
    [done, _] = world.todo.open(2)
    world.todo.change(done.id, version=1, owner=None, due=done.due, note="", state="done")
    for days, left in ((90.1, ["left"]), (3, [])):
        world.clock.pass_days(days)
        world.purge()
        assert [todo.reason for todo in world.todo.open(2)] == left
    assert world.todo.done(2) == []


def test_nothing_about_a_person_is_kept_for_ever_but_the_file_of_a_patient(world: World) -> None:
    patient, twin = world.patient(), world.patient()
    world.call(world.book(patient, "2026-11-24T09:00"), promise=True)
    world.agenda.wait(patient.id, SlotQuery("consultation", "new"))
    world.merge(patient, twin)
    database = world.connect()
    database["call_summary"].insert({"call": "c1", "began": "2026-11-23", "ended": "2026-11-23", "kind": "sip",
                                     "outcome": "booked"})  # fmt: skip
    database.close()
    personal = [table.name for table in inventory() if table.personal and table.kept != "life"]
    world.clock.pass_days(2000)
    world.purge()
    assert {name: world.count(name) for name in personal if world.count(name)} == {}


def test_a_patient_of_the_practice_stays_known_when_past_appointments_go(world: World) -> None:
    patient = world.patient("phone")
    past = world.book(patient, "2026-11-24T09:00")
    moved = world.agenda.appointment(past.id)
    world.clock.pass_days(2)
    world.clock.pass_days(364.5)
    to_come = world.book(patient, "2027-11-26T09:00")
    world.clock.pass_days(0.6)
    receipt = world.purge()
    assert receipt.counts["appointments"] == 1
    assert [appointment.id for appointment in world.agenda.appointments(everything=True)] == [to_come.id]
    assert world.count("occupancy", f"appointment_id = '{moved.id}'") == 0
    assert world.count("act", f"appointment_id = '{moved.id}'") == 0
    assert world.count("patient", f"id = '{patient.id}' and last_visit = '2026-11-24'") == 1


def test_a_moved_appointment_outlives_the_one_that_it_replaces(world: World) -> None:
    patient = world.patient()
    old = world.book(patient, "2026-11-24T09:00")
    world.clock.pass_days(0.1)
    start = old.slot.start.replace(month=12)
    new = world.agenda.place(
        Placement("consultation", start, None, patient.id, "new", None),
        source="desk",
        idempotency_key="m",
        replacing=old.id,
    )
    world.clock.pass_days(367)
    world.purge()
    assert [a.id for a in world.agenda.appointments(everything=True)] == [new.id]


def test_the_receipt_counts_and_names_no_one(world: World) -> None:
    world.call(promise=True)
    world.patient("phone")
    world.clock.pass_days(400)
    receipt = world.purge()
    text = str(receipt.as_json())
    assert all(isinstance(count, int) for count in receipt.counts.values())
    assert not [secret for secret in SECRETS if secret in text]
    trail = world.audit.entries(action="purge")[0]
    assert trail.detail == {"receipt": receipt.code, **receipt.counts, "trimmed_to": 0}
    assert world.vault.last_purge() == world.clock.now()


def test_the_audit_trail_is_kept_three_years(world: World) -> None:
    world.audit.record("user:u1", "patient.read", "p1")
    world.clock.pass_days(1090)
    assert world.purge().counts["audit"] == 0
    world.clock.pass_days(10)
    assert world.purge().counts["audit"] == 1
    assert world.audit.verify().ok


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time server keeps the clock."""
    monkeypatch.setattr("voicebot.vault.retention.is_synchronised", lambda now: False)


@pytest.mark.usefixtures("alone")
def test_a_clock_that_has_jumped_far_ahead_deletes_nothing_until_somebody_says_that_it_is_right(world: World) -> None:
    world.call(world.book(world.patient(), "2026-11-24T09:00"))
    world.vault.purge(actor="service")
    world.clock.pass_days(34)
    world.vault.purge(actor="service")
    world.call()
    world.clock.pass_days(5 * 365)
    for _ in range(2):
        with pytest.raises(DoubtfulClockError, match=r"1825 days after the last purge.*--clock-is-right"):
            world.vault.purge(actor="service")
        # What is written by the wrong clock makes it no better.
        world.audit.record("user:u1", "patient.read", "p1")
    assert words(world) == 2
    assert world.count("appointment") == 1
    world.vault.purge(actor="terminal:root", clock_is_right=True)
    assert words(world) == world.count("appointment") == 0
    world.vault.purge(actor="service")


@pytest.mark.usefixtures("alone")
def test_a_clock_that_jumps_before_the_first_purge_is_doubted_too(world: World) -> None:
    world.audit.record("user:u1", "patient.read", "p1")
    world.clock.pass_days(40)
    assert "40 days" in (world.vault.doubt_about_clock() or "")


def test_a_clock_that_a_time_server_keeps_is_believed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicebot.vault.retention.is_synchronised", lambda now: now == world.clock.now())
    world.call()
    world.vault.purge(actor="service")
    world.clock.pass_days(100)
    world.vault.purge(actor="service")
    assert words(world) == 0


def test_the_clock_of_a_rehearsal_is_kept_by_no_time_server() -> None:
    assert not is_synchronised(datetime.now() + timedelta(days=400))
    assert is_synchronised(datetime.now()) in (True, False)


def test_nothing_of_what_was_purged_stays_in_the_decrypted_pages_or_the_log(world: World) -> None:
    patient = world.patient("phone")
    # Enough rows to split pages and rearrange them, so that copies are left in their gaps.
    for _ in range(60):
        world.call()
    world.agenda.update_patient(patient.id, {"used_name": "Quévrain-Delmas"}, version=1, source="desk")
    before = decrypted(world.data / "voicebot.db", KEY)
    assert [secret for secret in SECRETS if secret.encode() in before] == list(SECRETS)
    world.clock.pass_days(40)
    receipt = world.purge()
    assert receipt.clean
    assert (world.data / "voicebot.db-wal").stat().st_size == 0
    after = decrypted(world.data / "voicebot.db", KEY)
    assert [secret for secret in (*SECRETS, "quevrain", "Delmas") if secret.encode() in after] == []
