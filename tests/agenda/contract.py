"""What every store of the agenda must do. A new store subclasses this and gives its own ``make_agenda``."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.agenda.helpers import (
    MONDAY,
    MOTIVES,
    NEWCOMER,
    ROUSSEL,
    SETTLED,
    VASSEUR,
    MakeAgenda,
    MakePractice,
    StandingClock,
    placement,
    slot_at,
)
from voicebot.agenda.admission import Placement
from voicebot.agenda.repository import Repository
from voicebot.errors import AgendaError, NotBookableError, SlotTakenError, StaleVersionError
from voicebot.ports import Appointment, PatientClaim, SlotQuery

NINE = datetime(2026, 11, 24, 9, 0)
HOUR = timedelta(hours=1)


def booked(agenda: Repository, start: datetime = NINE, claim: PatientClaim = ROUSSEL, **more: str) -> Appointment:
    hold = agenda.hold(slot_at(agenda, start, **more), patient="known", owner="test")
    return agenda.book(hold, claim, source="phone", idempotency_key=f"book {start} {claim.birth_name}")


class RepositoryContract:
    # --- a call ----------------------------------------------------------------------------------------------

    def test_a_newcomer_is_booked_as_provisional(self, agenda: Repository) -> None:
        hold = agenda.hold(slot_at(agenda, NINE, kind="new"), patient="new", owner="a")
        row = agenda.book(hold, NEWCOMER, source="phone", idempotency_key="k")
        assert row.patient is not None
        assert (row.patient.status, row.patient.known, row.patient.phone) == ("provisoire", False, NEWCOMER.phone)
        assert row.slot.end - row.slot.start == timedelta(minutes=30)
        assert agenda.match(NEWCOMER) == [row.patient]

    def test_one_declared_new_who_matches_one_patient_is_that_patient(self, agenda: Repository) -> None:
        hold = agenda.hold(slot_at(agenda, NINE, kind="new"), patient="new", owner="a")
        row = agenda.book(hold, ROUSSEL, source="phone", idempotency_key="k")
        assert [row.patient] == list(agenda.match(ROUSSEL))

    def test_homonyms_are_never_told_apart_by_guess(self, agenda: Repository) -> None:
        for _ in range(2):
            agenda.add_patient(NEWCOMER, source="desk", **SETTLED, sex="M")
        assert len(agenda.match(NEWCOMER)) == 2
        known = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        with pytest.raises(NotBookableError, match="identité"):
            agenda.book(known, NEWCOMER, source="phone", idempotency_key="1")
        new = agenda.hold(slot_at(agenda, NINE + HOUR, kind="new"), patient="new", owner="a")
        row = agenda.book(new, NEWCOMER, source="phone", idempotency_key="2")
        assert row.patient is not None
        assert row.patient.status == "provisoire"
        assert len(agenda.match(NEWCOMER)) == 3

    def test_one_declared_known_whom_nobody_knows_is_refused_like_any_failed_identity(self, agenda: Repository) -> None:
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        provisional = PatientClaim("Garnier", "Inès", date(1996, 10, 15))
        agenda.add_patient(provisional, source="desk")
        messages = set()
        for key, claim in enumerate((NEWCOMER, provisional)):
            with pytest.raises(NotBookableError) as refused:
                agenda.book(hold, claim, source="phone", idempotency_key=str(key))
            messages.add(str(refused.value))
        assert len(messages) == 1

    def test_a_phone_booking_keeps_the_number_that_was_given(self, agenda: Repository) -> None:
        agenda.add_patient(PatientClaim("Blanc", "Zoé", date(1980, 1, 1)), source="desk", **SETTLED, sex="F")
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        claim = PatientClaim("Blanc", "Zoé", date(1980, 1, 1), "+33639980199")
        row = agenda.book(hold, claim, source="phone", idempotency_key="k")
        assert row.patient is not None
        assert row.patient.phone == "+33639980199"
        assert agenda.match(claim)[0].phone is None, "the patient's own file is for staff to change"

    def test_refused_starts_are_not_offered_again(self, agenda: Repository) -> None:
        offers = agenda.offers(SlotQuery("consultation"))
        refused = tuple(slot.start for slot in offers)
        assert not set(refused) & {slot.start for slot in agenda.offers(SlotQuery("consultation", exclude=refused))}

    def test_what_is_taken_is_not_offered(self, agenda: Repository) -> None:
        row = booked(agenda)
        assert row.slot not in agenda.search(SlotQuery("consultation", "known"))
        agenda.cancel(row.id, source="phone", idempotency_key="c")
        assert row.slot in agenda.search(SlotQuery("consultation", "known"))

    def test_appointments_of_a_patient_are_those_to_come_in_order(
        self, agenda: Repository, clock: StandingClock
    ) -> None:
        late, early = booked(agenda, NINE + HOUR), booked(agenda, NINE)
        gone = booked(agenda, NINE + 2 * HOUR)
        agenda.cancel(gone.id, source="phone", idempotency_key="c")
        assert early.patient is not None
        assert [row.id for row in agenda.appointments_of(early.patient.id)] == [early.id, late.id]
        clock.set(NINE + timedelta(minutes=1))
        assert [row.id for row in agenda.appointments_of(early.patient.id)] == [late.id]

    # --- rules that a commit checks --------------------------------------------------------------------------

    def test_the_cut_off_binds_the_phone_and_not_the_desk(
        self, make_agenda: MakeAgenda, make_practice: MakePractice, clock: StandingClock
    ) -> None:
        motives = MOTIVES.replace("new_patient_minutes = 30", "cancel_cutoff_minutes = 120")
        agenda = make_agenda(make_practice(motives=motives))
        row = booked(agenda)
        hold = agenda.hold(slot_at(agenda, NINE + 4 * HOUR + HOUR), patient="known", owner="a")
        clock.set(NINE - timedelta(minutes=119))
        with pytest.raises(NotBookableError, match="120 minutes"):
            agenda.cancel(row.id, source="phone", idempotency_key="1")
        with pytest.raises(NotBookableError, match="120 minutes"):
            agenda.move(row.id, hold, source="phone", idempotency_key="2")
        assert agenda.cancel(row.id, source="desk", idempotency_key="3").status == "cancelled"

    def test_ages_and_spacing_are_checked_with_the_identity(
        self, make_agenda: MakeAgenda, make_practice: MakePractice
    ) -> None:
        motives = MOTIVES.replace("new_patient_minutes = 30", "max_age = 50\nspacing_days = 7")
        agenda = make_agenda(make_practice(motives=motives))
        with pytest.raises(NotBookableError, match="jusqu'à 50 ans"):
            booked(agenda, NINE + HOUR, VASSEUR)
        booked(agenda, NINE)
        with pytest.raises(NotBookableError, match="7 jours"):
            booked(agenda, NINE + timedelta(days=6))
        booked(agenda, NINE + timedelta(days=7))

    def test_the_assistants_day_can_be_full_while_the_desk_goes_on(
        self, make_agenda: MakeAgenda, make_practice: MakePractice
    ) -> None:
        motives = MOTIVES.replace("new_patient_minutes = 30", "assistant_per_day = 1")
        agenda = make_agenda(make_practice(motives=motives))
        later = slot_at(agenda, NINE + HOUR)
        booked(agenda)
        with pytest.raises(NotBookableError, match="atteint"):
            agenda.hold(later, patient="known", owner="b")
        assert NINE.date() not in {slot.start.date() for slot in agenda.search(SlotQuery("consultation", "known"))}
        row = agenda.place(placement(agenda, NINE + HOUR, VASSEUR), source="desk", idempotency_key="k")
        assert row.status == "booked"

    def test_a_motive_that_only_a_person_books(self, make_agenda: MakeAgenda, make_practice: MakePractice) -> None:
        motives = MOTIVES.replace("new_patient_minutes = 30", 'bookable_by = "person"')
        agenda = make_agenda(make_practice(motives=motives))
        with pytest.raises(NotBookableError):
            agenda.search(SlotQuery("consultation", "known"))
        assert agenda.place(placement(agenda, NINE), source="desk", idempotency_key="k").status == "booked"

    def test_notice_and_horizon_bind_the_assistant_alone(self, agenda: Repository) -> None:
        soon = MONDAY + timedelta(minutes=30)
        assert agenda.explain(SlotQuery("consultation"), soon).verdict.rule == "notice"
        agenda.place(placement(agenda, soon), source="desk", idempotency_key="1")
        far = datetime(2027, 6, 1, 9, 0)
        assert agenda.explain(SlotQuery("consultation"), far).verdict.rule == "horizon"
        agenda.place(placement(agenda, far), source="desk", idempotency_key="2")

    def test_nobody_books_outside_the_hours_but_by_deliberate_overbooking(self, agenda: Repository) -> None:
        lunch = NINE.replace(hour=13)
        with pytest.raises(NotBookableError, match="horaires"):
            agenda.place(placement(agenda, lunch), source="desk", idempotency_key="1")
        with pytest.raises(NotBookableError, match="passée"):
            agenda.place(
                placement(agenda, MONDAY - HOUR, overbooking_reason="urgence"), source="desk", idempotency_key="2"
            )
        late = placement(agenda, lunch, overbooking_reason="urgence")
        assert agenda.place(late, source="desk", idempotency_key="3").slot.start == lunch

    # --- a person --------------------------------------------------------------------------------------------

    def test_a_person_moves_in_one_step_even_onto_the_old_time(self, agenda: Repository) -> None:
        row = booked(agenda)
        quarter = placement(agenda, NINE + timedelta(minutes=5))
        moved = agenda.place(quarter, source="desk", idempotency_key="m", replacing=row.id, version=row.version)
        assert (moved.status, agenda.appointment(row.id).status) == ("booked", "moved")

    def test_a_row_that_changed_meanwhile_is_not_overwritten(self, agenda: Repository) -> None:
        row = booked(agenda)
        moved = agenda.place(placement(agenda, NINE + HOUR), source="desk", idempotency_key="m", replacing=row.id)
        with pytest.raises(StaleVersionError):
            agenda.cancel(row.id, source="desk", idempotency_key="c", version=row.version)
        with pytest.raises(NotBookableError, match="plus à venir"):
            agenda.cancel(row.id, source="desk", idempotency_key="c")
        assert agenda.cancel(moved.id, source="desk", idempotency_key="c", version=moved.version).version == 2

    def test_without_a_practitioner_the_first_free_one_is_taken(self, agenda: Repository) -> None:
        booked(agenda)
        anyone = placement(agenda, NINE, VASSEUR, practitioner=None)
        assert agenda.place(anyone, source="desk", idempotency_key="1").slot.practitioner == "benali"
        another = agenda.add_patient(NEWCOMER, source="desk")
        late = Placement("consultation", NINE, None, another.id, "known")
        with pytest.raises(SlotTakenError):
            agenda.place(late, source="desk", idempotency_key="2")
        assert agenda.place(anyone, source="desk", idempotency_key="1").slot.practitioner == "benali", "repeated"

    def test_done_and_missed(self, agenda: Repository, clock: StandingClock) -> None:
        newcomer = agenda.add_patient(NEWCOMER, source="desk", status="validee", birth_place="34172", sex="M")
        assert not newcomer.known
        row = agenda.place(placement(agenda, NINE, NEWCOMER, kind="new"), source="desk", idempotency_key="b")
        with pytest.raises(NotBookableError, match="begun"):
            agenda.mark(row.id, "done", source="desk", idempotency_key="1")
        clock.set(NINE + HOUR)
        assert agenda.mark(row.id, "noshow", source="desk", idempotency_key="2").status == "noshow"
        clock.advance(days=1)
        assert not agenda.patient(newcomer.id).known, "someone who never came is not known"
        assert agenda.mark(row.id, "done", source="desk", idempotency_key="3").status == "done"
        assert agenda.patient(newcomer.id).known
        assert agenda.mark(row.id, "done", source="desk", idempotency_key="3").version == 3
        assert agenda.mark(row.id, "noshow", source="desk", idempotency_key="4").status == "noshow"
        assert not agenda.patient(newcomer.id).known, "a visit that is taken back makes nobody known"
        assert agenda.mark(row.id, "booked", source="desk", idempotency_key="5").status == "booked"

    def test_known_means_settled_and_seen_or_marked_by_staff(self, agenda: Repository) -> None:
        provisional = agenda.add_patient(
            PatientClaim("Fontaine", "Paul", date(1949, 2, 28)), source="desk", last_visit="2026-04-02"
        )
        marked = agenda.add_patient(
            PatientClaim("Chevalier", "Lucie", date(1964, 12, 21)), source="desk", marked_known=1
        )
        assert (provisional.known, marked.known) == (False, True)

    def test_lists(self, agenda: Repository, clock: StandingClock) -> None:
        row, other = booked(agenda), booked(agenda, NINE + HOUR, VASSEUR)
        agenda.cancel(other.id, source="desk", idempotency_key="c")
        held = agenda.hold(slot_at(agenda, NINE + 2 * HOUR), patient="known", owner="a")
        assert [(r.id, r.status) for r in agenda.appointments()] == [(row.id, "booked"), (held.id, "held")]
        assert {r.status for r in agenda.appointments(everything=True)} == {"booked", "cancelled", "held"}
        assert [r.id for r in agenda.day(NINE.date())] == [row.id, held.id]
        assert agenda.day(NINE.date() + timedelta(days=1)) == []
        clock.advance(minutes=6)
        assert [r.id for r in agenda.appointments()] == [row.id]
        assert [r.id for r in agenda.day(NINE.date())] == [row.id]
        assert "held" not in {r.status for r in agenda.appointments(everything=True)}

    def test_every_change_counts(self, agenda: Repository) -> None:
        versions = [agenda.version()]
        hold = agenda.hold(slot_at(agenda, NINE), patient="known", owner="a")
        versions.append(agenda.version())
        row = agenda.book(hold, ROUSSEL, source="phone", idempotency_key="b")
        versions.append(agenda.version())
        agenda.cancel(row.id, source="phone", idempotency_key="c")
        versions.append(agenda.version())
        assert sorted(set(versions)) == versions

    def test_what_is_not_there_is_said(self, agenda: Repository) -> None:
        with pytest.raises(AgendaError, match="no such appointment"):
            agenda.appointment("x")
        with pytest.raises(AgendaError, match="no such appointment"):
            agenda.cancel("x", source="desk", idempotency_key="c")
        with pytest.raises(AgendaError, match="no such patient"):
            agenda.patient("x")

    # --- patients --------------------------------------------------------------------------------------------

    def test_accents_hyphens_and_case_do_not_tell_patients_apart(self, agenda: Repository) -> None:
        born = date(1970, 2, 3)
        agenda.add_patient(PatientClaim("Lefèvre-Œuf", "Jean-Noël", born), source="desk")
        assert agenda.match(PatientClaim("LEFEVRE OEUF", "jean noel", born))
        assert not agenda.match(PatientClaim("LEFEVRE OEUF", "jean noel", born + timedelta(days=1)))
        assert not agenda.match(PatientClaim("", "", born))

    def test_candidates_sound_alike_and_are_never_a_match(self, agenda: Repository) -> None:
        born = date(1970, 2, 3)
        right = agenda.add_patient(PatientClaim("Dupont", "Aurélie", born), source="desk")
        agenda.add_patient(PatientClaim("Martin", "Paul", born), source="desk")
        heard = PatientClaim("Dupond", "Aurélie", born)
        assert agenda.match(heard) == []
        assert agenda.candidates(heard) == [right]
        assert agenda.candidates(PatientClaim("Dupont", "Aurélie", date(1970, 3, 2))) == [right], (
            "day and month swapped"
        )
        assert agenda.candidates(PatientClaim("Dupont", "Aurélie", born)) == [], "who matches is no candidate"

    def test_staff_find_patients_by_parts_of_a_name_or_a_birth_date(self, agenda: Repository) -> None:
        [roussel] = agenda.match(ROUSSEL)
        assert agenda.find_patients("rous cam") == [roussel]
        assert agenda.find_patients("", ROUSSEL.birth_date) == [roussel]
        assert agenda.find_patients("") == []

    def test_a_patient_is_changed_by_whoever_read_the_last_version(self, agenda: Repository) -> None:
        [roussel] = agenda.match(ROUSSEL)
        agenda.update_patient(roussel.id, {"birth_name": "Rousselle"}, version=1, source="desk")
        with pytest.raises(StaleVersionError):
            agenda.update_patient(roussel.id, {"phone": None}, version=1, source="desk")
        renamed = PatientClaim("rousselle", "camille", ROUSSEL.birth_date)
        assert [p.id for p in agenda.match(renamed)] == [roussel.id]
        with pytest.raises(AgendaError, match="not a field"):
            agenda.update_patient(roussel.id, {"version": 9}, version=2, source="desk")

    def test_a_phone_call_never_raises_an_identity(self, agenda: Repository) -> None:
        with pytest.raises(AgendaError, match="provisoire"):
            agenda.add_patient(NEWCOMER, source="phone", **SETTLED, sex="M")
        with pytest.raises(AgendaError, match="missing: sex"):
            agenda.add_patient(NEWCOMER, source="desk", **SETTLED)

    # --- the waiting list ------------------------------------------------------------------------------------

    def test_a_freed_slot_is_offered_to_those_who_wait_for_it(self, agenda: Repository) -> None:
        row = booked(agenda)
        [vasseur] = agenda.match(VASSEUR)
        morning = ((NINE, NINE + HOUR),)
        agenda.wait(vasseur.id, SlotQuery("consultation", "known", "lefevre", morning))
        agenda.wait(vasseur.id, SlotQuery("consultation", "known", "benali", morning))
        assert agenda.waitlist_offers() == []
        agenda.cancel(row.id, source="phone", idempotency_key="c")
        [offer] = agenda.waitlist_offers()
        assert (offer.slot, offer.waiting.patient_id) == (row.slot, vasseur.id)
        taken = agenda.accept_offer(offer, source="desk", idempotency_key="a")
        assert taken.slot == row.slot
        assert agenda.waitlist_offers() == []
        assert agenda.accept_offer(offer, source="desk", idempotency_key="a") == taken, "repeated"
        agenda.cancel(taken.id, source="desk", idempotency_key="d")
        with pytest.raises(StaleVersionError):
            agenda.accept_offer(offer, source="desk", idempotency_key="b")

    def test_whoever_gives_a_slot_up_is_not_offered_it(self, agenda: Repository) -> None:
        row = booked(agenda)
        assert row.patient is not None
        agenda.wait(row.patient.id, SlotQuery("consultation", "known"))
        agenda.cancel(row.id, source="phone", idempotency_key="c")
        assert agenda.waitlist_offers() == []

    def test_an_offer_that_someone_else_took_is_gone(self, agenda: Repository) -> None:
        row = booked(agenda)
        [vasseur] = agenda.match(VASSEUR)
        agenda.wait(vasseur.id, SlotQuery("consultation", "known"))
        agenda.cancel(row.id, source="phone", idempotency_key="c")
        [offer] = agenda.waitlist_offers()
        agenda.hold(row.slot, patient="known", owner="b")
        assert agenda.waitlist_offers() == []
        with pytest.raises(SlotTakenError):
            agenda.accept_offer(offer, source="desk", idempotency_key="a")

    def test_nobody_waits_for_what_is_never_bookable(self, agenda: Repository) -> None:
        [vasseur] = agenda.match(VASSEUR)
        with pytest.raises(NotBookableError):
            agenda.wait(vasseur.id, SlotQuery("suivi", "new"))
