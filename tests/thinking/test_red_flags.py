"""The signs of an emergency, by words alone: what Rasa adds to them is tested with Rasa."""

from __future__ import annotations

from pathlib import Path
from time import thread_time

import pytest

from tests.thinking.callers import Cabinet
from voicebot.errors import ConfigurationError
from voicebot.thinking.red_flags import look
from voicebot.thinking.words import compile_phrase

LINES = [line for line in Path(__file__).with_name("red_flags.txt").read_text(encoding="utf-8").splitlines() if line]
SIGNS = [line[2:] for line in LINES if line.startswith("! ")]
ORDINARY = [line[2:] for line in LINES if line.startswith(". ")]


def test_no_sign_of_the_list_is_missed() -> None:
    assert len(SIGNS) >= 150
    assert [text for text in SIGNS if look(text) is None] == []


def test_no_ordinary_phrase_of_the_list_is_a_sign() -> None:
    assert len(ORDINARY) >= 130
    assert [text for text in ORDINARY if look(text) is not None] == []


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("J'AI TRÈS MAL À LA POITRINE !", "clear"),
        ("ma sœur a perdu connaissance", "clear"),
        ("j'ai plus mal à la poitrine", "clear"),
        ("j'ai eu un infarctus il y a deux ans et là j'ai mal à la poitrine", "clear"),
        ("c'est urgent", "doubtful"),
    ],
)
def test_clear_signs_end_the_call_and_doubtful_ones_are_asked_about(text: str, level: str) -> None:
    flag = look(text)
    assert flag is not None
    assert flag.level == level


@pytest.mark.parametrize("asks", ["motive", "known", "when", "choice", "birth_name", "birth_date", "confirm"])
async def test_a_clear_sign_is_heard_at_every_question(asks: str, cabinet: Cabinet) -> None:
    answers = {
        "open": "je voudrais un rendez-vous",
        "motive": "une consultation",
        "known": "non",
        "when": "mardi matin",
        "choice": "le premier",
        "birth_name": "durand",
        "first_name": "martin",
        "birth_date": "12 mars 1978",
    }
    call = cabinet.call()
    reply = await call.greet()
    while reply.asks != asks:
        reply = await call.hear(answers[str(reply.asks)])
    reply = await call.hear("attendez mon mari ne respire plus")
    assert reply.outcome == "emergency"
    assert "le 15 ou le 112" in reply.say
    assert cabinet.agenda.appointments() == []


async def test_a_denied_sign_is_not_asked_about_again(cabinet: Cabinet) -> None:
    call = cabinet.call()
    await call.greet()
    assert (await call.hear("c'est urgent je voudrais un rendez-vous")).asks == "emergency"
    assert (await call.hear("non non")).asks == "motive"
    assert (await call.hear("une consultation urgente c'est urgent")).asks == "known"


def test_a_long_utterance_is_searched_in_time() -> None:
    text = "mal " * 400 + "poitrine " * 400
    begun = thread_time()
    look(text)
    assert thread_time() - begun < 2.0


def test_a_malformed_phrase_says_which() -> None:
    with pytest.raises(ConfigurationError, match="mal … \\(poitrine"):
        compile_phrase("mal … (poitrine")
