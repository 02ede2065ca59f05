"""Who is offered a slot that is freed, and who is not."""

from __future__ import annotations

from datetime import date, datetime

from tests.agenda.helpers import placement
from voicebot.agenda.store import Store
from voicebot.agenda.waitlist import OFFERS_FOR_ONE_SLOT
from voicebot.ports import Patient, PatientClaim, SlotQuery

NINE = datetime(2026, 11, 24, 9, 0)


def waiters(agenda: Store, count: int) -> list[Patient]:
    """Patients who wait for a consultation, the longest waiting first."""
    found = []
    for number in range(count):
        claim = PatientClaim(f"Attente{'abcdefgh'[number]}", "Lou", date(1970, 1, 1 + number))
        found.append(agenda.add_patient(claim, source="desk"))
        agenda.wait(found[-1].id, SlotQuery("consultation", "new"))
    return found


def free(agenda: Store, key: str) -> None:
    row = agenda.place(placement(agenda, NINE, kind="new"), source="desk", idempotency_key=f"book-{key}")
    agenda.cancel(row.id, source="desk", idempotency_key=f"cancel-{key}")


def offered(agenda: Store) -> list[str]:
    return [offer.waiting.patient_id for offer in agenda.waitlist_offers()]


def test_the_longest_waiting_are_offered_a_freed_slot(agenda: Store) -> None:
    patients = waiters(agenda, OFFERS_FOR_ONE_SLOT + 2)
    free(agenda, "1")
    assert offered(agenda) == [patient.id for patient in patients[:OFFERS_FOR_ONE_SLOT]]


def test_whoever_refused_a_slot_leaves_the_place_to_the_next_when_it_is_freed_again(agenda: Store) -> None:
    patients = waiters(agenda, OFFERS_FOR_ONE_SLOT + 2)
    free(agenda, "1")
    for offer in agenda.waitlist_offers()[:2]:
        agenda.waitlist.answer(offer.id, "refused")
    free(agenda, "2")
    assert offered(agenda) == [patient.id for patient in patients[2:]]
