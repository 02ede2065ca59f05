"""What a call asks of the agenda beyond slots: moves onto one's own time, closed days, objections, identities."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tests.agenda.contract import NINE, booked
from tests.agenda.helpers import NEWCOMER, ROUSSEL, VASSEUR, MakeAgenda, MakePractice, StandingClock, slot_at
from voicebot.agenda.guard import MOST_BY_CALLER, MOST_BY_NAME, MOST_HIDDEN
from voicebot.agenda.store import Store
from voicebot.errors import NotBookableError, SlotTakenError
from voicebot.ports import Closure, PatientClaim, SlotQuery

QUARTER = timedelta(minutes=15)
LONG = """
[motives.consultation]
label = "une consultation"
duration_minutes = 45
grid_minutes = 15
buffer_after_minutes = 5
needs = ["salle"]
"""


def query(old: str, **more: str) -> SlotQuery:
    return SlotQuery("consultation", "known", "lefevre", replacing=old, **more)  # type: ignore[arg-type]


def test_a_call_moves_onto_a_time_that_overlaps_the_old_one(
    make_agenda: MakeAgenda, make_practice: MakePractice
) -> None:
    agenda: Store = make_agenda(make_practice(motives=LONG))
    old = booked(agenda, NINE)
    assert NINE + QUARTER not in [slot.start for slot in agenda.search(SlotQuery("consultation", "known", "lefevre"))]
    wanted = next(slot for slot in agenda.search(query(old.id)) if slot.start == NINE + QUARTER)
    with pytest.raises(SlotTakenError):
        agenda.hold(wanted, patient="known", owner="someone else")
    hold = agenda.hold(wanted, patient="known", owner="call", replacing=old.id)
    with pytest.raises(SlotTakenError):
        agenda.hold(replace(wanted, start=NINE + 3 * QUARTER), patient="known", owner="other", replacing=None)
    row = agenda.move(old.id, hold, source="phone", idempotency_key="m")
    assert (row.status, row.slot.start) == ("booked", NINE + QUARTER)
    assert agenda.appointment(old.id).status == "moved"
    # Everything it needs is occupied now, and the quarter of an hour that it left is free (with the buffer).
    for start in (NINE, NINE + QUARTER, NINE + 3 * QUARTER):
        with pytest.raises((SlotTakenError, NotBookableError)):
            agenda.hold(replace(wanted, start=start, end=start + 3 * QUARTER), patient="known", owner="other")
    assert NINE + 5 * QUARTER in [slot.start for slot in agenda.search(SlotQuery("consultation", "known", "lefevre"))]


def test_a_hold_beside_the_old_time_that_is_given_up_leaves_the_old_one_whole(
    make_agenda: MakeAgenda, make_practice: MakePractice
) -> None:
    agenda: Store = make_agenda(make_practice(motives=LONG))
    old = booked(agenda, NINE)
    wanted = next(slot for slot in agenda.search(query(old.id)) if slot.start == NINE + QUARTER)
    agenda.hold(wanted, patient="known", owner="call", replacing=old.id)
    agenda.release("call")
    assert agenda.appointment(old.id).status == "booked"
    with pytest.raises(SlotTakenError):
        agenda.hold(replace(wanted, start=NINE, end=NINE + 3 * QUARTER), patient="known", owner="other")


def test_a_move_whose_old_one_was_cancelled_meanwhile_takes_nothing(agenda: Store) -> None:
    old = booked(agenda, NINE)
    hold = agenda.hold(slot_at(agenda, NINE + 2 * QUARTER), patient="known", owner="call", replacing=old.id)
    agenda.cancel(old.id, source="desk", idempotency_key="c")
    with pytest.raises(NotBookableError):
        agenda.move(old.id, hold, source="phone", idempotency_key="m")


@pytest.mark.parametrize(
    ("day", "practitioner", "kind"),
    [
        (date(2026, 11, 24), None, None),
        (date(2026, 12, 25), None, "holiday"),
        (date(2026, 11, 29), None, "closed"),
        (date(2026, 11, 26), "benali", "absent"),
        (date(2026, 11, 26), None, None),
        (date(2026, 12, 24), None, "closed"),
    ],
)
def test_why_nobody_receives_on_a_day(
    day: date, practitioner: str | None, kind: str | None, make_agenda: MakeAgenda, make_practice: MakePractice
) -> None:
    more = """
[[absences]]
who = ["benali"]
from = 2026-11-26
to = 2026-11-26

