"""Yes and no, and which of the offers."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.french.ordinals import read_choice
from voicebot.french.yesno import read_yes_no

OFFERS = [datetime(2026, 11, 24, 9), datetime(2026, 11, 24, 10), datetime(2026, 11, 26, 15, 30)]


@pytest.mark.parametrize(
    "text",
    [
        "oui",
        "Oui.",
        "ouais",
        "ben oui",
        "d'accord",
        "c'est ça",
        "tout à fait",
        "ça me va",
        "pas de problème",
        "exactement",
    ],
)
def test_a_yes_is_a_yes(text: str) -> None:
    assert read_yes_no(text) is True


@pytest.mark.parametrize(
    "text",
    ["non", "Non merci.", "pas du tout", "c'est pas ça", "oui euh non", "je ne peux pas", "ça ne me va pas", "ah non"],
)
def test_a_no_is_a_no(text: str) -> None:
    assert read_yes_no(text) is False


@pytest.mark.parametrize("text", ["", "bonjour", "mardi", "si possible mardi", "je ne sais pas", "non c'est bon", "?"])
def test_what_is_neither_or_both_is_none(text: str) -> None:
    assert read_yes_no(text) is None


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("le premier", 0),
        ("le premier s'il vous plaît", 0),
        ("la première", 0),
        ("oui le deuxième", 1),
        ("le second", 1),
        ("la dernière", 2),
        ("le troisième", 2),
        ("celui de dix heures", 1),
        ("à neuf heures", 0),
        ("neuf heures", 0),
        ("jeudi", 2),
        ("celui de jeudi", 2),
        ("le jeudi à quinze heures trente", 2),
        ("le vingt-six", 2),
        ("plutôt celui de l'après-midi", 2),
        ("l'après-midi", 2),
        ("mardi vingt-quatre novembre à neuf heures", 0),
        ("numéro deux", 1),
        ("le plus tôt", 0),
        ("le plus tard", 2),
        ("le premier non le deuxième", 1),
    ],
)
def test_the_offer_that_was_meant_is_chosen(text: str, index: int) -> None:
    assert read_choice(text, OFFERS) == index


@pytest.mark.parametrize(
    "text",
    [
        "",
        "oui",
        "non",
        "mardi",
        "vendredi",
        "le quatrième",
        "aucun",
        "les deux me vont",
        "à onze heures",
        "plus tard",
        "pas le premier",
        "le matin",
    ],
)
def test_what_fits_none_or_several_chooses_none(text: str) -> None:
    assert read_choice(text, OFFERS) is None


def test_a_yes_chooses_a_single_offer() -> None:
    assert read_choice("oui très bien", OFFERS[:1]) == 0
    assert read_choice("non", OFFERS[:1]) is None
    assert read_choice("oui", []) is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_yes_no(text)
    assert read_choice(text, OFFERS) in (None, 0, 1, 2)
