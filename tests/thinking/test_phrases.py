"""What is said is data: complete, replaceable by a practice, and cut into what is fixed and what is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import voicebot.thinking
from tests.thinking.callers import Cabinet
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.ports import Asks
from voicebot.practice import Practice, PracticeError, load_practice
from voicebot.thinking.phrases import Phrases, fixed_phrases, phrases_of

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


def test_a_practice_says_it_in_its_own_words(tmp_path: Path) -> None:
    practice = reworded(
        tmp_path, "greeting.announce", "Ici {practice}, assistant automatique. {transcript}. Urgence : 15."
    )
    text = " ".join(phrases_of(practice).pieces("greeting.announce"))
    assert text.startswith("Ici Cabinet médical des Tilleuls, assistant automatique.")
    assert "30 jours" in text


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("motive.aks", "Quoi ?", "aucune phrase"),
        ("motive.ask", "Quel {thing} ?", "« {thing} » n'existe pas"),
        ("motive.ask", "Quel {} ?", "n'existe pas"),
        ("motive.ask", "Quel {motif ?", "accolade"),
        ("greeting.announce", "Bonjour, {practice}. {transcript} 15", "automatique"),
        ("greeting.announce", "Assistant automatique. 15", "{transcript}"),
        ("greeting.announce", "Assistant automatique. {transcript}", "« 15 »"),
    ],
)
def test_a_phrase_that_cannot_be_said_is_refused_with_its_line(tmp_path: Path, key: str, text: str, why: str) -> None:
    with pytest.raises(PracticeError) as error:
        reworded(tmp_path, key, text)
    [problem] = error.value.problems
    assert why in problem.text
    line = (tmp_path / "practice.toml").read_text(encoding="utf-8").splitlines()[problem.where.line - 1]
    assert line.startswith(f'"{key}"')


def reworded(directory: Path, key: str, text: str) -> Practice:
    """The sample practice with one phrase of its own."""
    sample = (SAMPLE_PRACTICE / "practice.toml").read_text(encoding="utf-8")
    (directory / "practice.toml").write_text(f'{sample}\n"{key}" = "{text}"\n', encoding="utf-8")
    return load_practice(directory)
