"""Who the patient is, on the phone: the same words whoever exists, no guessing, homonyms told apart or left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.thinking.callers import Answer, Cabinet, Talk, talk
from tests.thinking.test_conversations import KNOWN, NEW

CANCEL = {
    "open": ["je voudrais annuler mon rendez-vous", "non"],
    "spelling": "r o u s s e l",
    "confirm": "oui",
    "phone": "06 12 34 56 78",
    "callback": "non",
}
NAMES = {"birth_name": "roussel", "first_name": "camille"}


def heard_by(happened: Talk) -> list[str]:
    return [reply.say for _, reply in happened.said]


async def test_the_words_are_the_same_whether_a_patient_exists_or_not(cabinet: Cabinet) -> None:
    """A patient without appointments, one who never was, and one with the wrong birth date sound alike."""
    tries: list[dict[str, Answer]] = [
        CANCEL | NAMES | {"birth_date": "17 avril 1990"},
        CANCEL | NAMES | {"birth_date": "18 avril 1990"},
    ]
    first, second = [heard_by(await talk(cabinet.call(), answers)) for answers in tries]
    assert first == second
    stranger = heard_by(
        await talk(
            cabinet.call(),
            CANCEL
            | {"birth_name": "zola", "first_name": "camille", "spelling": "z o l a", "birth_date": "17 avril 1990"},
        )
    )
    assert [say.replace("Zola", "Roussel").replace("Z, O, L, A", "R, O, U, S, S, E, L") for say in stranger] == first


@pytest.mark.parametrize(("hours", "outcome"), [(0, "callback"), (2, "transferred")])
async def test_two_failures_lead_to_a_person_or_a_call_back(hours: int, outcome: str, cabinet: Cabinet) -> None:
    cabinet.clock.at += timedelta(hours=hours)
    happened = await talk(cabinet.call(), CANCEL | NAMES | {"birth_date": "18 avril 1990", "callback": "oui"})
    assert happened.last.outcome == outcome, str(happened)
    assert happened.asked.count("birth_date") == 2


async def test_birth_dates_cannot_be_tried_out_over_many_calls(cabinet: Cabinet) -> None:
    before = await talk(cabinet.call(), KNOWN)
    assert before.last.outcome == "booked"
    for day in range(1, 7):
        await talk(cabinet.call(caller="0611111111"), CANCEL | NAMES | {"birth_date": f"{day} mai 1990"})
    guessed = await talk(cabinet.call(caller="0611111111"), CANCEL | NAMES | {"birth_date": "17 avril 1990"})
    assert guessed.last.outcome == "abandoned", "the right one comes too late"
    assert "Votre rendez-vous est prévu" not in str(guessed)
    assert len(cabinet.rows()) == 1
    assert all("trop" not in say for say in heard_by(guessed)), "and the caller does not hear why"
    # Neither another number nor the patient's own helps on the same day; on the next all is well again.
    other = await talk(cabinet.call(caller="0622222222"), CANCEL | NAMES | {"birth_date": "17 avril 1990"})
    assert other.last.outcome == "abandoned"
    cabinet.clock.at += timedelta(hours=24, minutes=1)
    cabinet.clock.at = cabinet.clock.at.replace(hour=8, minute=5)
    later = await talk(cabinet.call(), CANCEL | NAMES | {"birth_date": "17 avril 1990"})
    assert later.last.outcome == "cancelled", str(later)


async def test_homonyms_are_told_apart_by_the_number_that_they_say(cabinet: Cabinet) -> None:
    laurent = KNOWN | {
        "birth_name": "laurent",
        "first_name": "jeanne",
        "birth_date": "12 mars 1978",
        "spelling": "l a u r e n t",
        "phone": "06 39 98 01 06",
    }
    happened = await talk(cabinet.call(), laurent)
    assert happened.last.outcome == "booked", str(happened)
    [row] = cabinet.agenda.appointments()
    assert row.patient is not None
    assert row.patient.phone == "+33639980106"


async def test_the_number_that_calls_tells_no_homonym_apart(cabinet: Cabinet) -> None:
    laurent = KNOWN | {
        "birth_name": "laurent",
        "first_name": "jeanne",
        "birth_date": "12 mars 1978",
        "spelling": "l a u r e n t",
        "phone": "06 12 34 56 78",
        "callback": "non",
        "open": ["je voudrais un rendez-vous", "non"],
    }
    happened = await talk(cabinet.call(caller="+33639980106"), laurent)
    assert happened.last.outcome == "abandoned", str(happened)


async def test_neither_sex_nor_national_number_is_ever_asked(cabinet: Cabinet) -> None:
    phrases = " ".join(cabinet_phrases(cabinet)).lower()
    for word in ("sexe", "sécurité sociale", "carte vitale ?", "numéro de sécu", "monsieur", "madame"):
        assert word not in phrases


def cabinet_phrases(cabinet: Cabinet) -> tuple[str, ...]:
    from voicebot.thinking.phrases import Phrases

    return tuple(Phrases({})._texts.values())


async def test_who_calls_for_a_child_stays_apart_from_the_child(cabinet: Cabinet) -> None:
    call = cabinet.call(caller="0612345678")
    happened = await talk(
        call,
        NEW
        | {
            "open": ["bonjour ici Marie Durand je voudrais un vaccin pour ma fille mardi matin", "non merci"],
            "birth_name": "delcourt",
            "first_name": "rose",
            "birth_date": "3 mai 2016",
            "choice": "le premier",
        },
    )
    assert happened.last.outcome == "booked", str(happened)
    assert "Quel est le nom de naissance du patient ?" in str(happened)
    [row] = cabinet.agenda.appointments()
    assert row.patient is not None
    assert (row.patient.first_name, row.patient.birth_name) == ("Rose", "Delcourt")
    assert (row.contact_name, row.contact_phone) == ("Marie Durand", "+33612345678")
    [patient] = cabinet.agenda.find_patients("delcourt")
    assert patient.phone is None, "the caller's number is not the patient's"


async def test_after_the_daughter_it_is_the_mothers_turn(cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(caller="0612345678"),
        NEW
        | {
            "open": ["un vaccin pour ma fille mardi matin", "je voudrais aussi une consultation pour moi mardi", "non"],
            "birth_name": ["delcourt", "durand"],
            "first_name": ["rose", "marie"],
            "birth_date": ["3 mai 2016", "12 mars 1978"],
            "choice": "le premier",
        },
    )
    assert happened.last.outcome == "booked", str(happened)
    assert {(row[1], row[3]) for row in cabinet.rows()} == {
        ("vaccination", "Rose Delcourt"),
        ("consultation", "Marie Durand"),
    }
    assert happened.asked.count("known") == 2


async def test_a_name_given_before_it_turns_out_to_be_for_someone_else_is_the_callers(cabinet: Cabinet) -> None:
    call = cabinet.call(caller="0612345678")
    happened = await talk(
        call,
        NEW
        | {
            "open": ["bonjour c'est Martin Durand, je voudrais une consultation", "non merci"],
            "known": "c'est pour mon père, non il n'est jamais venu",
            "birth_name": "delcourt",
            "first_name": "paul",
            "birth_date": "3 mai 1946",
        },
    )
    assert happened.last.outcome == "booked", str(happened)
    [row] = cabinet.agenda.appointments()
    assert row.patient is not None
    assert row.patient.birth_name == "Delcourt"
    assert row.contact_name == "Martin Durand"
