"""What is said is data: complete, replaceable by a practice, and cut into what is fixed and what is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import voicebot.thinking
from tests.thinking.callers import Cabinet
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.errors import ConfigurationError
from voicebot.ports import Asks
from voicebot.practice import load_practice
from voicebot.thinking.phrases import Phrases, fixed_phrases

SOURCES = sorted(Path(voicebot.thinking.__file__).parent.glob("*.py"))


def test_every_question_has_its_three_forms() -> None:
    said = set(Phrases({})._texts)
    for asks in get_args(Asks):
        # A summary and an offer have one plain form for each case.
        forms = {"confirm": ("booking", "move", "cancel"), "choice": ("one", "several")}.get(asks, ("ask",))
        for form in (*forms, "again", "keys"):
            assert f"{asks}.{form}" in said


def test_every_phrase_that_the_code_names_exists() -> None:
    phrases = Phrases({})
    tables = {key.split(".")[0] for key in phrases._texts}
    for source in SOURCES:
        for table, key in re.findall(r'"([a-z_]+)\.([a-z_]+)"', source.read_text(encoding="utf-8")):
            if table in tables:
                assert f"{table}.{key}" in phrases._texts, f"{source.name} says {table}.{key}"


def test_sentences_without_a_slot_are_fixed_and_said_whole() -> None:
    phrases = Phrases({"practice": "Cabinet A"}, {"done.cancelled": "C'est fait."})
    assert "C'est fait." in phrases.fixed()
    pieces = phrases.pieces("done.booked", when="mardi", practitioner="le Dr. B. Martin")
    assert pieces == ("C'est réservé.", "Votre rendez-vous est mardi, avec le Dr. B. Martin.")
    assert all("{" not in phrase for phrase in phrases.fixed())


async def test_the_greeting_is_fixed_and_cannot_be_interrupted(cabinet: Cabinet) -> None:
    reply = await cabinet.call().greet()
    assert reply.asks == "open"
    assert not reply.interruptible
    assert set(reply.pieces) <= set(fixed_phrases(load_practice(SAMPLE_PRACTICE)))
    for notice in ("Tilleuls", "assistant automatique", "n'est pas enregistrée", "30 jours", "secrétaire", "le 15"):
        assert notice in reply.say


def test_a_practice_rewords_but_never_drops_the_legal_notice() -> None:
    kept = "Ici {practice}, un assistant automatique. {transcript}. Urgence : 15."
    assert (
        Phrases({"practice": "X"}, {"greeting.announce": kept})
        .text("greeting.announce", transcript="…")
        .startswith("Ici X")
    )
    with pytest.raises(ConfigurationError, match="automatique"):
        Phrases({}, {"greeting.announce": "Bonjour. {transcript} 15"})


@pytest.mark.parametrize(("key", "text"), [("motive.aks", "Quoi ?"), ("motive.ask", "Quel {thing} ?")])
def test_an_override_that_cannot_be_said_is_refused(key: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match="phrases"):
        Phrases({}, {key: text})
