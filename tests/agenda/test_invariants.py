"""The ten invariants of the agenda, each by its own test."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta

import pytest

from tests.agenda.helpers import (
    MONDAY,
    NEWCOMER,
    ROUSSEL,
    VASSEUR,
    MakeAgenda,
    MakePractice,
    StandingClock,
    placement,
    slot_at,
)
from voicebot.agenda.store import Store
from voicebot.database import ConnectionFactory
from voicebot.errors import AgendaError, HoldExpiredError, NotBookableError, SlotTakenError
from voicebot.ports import Slot, SlotQuery

NINE = datetime(2026, 11, 24, 9, 0)


class TestOneGranuleForOneLane:
    def test_a_slot_that_is_held_is_refused_to_another_call(self, agenda: Store) -> None:
        slot = slot_at(agenda, NINE)
        agenda.hold(slot, patient="known", owner="a")
        with pytest.raises(SlotTakenError):
            agenda.hold(slot, patient="known", owner="b")

    def test_a_secretary_may_overbook_with_a_reason(self, agenda: Store) -> None:
        agenda.place(placement(agenda, NINE), source="desk", idempotency_key="1")
        beside = placement(agenda, NINE, VASSEUR, overbooking_reason="urgence")
        row = agenda.place(beside, source="desk", idempotency_key="2")
        assert row.status == "booked"
        again = placement(agenda, NINE + timedelta(minutes=5), VASSEUR, practitioner="benali")
        with pytest.raises(NotBookableError, match="le patient a déjà"):
            agenda.place(again, source="desk", idempotency_key="3")

    def test_the_assistant_writes_lane_0_only(self, agenda: Store, connect: ConnectionFactory) -> None:
        agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        database = connect()
        with pytest.raises(database.conn.IntegrityError):
            database.execute("update appointment set lane = 1, overbooking_reason = 'x'")
        database.close()

    def test_the_trigger_refuses_an_overlap_that_granules_would_miss(
        self, agenda: Store, connect: ConnectionFactory
    ) -> None:
        agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        database = connect()
        database.execute("delete from granule")
        with pytest.raises(database.conn.IntegrityError, match="slot_taken"):
            database.execute(
                "insert into occupancy"
                " select appointment_id, resource, lane, start_utc + 1, end_utc, null from occupancy"
            )
        database.close()


class TestBuffersOccupyGranules:
    def test_a_buffer_keeps_the_practitioner_and_the_rooms(self, agenda: Store) -> None:
        agenda.hold(slot_at(agenda, NINE, "echographie"), patient="known", owner="a")
        starts = {s.start for s in agenda.search(SlotQuery("consultation", "known", "lefevre"))}
        assert NINE - timedelta(minutes=30) in starts
        assert NINE - timedelta(minutes=15) not in starts, "five minutes before are a buffer"
        assert NINE + timedelta(minutes=30) not in starts, "ten minutes after are a buffer"
        assert NINE + timedelta(minutes=45) in starts
        others = {s.start for s in agenda.search(SlotQuery("echographie", "known", "benali"))}
        assert NINE not in others, "the only room is taken"

    def test_slots_are_never_stored(self, connect: ConnectionFactory) -> None:
        database = connect()
        assert "slot" not in database.table_names()
        database.close()


class TestHoldsExpire:
    def test_the_transaction_that_wants_the_granules_takes_them_from_an_expired_hold(
        self, agenda: Store, clock: StandingClock
    ) -> None:
        slot = slot_at(agenda, NINE)
        old = agenda.hold(slot, patient="known", owner="a")
        clock.advance(minutes=5)
        assert slot in agenda.search(SlotQuery("consultation", "known"))
        agenda.hold(slot, patient="known", owner="b")
        with pytest.raises(HoldExpiredError):
            agenda.book(old, ROUSSEL, source="phone", idempotency_key="k")

    def test_a_hold_stands_until_its_time(self, agenda: Store, clock: StandingClock) -> None:
        slot = slot_at(agenda, NINE)
        hold = agenda.hold(slot, patient="known", owner="a")
        assert hold.until == MONDAY + timedelta(minutes=5)
        clock.advance(minutes=4, seconds=59)
        assert slot not in agenda.search(SlotQuery("consultation", "known"))
        assert agenda.book(hold, ROUSSEL, source="phone", idempotency_key="k").status == "booked"

    def test_a_call_has_one_hold_and_leaves_none(self, agenda: Store) -> None:
        first, second = slot_at(agenda, NINE), slot_at(agenda, NINE + timedelta(hours=1))
        agenda.hold(first, patient="known", owner="a")
        agenda.hold(second, patient="known", owner="a")
        assert [row.slot for row in agenda.appointments()] == [second]
        agenda.release("a")
        assert agenda.appointments() == []

    def test_a_hold_that_fails_leaves_the_one_before(self, agenda: Store) -> None:
        first, second = slot_at(agenda, NINE), slot_at(agenda, NINE + timedelta(hours=1))
        agenda.hold(first, patient="known", owner="a")
        agenda.hold(second, patient="known", owner="b")
        with pytest.raises(SlotTakenError):
            agenda.hold(second, patient="known", owner="a")
        assert first in [row.slot for row in agenda.appointments()]


class TestAMoveKeepsTheOld:
    def test_the_old_slot_is_kept_until_the_new_one_is_committed(self, agenda: Store) -> None:
        old = agenda.book(
            agenda.hold(slot_at(agenda, NINE), patient="known", owner="a"), ROUSSEL, source="phone", idempotency_key="1"
        )
        hold = agenda.hold(slot_at(agenda, NINE + timedelta(hours=1)), patient="known", owner="a")
        with pytest.raises(SlotTakenError):
            agenda.hold(old.slot, patient="known", owner="b")
        new = agenda.move(old.id, hold, source="phone", idempotency_key="2")
        assert (new.status, new.slot, new.patient and new.patient.id) == (
            "booked",
            hold.slot,
            old.patient and old.patient.id,
        )
        assert agenda.appointment(old.id).status == "moved"
        agenda.hold(old.slot, patient="known", owner="b")

    def test_a_move_that_fails_changes_nothing(self, agenda: Store, clock: StandingClock) -> None:
        old = agenda.book(
            agenda.hold(slot_at(agenda, NINE), patient="known", owner="a"), ROUSSEL, source="phone", idempotency_key="1"
        )
        hold = agenda.hold(slot_at(agenda, NINE + timedelta(hours=1)), patient="known", owner="a")
        clock.advance(minutes=6)
        with pytest.raises(HoldExpiredError):
            agenda.move(old.id, hold, source="phone", idempotency_key="2")
        assert agenda.appointment(old.id) == old


class TestWallTimeAndUtc:
    @pytest.mark.parametrize("start", [datetime(2027, 3, 28, 2, 30), datetime(2027, 3, 28, 2, 0)])
    def test_a_time_that_does_not_exist_is_refused(
        self, make_agenda: MakeAgenda, make_practice: MakePractice, clock: StandingClock, start: datetime
    ) -> None:
        night = '[[openings]]\ndays = ["dimanche"]\nhours = ["00:00-06:00"]\n'
        agenda = make_agenda(make_practice(openings=night))
        clock.set(datetime(2027, 3, 20, 8, 0))
        with pytest.raises(NotBookableError, match="n'existe pas"):
            agenda.hold(Slot(start, start, "lefevre", "consultation", "centre"), patient="known", owner="a")
        assert agenda.search(SlotQuery("consultation", "known", None, ((start, start + timedelta(minutes=1)),))) == []

    def test_opening_hours_stay_on_the_clock_when_summer_time_begins(self, agenda: Store, clock: StandingClock) -> None:
        clock.set(datetime(2027, 3, 26, 7, 0))
        starts = [s.start for s in agenda.search(SlotQuery("consultation", "known", "lefevre"))]
        firsts = {start.date(): start.time() for start in reversed(starts)}
        assert {firsts[date(2027, 3, 26)], firsts[date(2027, 3, 30)]} == {datetime(2027, 3, 26, 8, 30).time()}


class TestRulesAreCheckedAgainAtCommit:
    def test_a_closure_between_offer_and_commit_is_obeyed(
        self, make_agenda: MakeAgenda, make_practice: MakePractice
    ) -> None:
        agenda = make_agenda(make_practice())
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        closed = make_agenda(make_practice(more="\n[[exceptions]]\ndate = 2026-11-24\nclosed = true\n"))
        with pytest.raises(NotBookableError, match=r"practice\.toml:\d+: exceptions\[1\]: fermeture"):
            closed.book(hold, ROUSSEL, source="phone", idempotency_key="k")

    def test_a_duration_that_changed_is_not_booked_as_it_was(
        self, make_agenda: MakeAgenda, make_practice: MakePractice
    ) -> None:
        agenda = make_agenda(make_practice())
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        longer = make_practice(motives='[motives.consultation]\nlabel = "une consultation"\nduration_minutes = 45\n')
        with pytest.raises(NotBookableError, match="ne correspond plus"):
            make_agenda(longer).book(hold, ROUSSEL, source="phone", idempotency_key="k")

    def test_a_forged_end_is_not_booked(self, agenda: Store) -> None:
        slot = slot_at(agenda, NINE)
        with pytest.raises(NotBookableError):
            agenda.hold(dataclasses.replace(slot, end=slot.end + timedelta(hours=2)), patient="known", owner="a")

    def test_the_patients_own_doctor_is_checked_with_the_identity(self, agenda: Store) -> None:
        hold = agenda.hold(slot_at(agenda, NINE, "suivi", "benali"), patient="known", owner="a")
        with pytest.raises(NotBookableError, match="médecin habituel"):
            agenda.book(hold, ROUSSEL, source="phone", idempotency_key="k")
        assert agenda.book(hold, VASSEUR, source="phone", idempotency_key="k").status == "booked"


class TestNobodyOverlapsHimself:
    def test_the_same_patient_with_two_practitioners_at_once_is_refused(self, agenda: Store) -> None:
        for key, who in enumerate(("lefevre", "benali")):
            hold = agenda.hold(slot_at(agenda, NINE, who=who), patient="known", owner=who)
            if who == "lefevre":
                agenda.book(hold, ROUSSEL, source="phone", idempotency_key=str(key))
            else:
                with pytest.raises(NotBookableError, match="le patient a déjà"):
                    agenda.book(hold, ROUSSEL, source="phone", idempotency_key=str(key))

    def test_not_even_when_a_secretary_overbooks(self, agenda: Store) -> None:
        agenda.place(placement(agenda, NINE), source="desk", idempotency_key="1")
        twice = placement(agenda, NINE, overbooking_reason="urgence", practitioner="benali")
        with pytest.raises(NotBookableError, match="le patient a déjà"):
            agenda.place(twice, source="desk", idempotency_key="2")

    def test_the_schema_refuses_it_too(self, agenda: Store, connect: ConnectionFactory) -> None:
        row = agenda.book(
            agenda.hold(slot_at(agenda, NINE), patient="known", owner="a"), ROUSSEL, source="phone", idempotency_key="1"
        )
        assert row.patient is not None
        database = connect()
        occupied = database.execute("select count(*) from granule where resource = ?", [f"patient:{row.patient.id}"])
        assert occupied.fetchone()[0] == 3
        with pytest.raises(database.conn.IntegrityError):
            database.execute(
                "insert into granule select resource, lane, g, ? from granule where resource like 'patient:%'", [row.id]
            )
        database.close()


class TestExportersRunAfterCommit:
    def test_the_outbox_holds_what_was_committed_and_nothing_else(self, agenda: Store) -> None:
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        assert agenda.outbox.pending() == []
        with pytest.raises(NotBookableError):
            agenda.book(hold, NEWCOMER, source="phone", idempotency_key="1")
        assert agenda.outbox.pending() == [], "a refused booking tells nobody"
        row = agenda.book(hold, ROUSSEL, source="phone", idempotency_key="2")
        agenda.cancel(row.id, source="phone", idempotency_key="3")
        notices = agenda.outbox.pending()
        assert [(n.kind, n.appointment_id, n.version) for n in notices] == [("book", row.id, 1), ("cancel", row.id, 2)]
        agenda.outbox.acknowledge(notices[0].id)
        assert agenda.outbox.pending() == notices[1:]


class TestIdempotency:
    def test_a_repeated_booking_changes_nothing(self, agenda: Store) -> None:
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        first = agenda.book(hold, ROUSSEL, source="phone", idempotency_key="k")
        version = agenda.version()
        assert agenda.book(hold, ROUSSEL, source="phone", idempotency_key="k") == first
        assert agenda.version() == version

    def test_repeated_moves_and_cancellations_change_nothing(self, agenda: Store) -> None:
        first = agenda.book(
            agenda.hold(slot_at(agenda, NINE), patient="known", owner="a"), ROUSSEL, source="phone", idempotency_key="1"
        )
        hold = agenda.hold(slot_at(agenda, NINE + timedelta(hours=1)), patient="known", owner="a")
        moved = agenda.move(first.id, hold, source="phone", idempotency_key="2")
        assert agenda.move(first.id, hold, source="phone", idempotency_key="2") == moved
        gone = agenda.cancel(moved.id, source="phone", idempotency_key="3")
        version = agenda.version()
        assert agenda.cancel(moved.id, source="phone", idempotency_key="3") == gone
        assert agenda.version() == version

    def test_one_key_stands_for_one_act(self, agenda: Store) -> None:
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        row = agenda.book(hold, ROUSSEL, source="phone", idempotency_key="k")
        with pytest.raises(AgendaError, match="fresh one"):
            agenda.cancel(row.id, source="phone", idempotency_key="k")


class TestWhatIsSaidIsTheCommittedRow:
    def test_the_answer_of_every_act_is_read_back_by_another_connection(
        self, agenda: Store, make_agenda: MakeAgenda, make_practice: MakePractice
    ) -> None:
        other = make_agenda(make_practice())
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        row = agenda.book(hold, ROUSSEL, source="phone", idempotency_key="1")
        assert other.appointment(row.id) == row
        gone = agenda.cancel(row.id, source="phone", idempotency_key="2")
        assert other.appointment(row.id) == gone
        assert gone.status == "cancelled"