[[exceptions]]
date = 2026-12-24
closed = true
"""
    agenda = make_agenda(make_practice(more=more))
    found = agenda.closure(SlotQuery("consultation", "known", practitioner), day)
    assert (found.kind if found else None) == kind
    if kind == "holiday":
        assert found == Closure("holiday", "Noël")


def test_what_a_hold_would_break_is_known_before_the_commit(agenda: Store) -> None:
    agenda.add_patient(
        NEWCOMER, source="desk", status="validee", birth_place="34172", sex="M", marked_known=1, own_doctor="benali"
    )
    [patient] = agenda.match(NEWCOMER)
    assert agenda.own_doctor(patient.id) == "benali"
    hold = agenda.hold(slot_at(agenda, NINE, "suivi"), patient="known", owner="a")
    assert agenda.objection(hold, NEWCOMER, patient_id=patient.id) == "own_doctor"
    hold = agenda.hold(slot_at(agenda, NINE, "suivi", "benali"), patient="known", owner="a")
    assert agenda.objection(hold, NEWCOMER, patient_id=patient.id) is None
    agenda.book(hold, NEWCOMER, source="phone", idempotency_key="k", patient_id=patient.id)
    hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="b")
    assert agenda.objection(hold, NEWCOMER, patient_id=patient.id) == "patient_busy"


def test_the_age_of_someone_new_is_checked_too(make_agenda: MakeAgenda, make_practice: MakePractice) -> None:
    agenda = make_agenda(
        make_practice(motives='[motives.consultation]\nlabel = "x"\nduration_minutes = 15\nmin_age = 18\n')
    )
    child = PatientClaim("Petit", "Luc", date(2020, 1, 1))
    hold = agenda.hold(slot_at(agenda, NINE, kind="new"), patient="new", owner="a")
    assert agenda.objection(hold, child) == "too_young"
    with pytest.raises(NotBookableError, match="18 ans"):
        agenda.book(hold, child, source="phone", idempotency_key="k")


def test_a_settled_homonym_is_booked_as_the_one_who_was_settled(agenda: Store) -> None:
    twins = [
        agenda.add_patient(NEWCOMER, source="desk", status="validee", birth_place="34172", sex="M", marked_known=1)
        for _ in "ab"
    ]
    hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
    row = agenda.book(hold, NEWCOMER, source="phone", idempotency_key="k", patient_id=twins[1].id)
    assert row.patient is not None
    assert row.patient.id == twins[1].id


def test_birth_date_and_number_find_the_patient_whom_both_fit(agenda: Store) -> None:
    assert ROUSSEL.phone is not None
    assert VASSEUR.phone is not None
    assert list(agenda.match_keys(ROUSSEL.birth_date, ROUSSEL.phone)) == list(agenda.match(ROUSSEL))
    assert list(agenda.match_keys(ROUSSEL.birth_date, VASSEUR.phone)) == []


def test_who_calls_for_someone_else_is_kept_with_the_appointment(agenda: Store) -> None:
    hold = agenda.hold(slot_at(agenda, NINE, kind="new"), patient="new", owner="a")
    claim = replace(NEWCOMER, phone=None, contact_name="Marie Petit", contact_phone="+33612345678")
    row = agenda.book(hold, claim, source="phone", idempotency_key="k")
    assert (row.contact_name, row.contact_phone) == ("Marie Petit", "+33612345678")
    [patient] = agenda.match(claim)
    assert patient.phone is None


def test_someone_new_waits_as_provisional_and_is_offered_what_is_freed(agenda: Store) -> None:
    taken = booked(agenda, NINE)
    day = datetime(2026, 11, 24)
    wanted = SlotQuery("consultation", "new", "lefevre", ((day, day + timedelta(days=1)),))
    agenda.wait_for(NEWCOMER, wanted, source="phone")
    assert agenda.match(NEWCOMER)[0].status == "provisoire"
    agenda.cancel(taken.id, source="desk", idempotency_key="c")
    assert [offer.slot.start for offer in agenda.waitlist_offers()]


def test_birth_dates_cannot_be_tried_out(agenda: Store, clock: StandingClock) -> None:
    def guess(number: int, name: str = "Roussel") -> PatientClaim:
        return PatientClaim(name, "Camille", date(1990, 1, 1) + timedelta(days=number))

    caller = "+33612345678"
    for number in range(MOST_BY_CALLER):
        assert agenda.may_identify(guess(number, f"Nom{'abcdefghij'[number]}"), caller)
        agenda.note_failure(guess(number, f"Nom{'abcdefghij'[number]}"), caller)
    assert not agenda.may_identify(guess(9), caller)
    assert agenda.may_identify(guess(9), "+33687654321"), "another household is not punished"
    for number in range(MOST_BY_NAME):
        agenda.note_failure(guess(number), None)
    assert not agenda.may_identify(guess(99), "+33687654321"), "one name is not guessed from many numbers"
    assert agenda.may_identify(guess(9, "Durand"), None)
    for number in range(MOST_HIDDEN):
        agenda.note_failure(guess(number, "Autre"), None)
    assert not agenda.may_identify(guess(9, "Durand"), None)
    clock.advance(hours=25)
    assert agenda.may_identify(guess(9), caller), "tomorrow is another day"
    agenda.note_failure(guess(9), caller)
    assert len(agenda._session.tuples("select 1 from identity_failure")) == 1, "what no longer counts is gone"
