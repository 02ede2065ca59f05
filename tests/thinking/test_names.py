"""Which words of an answer are the birth name, which the first name, and which are neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.ports import Asks
from voicebot.thinking.names import read_answer, read_introduction


@pytest.mark.parametrize(
    ("text", "birth_name", "first_name"),
    [
        ("durand", "Durand", None),
        ("mon nom de famille c'est durand", "Durand", None),
        ("le nom de naissance, c'est Le Goff.", "Le Goff", None),
        ("martin durand", "Durand", "Martin"),
        ("durand martin", "Durand", "Martin"),
        ("jean pierre dupont", "Dupont", "Jean-Pierre"),
        ("dupont, prénom marie", "Dupont", "Marie"),
        ("c'est au nom de da silva", "Da Silva", None),
        ("non c'est durand pas durant", "Durand", None),
        ("d u r a n d", "Durand", None),
        ("six nom de famille durand", "Durand", None),
        ("je ne comprends pas la question", None, None),
        ("non merci au revoir", None, None),
        ("de la", None, None),
    ],
)
def test_the_answer_to_what_is_your_birth_name(text: str, birth_name: str | None, first_name: str | None) -> None:
    heard = read_answer(text, "birth_name")
    assert (heard.birth_name, heard.first_name) == (birth_name, first_name)


@pytest.mark.parametrize(
    ("text", "first_name"),
    [("martin", "Martin"), ("alors mon prénom est marie-claire", "Marie-Claire"), ("le prénom c'est", None)],
)
def test_the_answer_to_what_is_your_first_name(text: str, first_name: str | None) -> None:
    assert read_answer(text, "first_name").first_name == first_name


@pytest.mark.parametrize(("text", "sure"), [("durand", True), ("de la tour", True), ("zog durand", False)])
def test_several_words_that_are_no_particle_are_read_back(text: str, sure: bool) -> None:
    assert read_answer(text, "birth_name").sure is sure


@pytest.mark.parametrize(
    ("text", "birth_name"),
    [
        ("bonjour je m'appelle martin durand je voudrais un rendez-vous", "Durand"),
        ("bonjour martin durand à l'appareil", "Durand"),
        ("je suis malade", None),
        ("je suis déjà venu", None),
        ("je suis en retard de dix minutes", None),
    ],
)
def test_a_name_given_unasked_is_taken_only_from_a_presentation(text: str, birth_name: str | None) -> None:
    assert read_introduction(text).birth_name == birth_name


@given(text=st.text(max_size=80), asks=st.sampled_from(("birth_name", "first_name", "spelling")))
def test_no_text_breaks_the_reading(text: str, asks: Asks) -> None:
    read_answer(text, asks)
    read_introduction(text)
