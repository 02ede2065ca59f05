"""One slot and several callers; holds that expire; what is committed stands, what is not leaves nothing."""

from __future__ import annotations

from datetime import timedelta

from tests.thinking.callers import Cabinet, talk
from tests.thinking.test_conversations import KNOWN, NEW
from voicebot.ports import Appointment, PatientClaim
from voicebot.thinking.conversation import Conversation

DUPONT = NEW | {"birth_name": "dupont", "first_name": "marie"}


async def until(call: Conversation, asks: str, answers: dict[str, str]) -> None:
    """Talk until ``asks`` is asked."""
    reply = await call.greet()
    while reply.asks != asks:
        reply = await call.hear(answers[str(reply.asks)])


def plain(answers: object) -> dict[str, str]:
    assert isinstance(answers, dict)
    return {asks: answer if isinstance(answer, str) else answer[0] for asks, answer in answers.items()}


async def test_of_two_callers_for_one_slot_one_gets_it_and_the_other_is_offered_another(cabinet: Cabinet) -> None:
    first, second = cabinet.call(), cabinet.call()
    await until(first, "choice", plain(NEW))
    await until(second, "choice", plain(DUPONT))
    await first.hear("le deuxième")
    reply = await second.hear("le deuxième")
    assert reply.asks == "choice"
    assert "vient d'être pris" in reply.say
    for call, answers in ((first, plain(NEW)), (second, plain(DUPONT))):
        reply = await call.hear(answers["choice" if call is second else "birth_name"])
        while reply.asks != "open":
            reply = await call.hear(answers[str(reply.asks)])
        assert (await call.hear("non merci")).outcome == "booked"
    rows = cabinet.rows()
    assert len(rows) == 2
    assert len({(start, practitioner) for start, _, practitioner, _ in rows}) == 2


async def test_what_one_caller_holds_is_not_offered_to_another(cabinet: Cabinet) -> None:
    first, second = cabinet.call(), cabinet.call()
    answers = plain(NEW | {"open": "une consultation mardi matin avec le docteur benali"})
    await until(first, "birth_name", answers)
    reply = await second.greet()
    for text in (answers["open"], answers["known"]):
        reply = await second.hear(text)
    held = cabinet.agenda.appointments()[0]
    assert held.status == "held"
    assert held.slot.start not in reply.offers


async def test_hanging_up_at_any_question_leaves_no_hold(cabinet: Cabinet) -> None:
    for asks in ("motive", "known", "when", "choice", "birth_name", "first_name", "birth_date", "confirm"):
        call = cabinet.call()
        await until(call, asks, plain(NEW))
        reply = await call.hang_up()
        assert reply.outcome == "abandoned"
        assert (await call.hang_up()).outcome == "abandoned", "hanging up twice changes nothing"
        assert cabinet.agenda.appointments() == []


async def test_a_hold_that_expired_is_taken_again_when_nobody_else_has_the_slot(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await until(call, "confirm", plain(NEW))
    cabinet.clock.at += timedelta(minutes=20)
    reply = await call.hear("oui c'est ça")
    assert reply.asks == "open"
    assert "C'est réservé." in reply.pieces
    assert len(cabinet.rows()) == 1


async def test_a_slot_lost_after_its_hold_expired_is_said_so_and_others_are_offered(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await until(call, "confirm", plain(NEW))
    cabinet.clock.at += timedelta(minutes=20)
    other = await talk(cabinet.call(), DUPONT)
    assert other.last.outcome == "booked"
    reply = await call.hear("oui c'est ça")
    assert reply.asks == "choice"
    assert "vient d'être pris" in reply.say
    assert "C'est réservé." not in reply.pieces
    assert len(cabinet.rows()) == 1


async def test_nothing_is_said_to_be_booked_unless_it_is(cabinet: Cabinet) -> None:
    """The commit fails in a way that nobody expects: the caller hears no booking and reaches a person."""
    from voicebot.errors import AgendaError

    class Broken:
        def __getattr__(self, name: str) -> object:
            return getattr(cabinet.agenda, name)

        def book(self, hold: object, claim: PatientClaim, **how: object) -> Appointment:
            raise AgendaError("the disk is full")

    call = cabinet.call(agenda=Broken(), caller="+33612345678")  # type: ignore[arg-type]
    await until(call, "confirm", plain(NEW))
    reply = await call.hear("oui")
    assert reply.outcome in ("callback", "transferred")
    assert reply.appointment is None
    assert "réservé" not in reply.say
    assert cabinet.agenda.appointments() == []


async def test_a_person_is_not_asked_again_who_he_is_for_a_second_act(cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(),
        KNOWN | {"open": ["je voudrais un rendez-vous", "finalement je voudrais annuler mon rendez-vous", "non merci"]},
    )
    assert happened.last.outcome == "cancelled", str(happened)
    assert happened.asked.count("birth_name") == 1
    assert cabinet.rows() == []


async def test_a_disk_that_is_full_ends_with_a_person_or_a_promise_and_no_fault(cabinet: Cabinet) -> None:
    from voicebot.errors import UnavailableError

    class Full:
        def __getattr__(self, name: str) -> object:
            return getattr(cabinet.agenda, name)

        def hold(self, *what: object, **how: object) -> object:
            raise UnavailableError("the disk is full")

        def release(self, owner: str) -> None:
            raise UnavailableError("the disk is full")

    call = cabinet.call(agenda=Full(), caller="+33612345678")  # type: ignore[arg-type]
    await until(call, "choice", plain(NEW))
    reply = await call.hear("le premier")
    assert "Je rencontre une difficulté." in reply.say
    assert reply.outcome in ("callback", "transferred")


async def test_nobody_answers_after_an_emergency_the_advice_is_said_again_and_nobody_is_rung_twice(
    cabinet: Cabinet,
) -> None:
    cabinet.clock.at += timedelta(hours=2)
    call = cabinet.call()
    await call.greet()
    assert (await call.hear("je n'arrive plus à respirer")).ring == "secretary"
    reply = await call.transfer_failed()
    assert (reply.outcome, reply.ring) == ("emergency", None)
    assert "15" in reply.say
