"""How the practice takes calls: consultation mode, a closed practice, elder mode, and what an emergency rings."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import pytest

from tests.thinking.callers import MONDAY, Cabinet, talk
from tests.thinking.test_conversations import KNOWN, NEW
from voicebot.ports import Contact

OPEN = MONDAY + timedelta(hours=2)
NIGHT = datetime(2026, 11, 23, 22, 0)

Mode = Literal["normal", "consultation", "closed"]
Action = Literal["book", "message", "transfer"]


def arrange(
    cabinet: Cabinet, at: datetime, *, mode: Mode = "normal", action: Action = "book", elder: bool = False
) -> None:
    practice = cabinet.practice
    cabinet.clock.at = at
    cabinet.practice = replace(
        practice,
        manner=replace(practice.manner, mode=mode, elder=elder),
        outside_hours=replace(practice.outside_hours, action=action),
    )


@pytest.mark.parametrize(
    ("at", "mode", "action", "rung"),
    [
        (OPEN, "normal", "book", "secretary"),
        (NIGHT, "normal", "book", "secretary"),
        (NIGHT, "normal", "transfer", "on_call"),
        (OPEN, "normal", "transfer", "secretary"),
        (NIGHT, "normal", "message", None),
        (OPEN, "consultation", "book", None),
        (OPEN, "closed", "book", None),
        (OPEN, "closed", "transfer", "on_call"),
    ],
)
async def test_who_asks_for_a_person_gets_whoever_is_there_or_a_dated_call_back(
    at: datetime, mode: Mode, action: Action, rung: Contact | None, cabinet: Cabinet
) -> None:
    arrange(cabinet, at, mode=mode, action=action)
    call = cabinet.call(caller="0612345678")
    await call.greet()
    reply = await call.hear("je voudrais parler à quelqu'un")
    assert reply.ring == rung
    if rung is not None:
        assert reply.outcome == "transferred"
        assert ("astreinte" in reply.say) == (rung == "on_call")
        return
    assert reply.asks == "callback"
    reply = await call.hear("oui")
    assert "Le secrétariat vous rappellera" in reply.say
    [promise] = call.callbacks
    assert (promise.phone, promise.reason, promise.promised) == ("+33612345678", "human", True)
    assert promise.by >= at.date()


@pytest.mark.parametrize(
    ("at", "mode", "rung"),
    [(OPEN, "normal", "secretary"), (OPEN, "consultation", "secretary"), (NIGHT, "closed", "on_call")],
)
async def test_signs_of_an_emergency_ring_in_every_mode_after_the_15_was_said(
    at: datetime, mode: Mode, rung: Contact, cabinet: Cabinet
) -> None:
    arrange(cabinet, at, mode=mode)
    call = cabinet.call()
    await call.greet()
    reply = await call.hear("j'ai très mal à la poitrine")
    assert (reply.outcome, reply.ring) == ("emergency", rung)
    assert reply.say.index("15") < reply.say.index("si vous restez en ligne".capitalize())


async def test_a_practice_that_takes_messages_only_says_so_and_books_nothing(cabinet: Cabinet) -> None:
    arrange(cabinet, NIGHT, action="message")
    call = cabinet.call(caller="0612345678")
    assert cabinet.practice.outside_hours.message in (await call.greet()).say
    reply = await call.hear("je voudrais une consultation mardi matin")
    assert reply.asks == "callback"
    assert (await call.hear("oui")).asks == "open"
    assert (await call.hear("non merci")).outcome == "callback"
    assert [promise.reason for promise in call.callbacks] == ["closed"]
    assert cabinet.agenda.appointments() == []


async def test_outside_its_hours_a_practice_books_unless_it_says_otherwise(cabinet: Cabinet) -> None:
    arrange(cabinet, NIGHT)
    assert (await talk(cabinet.call(), NEW)).last.outcome == "booked"


async def test_the_on_call_doctor_is_announced(cabinet: Cabinet) -> None:
    arrange(cabinet, NIGHT, action="transfer")
    call = cabinet.call()
    assert "astreinte" in (await call.greet()).say
    assert (await call.hear("l'astreinte")).ring == "on_call"


async def test_elder_mode_is_slow_with_one_offer_at_a_time_and_the_keys_early(cabinet: Cabinet) -> None:
    arrange(cabinet, OPEN, elder=True)
    call = cabinet.call()
    reply = await call.greet()
    assert reply.slow
    reply = await call.hear("une consultation mardi")
    reply = await call.hear("oui")
    assert len(reply.offers) == 1
    first = reply.offers
    said = reply.say
    for _ in range(4):
        reply = await call.hear("vous pouvez répéter ?")
        assert said in reply.say, "it is said again as often as wanted"
        assert reply.offers == first
    assert "tapez 1" in (await call.hear("?")).say
    reply = await call.hear("non")
    assert len(reply.offers) == 1
    assert reply.offers != first


@pytest.mark.parametrize("asked", ["parlez plus lentement s'il vous plaît", "je suis un peu sourde", "moins vite"])
async def test_a_caller_who_asks_for_it_is_given_time(asked: str, cabinet: Cabinet) -> None:
    call = cabinet.call()
    assert not (await call.greet()).slow
    await call.hear("une consultation mardi")
    assert len((await call.hear("oui")).offers) == 3
    reply = await call.hear(asked)
    assert reply.slow
    assert reply.asks == "choice"
    assert len(reply.offers) == 1
    assert (await call.hear("oui")).slow, "and to the end of the call"


async def test_who_asks_to_repeat_twice_is_given_time(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    assert not (await call.hear("pardon ?")).slow
    assert (await call.hear("comment ?")).slow


async def test_what_was_said_is_said_again_word_for_word(cabinet: Cabinet) -> None:
    happened = await talk(
        cabinet.call(), KNOWN | {"open": ["je voudrais un rendez-vous", "pardon ?", "attendez", "pardon ?", "non"]}
    )
    booked = [reply.say for _, reply in happened.said if "C'est réservé." in reply.say]
    assert len(booked) == 3
    assert len(set(booked)) == 1, str(happened)
