"""Motives and practitioners are resolved against the practice's own lists, misheard or not."""

from __future__ import annotations

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.practice import load_practice
from voicebot.thinking.match import find
from voicebot.thinking.office import Office

OFFICE = Office(load_practice(SAMPLE_PRACTICE))


@pytest.mark.parametrize(
    ("text", "motive", "sure"),
    [
        ("une consultation", "consultation", True),
        ("je voudrais voir un médecin", "consultation", True),
        ("c'est pour un rappel de vaccin", "vaccination", True),
        ("faire vacciner mon fils", "vaccination", True),
        ("une vaxination", "vaccination", False),
        ("un frottis de contrôle", "frottis", True),
        ("renouveler mon ordonnance", "renouvellement", True),
        ("un froti", "frottis", False),
        ("pas une consultation un vaccin", "vaccination", True),
        ("un vaccin non un certificat", "certificat", False),
        ("un sertificat pour le judo", "certificat", False),
        ("c'est pour un certi fica", "certificat", False),
        ("or donnance", "renouvellement", True),
    ],
)
def test_a_motive_is_found_by_its_words(text: str, motive: str, sure: bool) -> None:
    found = find(text, OFFICE.bookable_motives(), general="consultation")
    assert found is not None
    assert (found.id, found.sure) == (motive, sure)


@pytest.mark.parametrize(
    "text", ["une échographie", "une prise de sang", "prendre rendez-vous", "le plus vite possible", ""]
)
def test_what_the_practice_does_not_do_is_not_forced_on_it(text: str) -> None:
    assert find(text, OFFICE.bookable_motives(), general="consultation") is None


@pytest.mark.parametrize(
    ("text", "practitioner"),
    [("avec le docteur lefèvre", "lefevre"), ("benalie", "benali"), ("la sage-femme", "moreau"), ("le docteur", None)],
)
def test_a_practitioner_is_found_by_name_or_profession(text: str, practitioner: str | None) -> None:
    found = find(text, OFFICE.practitioners)
    assert (found.id if found else None) == practitioner


@pytest.mark.parametrize(
    ("text", "practitioner", "sure"),
    [
        ("avec le docteur ben ali", "benali", True),
        ("docteur le fèvre", "lefevre", True),
        ("docteur le faivre", "lefevre", False),
        ("chez le docteur lefebvre", "lefevre", True),
        ("monsieur bennali", "benali", True),
        ("le docteur benaly", "benali", False),
        ("madame moro", "moreau", False),
        ("avec maureau", "moreau", False),
    ],
)
def test_a_name_that_was_misheard_is_found_in_the_practices_list(text: str, practitioner: str, sure: bool) -> None:
    found = find(text, OFFICE.practitioners)
    assert found is not None
    assert (found.id, found.sure) == (practitioner, sure)


@pytest.mark.parametrize("text", ["le docteur belloc", "monsieur morin", "lundi ou mardi", "un mot pour l'école"])
def test_a_name_of_nobody_here_is_nobody(text: str) -> None:
    assert find(text, OFFICE.practitioners) is None


def test_the_span_is_where_the_words_stand() -> None:
    text = "Bonjour, je voudrais un vaccin mardi."
    found = find(text, OFFICE.bookable_motives())
    assert found is not None
    assert found.span is not None
    assert text[slice(*found.span)] == "vaccin"
