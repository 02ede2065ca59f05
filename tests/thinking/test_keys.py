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
