"""The refusal ladder: no transcript, no name, no identity, no machine; each ends with a slot, a human or a promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.thinking.callers import Cabinet, talk
from tests.thinking.test_conversations import NEW
from voicebot.errors import UnavailableError

OPEN_HOURS = timedelta(hours=2)


@pytest.mark.parametrize("asked", ["open", "motive", "known", "when", "choice", "birth_name", "birth_date", "confirm"])
@pytest.mark.parametrize("refusal", ["je ne veux pas que ce soit écrit", "##7"])
async def test_the_transcript_is_refused_at_any_question_and_the_call_goes_on(
    asked: str, refusal: str, cabinet: Cabinet
) -> None:
    answers = {asks: answer if isinstance(answer, str) else answer[0] for asks, answer in NEW.items()}  # type: ignore[index]
    call = cabinet.call()
    reply = await call.greet()
    while reply.asks != asked:
        reply = await call.hear(str(answers[str(reply.asks)]))
    assert call.keeps_transcript is None
    if refusal == "##7":
        assert "tapez maintenant 7" in (await call.key("#")).say
        reply = await call.key("7")
    else:
        reply = await call.hear(refusal)
    assert call.keeps_transcript is False
    assert "ne sera pas gardé" in reply.say
    assert reply.asks == asked
    while reply.asks != "open" or reply.appointment is None:
        reply = await call.hear(str(answers[str(reply.asks)]))
    assert (await call.hear("non merci")).outcome == "booked"


async def test_a_seven_is_only_a_seven_without_the_hash_key(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    await call.key("#")
    await call.hear("je voudrais un rendez-vous")
    await call.key("7")
    assert call.keeps_transcript is None


@pytest.mark.parametrize("how", ["effacez mon appel", "##8"])
async def test_the_call_is_erased_at_once_and_the_receipt_is_read_out(how: str, cabinet: Cabinet) -> None:
    erased: list[str] = []

    def erase(call_id: str) -> str:
        erased.append(call_id)
        return "K7M2-4QRT"

    call = cabinet.call(erase_call=erase)
    await call.greet()
    await call.hear("je voudrais un rendez-vous")
    if how == "##8":
        await call.key("#")
        reply = await call.key("8")
    else:
        reply = await call.hear(how)
    assert erased == ["call-1"]
    assert "K, sept, M, deux, quatre, Q, R, T" in reply.say
    assert (call.receipt, call.erase, call.keeps_transcript) == ("K7M2-4QRT", True, False)
    assert reply.asks == "motive", "the call goes on"


async def test_nobody_is_told_that_it_is_erased_when_it_is_not(cabinet: Cabinet) -> None:
    def erase(call_id: str) -> str:
        raise UnavailableError("the disk is full")

    call = cabinet.call(erase_call=erase)
    await call.greet()
    reply = await call.hear("effacez mon appel")
    assert "sera effacé" in reply.say
    assert call.erase
    assert call.receipt is None


async def test_without_a_name_the_birth_date_and_the_number_book_and_a_person_completes_it(cabinet: Cabinet) -> None:
    call = cabinet.call()
    happened = await talk(call, NEW | {"birth_name": "je ne veux pas donner mon nom", "phone": "06 12 34 56 78"})
    assert happened.last.outcome == "booked", str(happened)
    assert [(promise.reason, promise.phone) for promise in call.callbacks] == [("name", "+33612345678")]
    [row] = cabinet.agenda.appointments()
    assert row.patient is not None
    assert row.patient.status == "provisoire"


@pytest.mark.parametrize("hours", [0, 2])
async def test_without_a_birth_date_a_person_or_a_promise(hours: int, cabinet: Cabinet) -> None:
    cabinet.clock.at += timedelta(hours=hours)
    call = cabinet.call(caller="0612345678")
    happened = await talk(
        call,
        NEW
        | {
            "birth_date": "je refuse de donner ma date de naissance",
            "callback": "oui",
            "open": ["un rendez-vous", "non"],
        },
    )
    assert happened.last.outcome == ("transferred" if hours else "callback"), str(happened)
    assert cabinet.agenda.appointments() == []


async def test_a_message_is_taken_in_the_callers_words_with_a_call_back(cabinet: Cabinet) -> None:
    call = cabinet.call()
    happened = await talk(
        call,
        {
            "open": ["je voudrais laisser un message", "dites au docteur que la fièvre est tombée", "non"],
            "callback": "oui",
            "phone": "#0612345678",
        },
    )
    assert happened.last.outcome == "callback", str(happened)
    [left] = call.callbacks
    assert (left.reason, left.phone, left.promised) == ("message", "+33612345678", True)
    assert left.message == "dites au docteur que la fièvre est tombée"


@pytest.mark.parametrize("callback", ["non", "oui"])
async def test_a_message_goes_without_a_call_back_too(callback: str, cabinet: Cabinet) -> None:
    call = cabinet.call(caller="0612345678")
    await talk(call, {"open": ["je voudrais laisser un message", "je serai absent jeudi", "non"], "callback": callback})
    [left] = call.callbacks
    assert (left.message, left.promised) == ("je serai absent jeudi", callback == "oui")


@pytest.mark.parametrize("end", ["#hangup", "au revoir"])
async def test_a_message_stays_when_the_caller_leaves_without_a_word_on_a_call_back(end: str, cabinet: Cabinet) -> None:
    call = cabinet.call()
    happened = await talk(call, {"open": ["laisser un message", "je serai absent jeudi"], "callback": end})
    assert happened.last.outcome == "callback", str(happened)
    [left] = call.callbacks
    assert (left.message, left.phone, left.promised) == ("je serai absent jeudi", None, False)


async def test_what_is_said_about_the_call_is_no_message(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    await call.hear("je voudrais laisser un message")
    assert "Quel est votre message ?" in (await call.hear("pardon ?")).say
    assert (await call.hear("passez-moi la secrétaire")).outcome == "transferred"


async def test_a_message_that_comes_with_the_wish_is_not_asked_for_again(cabinet: Cabinet) -> None:
    call = cabinet.call(caller="0612345678")
    text = "dites à la secrétaire que je ne viendrai pas chercher le papier"
    happened = await talk(call, {"open": [text, "non"], "callback": "non"})
    assert happened.last.outcome == "callback", str(happened)
    assert [left.message for left in call.callbacks] == [text]


async def test_a_message_may_pause(cabinet: Cabinet) -> None:
    call = cabinet.call(caller="0612345678")
    happened = await talk(
        call,
        {
            "open": ["je voudrais laisser un message", "c'est pour dire au docteur", "non"],
            "callback": ["que le traitement me convient", "oui"],
        },
    )
    assert happened.last.outcome == "callback", str(happened)
    assert call.callbacks[0].message == "c'est pour dire au docteur que le traitement me convient"


async def test_who_thinks_better_of_it_leaves_no_message_and_an_erased_call_keeps_none(cabinet: Cabinet) -> None:
    call = cabinet.call(caller="0612345678")
    await talk(call, {"open": ["laisser un message", "non merci", "non"], "callback": "non"})
    assert call.callbacks == ()
    call = cabinet.call(caller="0612345678", erase_call=lambda call_id: "K7M2-4QRT")
    await talk(call, {"open": ["laisser un message", "un secret", "effacez mon appel", "non"], "callback": "oui"})
    assert [left.message for left in call.callbacks] == [None]


async def test_signs_of_an_emergency_in_a_message_come_first(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    await call.hear("je voudrais laisser un message")
    assert (await call.hear("dites au docteur que je n'arrive plus à respirer")).outcome == "emergency"


async def test_who_will_be_late_is_passed_on(cabinet: Cabinet) -> None:
    call = cabinet.call(caller="0612345678")
    said = {"open": ["je serai en retard d'un quart d'heure", "non merci"], "birth_name": "roussel"}
    happened = await talk(call, said)
    assert happened.last.outcome == "informed"
    [left] = call.callbacks
    assert (left.reason, left.promised, left.message) == ("late", False, "je serai en retard d'un quart d'heure")
    assert left.birth_name == "Roussel"


async def test_who_will_be_late_and_will_not_say_who_he_is_is_passed_on_all_the_same(cabinet: Cabinet) -> None:
    call = cabinet.call()
    said = {"open": ["je serai en retard", "non merci"], "birth_name": "je ne veux pas donner mon nom"}
    assert (await talk(call, said)).last.outcome == "informed"
    assert [left.reason for left in call.callbacks] == ["late"]


async def test_who_has_said_who_he_is_is_not_asked_for_the_name_to_be_late(cabinet: Cabinet) -> None:
    call = cabinet.call()
    happened = await talk(call, {"open": ["bonjour, Camille Roussel à l'appareil, je serai en retard", "non merci"]})
    assert happened.asked == ["open", "open", "None"]
    assert [left.birth_name for left in call.callbacks] == ["Roussel"]


async def test_nobody_to_ring_and_no_call_back_ends_calmly(cabinet: Cabinet) -> None:
    numbers = replace(cabinet.practice.transfer, secretary=None, on_call=None)
    cabinet.practice = replace(cabinet.practice, transfer=numbers)
    happened = await talk(
        cabinet.call(), {"open": ["je ne parle pas aux machines", "au revoir"], "callback": "non merci"}
    )
    assert happened.last.outcome == "abandoned", str(happened)


async def test_words_that_nobody_understands_are_counted_and_silence_is_not(cabinet: Cabinet) -> None:
    call = cabinet.call()
    assert not (await call.greet()).missed
    assert (await call.hear("?")).missed
    assert not (await call.hear("")).missed
    assert not (await call.hear("je voudrais un rendez-vous")).missed
