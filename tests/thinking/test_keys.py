"""The keypad answers every question as words do, and wrong keys are told."""

from __future__ import annotations

import pytest

from tests.thinking.callers import Cabinet, talk
from tests.thinking.test_conversations import KNOWN, NEW


@pytest.mark.parametrize(
    ("asks", "keys", "then"),
    [
        ("motive", "9", "motive"),
        ("known", "3", "known"),
        ("when", "99999999", "when"),
        ("when", "01012020", "when"),
        ("choice", "7", "choice"),
        ("birth_date", "31021980", "birth_date"),
        ("birth_date", "12031978", "confirm"),
        ("confirm", "1", "open"),
        ("confirm", "5", "confirm"),
        ("birth_name", "#", "birth_name"),
    ],
)
async def test_keys_that_answer_go_on_and_others_ask_again(asks: str, keys: str, then: str, cabinet: Cabinet) -> None:
    call = cabinet.call()
    reply = await call.greet()
    while reply.asks != asks:
        answer = NEW[str(reply.asks)]
        assert not callable(answer)
        reply = await call.hear(answer if isinstance(answer, str) else answer[0])
    reply = await call.key(keys)
    assert reply.asks == then


async def test_what_is_wrong_is_chosen_by_its_place_in_the_list(cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(), NEW | {"confirm": ["#2", "#3", "#1"], "birth_date": ["3 mars 1978", "#12031978"]}
    )
    assert happened.last.outcome == "booked", str(happened)
    row = cabinet.agenda.appointments()[0]
    assert row.patient is not None
    assert row.patient.birth_date.isoformat() == "1978-03-12"


async def test_two_callers_who_only_used_keys_stay_two_people(cabinet: Cabinet) -> None:
    keyed = {
        "open": ["#1", "#2"],
        "motive": "#1",
        "known": "#2",
        "when": "#1",
        "choice": "#1",
        "birth_name": "#1",
        "birth_date": "#03051980",
        "confirm": "#1",
    }
    for phone in ("#0612345678", "#0687654321"):
        happened = await talk(cabinet.call(), keyed | {"phone": phone})
        assert happened.last.outcome == "booked", str(happened)
    patients = {row.patient.id for row in cabinet.agenda.appointments() if row.patient}
    assert len(patients) == 2
    assert {row.patient.status for row in cabinet.agenda.appointments() if row.patient} == {"provisoire"}


async def test_after_a_booking_by_keys_one_means_something_else(cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(), KNOWN | {"open": ["je voudrais un rendez-vous", "#1", "#3", "#2"], "confirm": "oui"}
    )
    assert happened.last.outcome == "cancelled", str(happened)


ROUSSEL_BY_KEYS = {"birth_date": "#17041990", "phone": "#0639980101"}


async def test_everything_by_keys_alone_from_booking_to_cancelling(cabinet: Cabinet) -> None:
    """A known patient without a voice: found by birth date and number, never asked a name."""
    call = cabinet.call()
    happened = await talk(
        call,
        ROUSSEL_BY_KEYS
        | {
            # Book, then move, then cancel, each after a 1 for "something else".
            "open": ["#1", "#1", "#2", "#1", "#3", "#2"],
            "motive": "#1",
            "known": "#1",
            "when": ["#24112026", "#26112026"],
            "choice": ["#1", "#2"],
            "confirm": "#1",
        },
    )
    assert happened.last.outcome == "cancelled", str(happened)
    rows = cabinet.agenda.appointments(everything=True)
    assert {row.status for row in rows} == {"moved", "cancelled"}
    assert {row.patient.birth_name for row in rows if row.patient} == {"Roussel"}
    assert happened.asked.count("birth_date") == 1
    assert call.callbacks == ()
    assert all("tape" in reply.say.lower() for _, reply in happened.said[1:-1]), "every question says its keys"


async def test_an_appointment_made_in_words_is_cancelled_by_keys(cabinet: Cabinet) -> None:
    await talk(cabinet.call(), KNOWN)
    happened = await talk(cabinet.call(), ROUSSEL_BY_KEYS | {"open": ["#3", "#2"], "confirm": "#1"})
    assert happened.last.outcome == "cancelled", str(happened)
    assert cabinet.rows() == []


@pytest.mark.parametrize("phone", ["#0612345678", "#0639980102"])
async def test_a_birth_date_with_another_number_discloses_nothing(phone: str, cabinet: Cabinet) -> None:
    await talk(cabinet.call(), KNOWN)
    happened = await talk(cabinet.call(), ROUSSEL_BY_KEYS | {"open": ["#2", "#2"], "phone": phone, "callback": "#2"})
    assert happened.last.outcome == "abandoned", str(happened)
    assert happened.asked.count("birth_date") == 2, "two failures, then a person"
    assert "prévu" not in str(happened)


async def test_keys_that_find_nobody_are_someone_new_whose_name_is_to_be_completed(cabinet: Cabinet) -> None:
    call = cabinet.call()
    happened = await talk(
        call,
        {
            "open": ["#1", "#2"],
            "motive": "#1",
            "known": "#1",
            "when": "#24112026",
            "choice": "#1",
            "birth_date": "#03051980",
            "phone": "#0612345678",
            "confirm": "#1",
        },
    )
    assert happened.last.outcome == "booked", str(happened)
    [row] = cabinet.agenda.appointments()
    assert row.patient is not None
    assert (row.patient.status, row.patient.known) == ("provisoire", False)
    assert (row.slot.end - row.slot.start).total_seconds() == 30 * 60, "someone new has half an hour"
    assert [(left.reason, left.phone) for left in call.callbacks] == [("name", "+33612345678")]


async def test_who_speaks_is_asked_in_words_whatever_he_also_presses(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    await call.hear("je voudrais un rendez-vous")
    reply = await call.key("1")
    assert reply.asks == "known"
    assert "tapez" not in reply.say.lower()
