"""Negotiating: another doctor, closed days, nothing that suits, the waiting list, the own doctor, staff who step in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.conversations.world import place
from tests.thinking.callers import Answer, Cabinet, talk
from tests.thinking.test_conversations import KNOWN, NEW
from voicebot.ports import Reply

OPEN_AT = datetime(2026, 11, 23, 10, 0)


async def test_everything_in_one_sentence_is_asked_once(cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(),
        KNOWN | {"open": ["c'est Camille Roussel, une consultation jeudi après-midi", "non"], "choice": "le premier"},
    )
    assert happened.asked == ["open", "known", "choice", "birth_date", "confirm", "open", "None"], str(happened)
    assert cabinet.rows() == [("2026-11-26T14:00", "consultation", "lefevre", "Camille Roussel")]


@pytest.mark.parametrize("said", ["plutôt l'autre docteur", "je préfère un autre médecin", "avec quelqu'un d'autre"])
async def test_the_other_doctor_at_the_same_times(said: str, cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(),
        NEW | {"open": ["une consultation avec le docteur benali mardi matin", "non"], "choice": [said, "le premier"]},
    )
    assert happened.last.outcome == "booked", str(happened)
    assert cabinet.rows()[0][:3] == ("2026-11-24T08:30", "consultation", "lefevre")


async def test_with_offers_of_both_the_caller_says_whom_he_means(cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(),
        NEW | {"choice": ["plutôt l'autre docteur", "le premier"], "practitioner": "le docteur benali"},
    )
    assert happened.last.outcome == "booked", str(happened)
    assert cabinet.rows()[0][:3] == ("2026-11-24T08:30", "consultation", "benali")


async def test_where_there_is_only_one_it_is_said(cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(), NEW | {"motive": "un vaccin", "choice": ["plutôt l'autre docteur", "le premier"]}
    )
    assert "il n'y a que Camille Moreau, sage-femme" in str(happened)
    assert happened.last.outcome == "booked"


@pytest.mark.parametrize(
    ("open_", "why"),
    [
        (
            "une consultation le vendredi 25 décembre",
            "Le vendredi vingt-cinq décembre est férié, le cabinet est fermé.",
        ),
        ("une consultation dimanche", "Le cabinet est fermé le dimanche vingt-neuf novembre."),
        ("une consultation avec le docteur lefèvre samedi", "Le docteur Lefèvre ne reçoit pas le samedi vingt-huit"),
    ],
)
async def test_a_closed_day_is_explained_and_the_next_possible_offered(open_: str, why: str, cabinet: Cabinet) -> None:
    happened = await talk(cabinet.call(), NEW | {"open": [open_, "non"], "choice": "le premier"})
    said = next(reply for _, reply in happened.said if why in reply.say)
    assert said.asks == "choice"
    assert said.offers
    assert happened.last.outcome == "booked", str(happened)


async def test_beyond_the_horizon_the_last_possible_is_offered(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    await call.hear("une consultation le 8 mars")
    reply = await call.hear("non jamais")
    assert "L'agenda n'est ouvert que jusqu'au dimanche vingt et un février." in reply.say
    assert [offer.date().isoformat() for offer in reply.offers] == ["2027-02-20"]


async def test_refused_offers_do_not_come_back_a_quarter_of_an_hour_later(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    await call.hear("une consultation le plus tôt possible")
    first = (await call.hear("non jamais")).offers
    second = (await call.hear("c'est tout ce que vous avez ?")).offers
    assert second
    assert all(abs(one - other) >= timedelta(hours=1) for one in first for other in second)


UNSUITED: dict[str, Answer] = {
    "when": ["mardi matin", "mercredi"],
    "choice": "aucun ne me convient",
}


async def test_where_nothing_suits_the_waiting_list_then_a_call_back(cabinet: Cabinet) -> None:
    call = cabinet.call(caller="0612345678")
    happened = await talk(
        call, NEW | UNSUITED | {"confirm": "non", "callback": "oui", "open": ["un rendez-vous", "non"]}
    )
    assert happened.last.outcome == "callback", str(happened)
    assert "liste d'attente" in str(happened)
    assert [promise.reason for promise in call.callbacks] == ["slots"]
    assert cabinet.agenda.waitlist.waiting() == []


async def test_someone_new_joins_the_waiting_list_with_a_name_and_a_number(cabinet: Cabinet) -> None:
    call = cabinet.call()
    happened = await talk(
        call,
        NEW | UNSUITED | {"confirm": "oui", "phone": "06 12 34 56 78", "open": ["un rendez-vous", "non"]},
    )
    assert happened.last.outcome == "callback", str(happened)
    [entry] = cabinet.agenda.waitlist.waiting()
    assert entry.query.motive == "consultation"
    patient = cabinet.agenda.patient(entry.patient_id)
    assert (patient.birth_name, patient.status, patient.phone) == ("Durand", "provisoire", "+33612345678")
    assert [(left.reason, left.phone) for left in call.callbacks] == [("waitlist", "+33612345678")]
    assert cabinet.agenda.appointments() == []


@pytest.mark.parametrize("asks", ["when", "choice"])
async def test_the_waiting_list_may_be_asked_for(asks: str, cabinet: Cabinet) -> None:
    answers = KNOWN | {asks: "mettez-moi sur la liste d'attente"}
    happened = await talk(cabinet.call(caller="0612345678"), answers)
    assert happened.last.outcome == "callback", str(happened)
    [entry] = cabinet.agenda.waitlist.waiting()
    assert cabinet.agenda.patient(entry.patient_id).birth_name == "Roussel"
    assert cabinet.agenda.appointments() == []


async def test_an_appointment_is_moved_onto_a_time_that_overlaps_it(cabinet: Cabinet) -> None:
    """A new patient has half an hour: a quarter of an hour later is his own time."""
    await talk(cabinet.call(), NEW | {"open": ["une consultation mardi à 9 heures", "non"], "choice": "oui"})
    [(start, *_)] = cabinet.rows()
    assert start == "2026-11-24T09:00"
    happened = await talk(
        cabinet.call(),
        NEW
        | {
            "open": ["je voudrais décaler mon rendez-vous", "non"],
            "when": "mardi à 9 heures 15",
            "choice": "oui",
        },
    )
    assert happened.last.outcome == "moved", str(happened)
    assert [row[0] for row in cabinet.rows()] == ["2026-11-24T09:15"]


async def test_no_one_is_offered_the_time_that_he_already_has(cabinet: Cabinet) -> None:
    await talk(cabinet.call(), NEW)

    def look(reply: Reply) -> str:
        assert datetime(2026, 11, 24, 9, 30) not in reply.offers
        return "le premier"

    happened = await talk(
        cabinet.call(),
        NEW | {"open": ["déplacer mon rendez-vous", "non"], "when": "mardi à partir de 9 heures", "choice": look},
    )
    assert happened.last.outcome == "moved", str(happened)


async def test_a_renewal_without_a_known_own_doctor_is_called_back(cabinet: Cabinet) -> None:
    [patient] = cabinet.agenda.find_patients("vasseur")
    record = cabinet.agenda.patients.get(patient.id, cabinet.clock.now())
    assert record is not None
    cabinet.agenda.update_patient(patient.id, {"own_doctor": None}, version=record.version, source="desk")
    happened = await talk(
        cabinet.call(caller="0612345678"),
        KNOWN
        | {
            "open": ["renouveler mon ordonnance", "non"],
            "practitioner": "le docteur benali",
            "birth_name": "vasseur",
            "first_name": "antoine",
            "birth_date": "2 novembre 1958",
            "callback": "oui",
        },
    )
    assert happened.last.outcome == "callback", str(happened)
    assert "avec le médecin qui vous suit" in str(happened)


async def test_an_appointment_at_the_same_time_is_told_before_the_summary(cabinet: Cabinet) -> None:
    await talk(cabinet.call(), KNOWN)
    happened = await talk(
        cabinet.call(),
        KNOWN | {"motive": "un frottis", "when": "mardi à neuf heures trente", "choice": ["oui", "le premier"]},
    )
    assert "Un autre rendez-vous est déjà prévu à ce moment-là." in str(happened)
    assert happened.last.outcome == "booked", str(happened)
    assert len(cabinet.rows()) == 2


@pytest.mark.parametrize("asked", ["open", "when", "choice", "confirm"])
async def test_any_answer_that_the_practice_wrote_is_given_and_the_question_asked_again(
    asked: str, cabinet: Cabinet
) -> None:
    plain = {asks: answer if isinstance(answer, str) else answer[0] for asks, answer in NEW.items()}  # type: ignore[index]
    call = cabinet.call()
    reply = await call.greet()
    while reply.asks != asked:
        reply = await call.hear(str(plain[str(reply.asks)]))
    reply = await call.hear("dites-moi, vous avez internet dans la salle d'attente ?")
    assert cabinet.practice.answers["wifi"] in reply.say
    assert reply.asks == asked


@pytest.mark.parametrize("said", ["c'est bon", "parfait", "ça va", "oui c'est parfait"])
async def test_who_is_content_wants_nothing_more(said: str, cabinet: Cabinet) -> None:
    happened = await talk(cabinet.call(), NEW | {"open": ["je voudrais un rendez-vous", said]})
    assert happened.last.outcome == "booked", str(happened)
    assert happened.said[-1][0] == said


# --- the staff step in ---


async def test_what_the_staff_propose_is_said_at_the_next_turn(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN_AT
    call = cabinet.call()
    await call.greet()
    await call.hear("une consultation mardi matin")
    await call.hear("non jamais")
    assert call.instruct("propose jeudi après-midi avec le docteur Benali")
    reply = await call.hear("euh je ne sais pas")
    assert "Le secrétariat me signale une autre possibilité." in reply.say
    assert {offer.date().isoformat() for offer in reply.offers} == {"2026-11-26"}
    await call.hear("le premier")
    held = [row.slot for row in cabinet.agenda.appointments()]
    assert [(slot.practitioner, slot.start.hour >= 13) for slot in held] == [("benali", True)]


async def test_an_instruction_comes_too_late_for_who_has_just_chosen(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    await call.hear("une consultation mardi matin")
    await call.hear("non jamais")
    assert call.instruct("jeudi")
    reply = await call.hear("le premier")
    assert reply.asks == "birth_name"
    assert "secrétariat" not in reply.say


async def test_an_instruction_waits_until_something_is_arranged_and_undoes_a_time_chosen_before(
    cabinet: Cabinet,
) -> None:
    call = cabinet.call()
    await call.greet()
    assert call.instruct("jeudi matin")
    assert "secrétariat" not in (await call.hear("quels sont vos horaires ?")).say
    reply = await call.hear("je voudrais une consultation")
    assert reply.asks == "known"
    reply = await call.hear("non jamais")
    assert {offer.date().isoformat() for offer in reply.offers} == {"2026-11-26"}
    await call.hear("le premier")
    assert call.instruct("vendredi")
    reply = await call.hear("durand")
    assert {offer.date().isoformat() for offer in reply.offers} == {"2026-11-27"}
    assert [row.status for row in cabinet.agenda.appointments()] == [], "the time chosen before is free again"


async def test_an_instruction_without_sense_or_after_the_call_is_refused(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    assert not call.instruct("bonjour")
    await call.hang_up()
    assert not call.instruct("jeudi")


async def test_an_instruction_never_confirms_anything(cabinet: Cabinet) -> None:
    call = cabinet.call()
    reply = await call.greet()
    answers = {asks: answer if isinstance(answer, str) else answer[0] for asks, answer in NEW.items()}  # type: ignore[index]
    while reply.asks != "confirm":
        reply = await call.hear(str(answers[str(reply.asks)]))
    call.instruct("jeudi matin")
    reply = await call.hear("d'accord mais attendez")
    assert reply.appointment is None
    assert cabinet.rows() == [] or reply.asks == "choice"


async def test_a_motive_for_other_ages_is_told_before_the_summary(cabinet: Cabinet) -> None:
    motives = dict(cabinet.practice.motives)
    motives["consultation"] = replace(motives["consultation"], min_age=18)
    practice = replace(cabinet.practice, motives=motives)
    cabinet.practice = practice
    cabinet.agenda._practice = lambda: practice
    happened = await talk(
        cabinet.call(caller="0612345678"),
        NEW | {"birth_date": "3 mai 2016", "callback": "oui", "open": ["un rendez-vous", "non"]},
    )
    assert "Ce rendez-vous n'est pas prévu pour cet âge." in str(happened)
    assert happened.last.outcome == "callback"


async def test_insisting_on_someone_who_does_not_do_it_ends_with_a_person(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    for said in ("un renouvellement d'ordonnance", "oui je suis déjà venu", "madame Moreau", "madame Moreau"):
        reply = await call.hear(said)
    assert reply.asks == "practitioner"
    assert "ne prend pas de rendez-vous pour ce motif" in reply.say
    reply = await call.hear("madame Moreau")
    assert "Je n'arrive pas à vous comprendre." in reply.say
    assert "ne prend pas" not in reply.say


@pytest.mark.parametrize(
    ("wish", "told"),
    [("je voudrais déplacer mon rendez-vous à vendredi", "déplacer"), ("annuler mon rendez-vous", "annuler")],
)
async def test_after_the_notice_a_person_settles_it_before_anything_is_sought(
    cabinet: Cabinet, wish: str, told: str
) -> None:
    motives = {
        id: replace(motive, cancel_cutoff=24 * 60) if id == "consultation" else motive
        for id, motive in cabinet.practice.motives.items()
    }
    cabinet.practice = replace(cabinet.practice, motives=motives)
    place(cabinet, datetime(2026, 11, 23, 16, 0), "consultation", "lefevre", "Camille Roussel")
    call = cabinet.call()
    await call.greet()
    for said in (wish, "roussel", "camille", "17 avril 1990"):
        reply = await call.hear(said)
    assert f"Il est trop tard pour {told} ce rendez-vous" in reply.say
    assert reply.asks == "callback"
    assert [row[0] for row in cabinet.rows()] == ["2026-11-23T16:00"]
