"""Names out of sentences, spelled, read back, and ranked by ear."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.french.names import candidates, capitalise, phonetic_key, read_name, spell_out
from voicebot.french.words import fold


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("durand", "Durand"),
        ("Je m'appelle Durand.", "Durand"),
        ("c'est au nom de durand", "Durand"),
        ("mon nom c'est durand", "Durand"),
        ("euh alors c'est durand s'il vous plaît", "Durand"),
        ("au nom de Le Goff", "Le Goff"),
        ("d almeida", "D'Almeida"),
        ("D'ALMEIDA", "D'Almeida"),
        ("jean-pierre", "Jean-Pierre"),
        ("saint tiret martin", "Saint-Martin"),
        ("dupond non pardon durand", "Durand"),
    ],
)
def test_a_name_is_taken_out_of_its_sentence(text: str, name: str) -> None:
    reading = read_name(text)
    assert (reading.name, reading.sure, reading.spelled) == (name, True, False)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("d u r a n d", "Durand"),
        ("D-U-R-A-N-D.", "Durand"),
        ("D, U, R, A, N, D", "Durand"),
        ("durand d u r a n d", "Durand"),
        ("d comme daniel u comme ursule r a n d", "Durand"),
        ("d de daniel u pour ursule r a n d", "Durand"),
        ("d u euh r a n d", "Durand"),
        ("thé comme thérèse r i", "Tri"),
        ("b o deux n e t", "Bonnet"),
        ("b o double n e t", "Bonnet"),
        ("e accent aigu l o d i e", "Élodie"),
        ("e l o d i e accent aigu sur le premier e", "Élodie"),
        ("b e n e z e t avec un accent aigu sur le deuxième e", "Benézet"),
        ("l e f e accent grave v r e", "Lefèvre"),
        ("m a c tiret m a h o n", "Mac-Mahon"),
        ("o apostrophe n e i l", "O'Neil"),
        ("ça s'écrit n g u y e n", "Nguyen"),
    ],
)
def test_letters_are_joined(text: str, name: str) -> None:
    reading = read_name(text)
    assert (reading.name, reading.sure, reading.spelled) == (name, True, True)


def test_letters_that_do_not_fit_the_word_that_was_said_are_not_sure() -> None:
    reading = read_name("martin d u r a n d")
    assert reading.name == "Durand"
    assert not reading.sure


@pytest.mark.parametrize("text", ["", "bonjour", "oui", "12", "?"])
def test_no_name_is_none(text: str) -> None:
    assert read_name(text).name is None


def test_two_first_names_make_a_composed_one() -> None:
    assert read_name("jean pierre", first_name=True).name == "Jean-Pierre"
    assert read_name("marie claire", first_name=True).name == "Marie-Claire"


@pytest.mark.parametrize(
    ("raw", "name"),
    [("jean-pierre", "Jean-Pierre"), ("LE GOFF", "Le Goff"), ("d'almeida", "D'Almeida"), ("éric", "Éric")],
)
def test_names_are_capitalised_as_on_an_identity_card(raw: str, name: str) -> None:
    assert capitalise(raw) == name


def test_spelling_out_says_letters_signs_and_accents() -> None:
    assert spell_out("Dû") == "D comme Daniel, U accent circonflexe comme Ursule"
    assert spell_out("L'Été").startswith("L comme Louis, apostrophe, E accent aigu comme Eugène")


@settings(max_examples=150, deadline=None)
@given(st.text("abcdefghijklmnopqrstuvwxyzéèêëïôûç", min_size=2, max_size=12))
def test_a_name_that_is_spelled_out_is_read_back(raw: str) -> None:
    name = capitalise(raw)
    assert read_name(spell_out(name)).name == name


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_name(text)
    spell_out(text)
    phonetic_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dupont", "Dupond"),
        ("Moreau", "Moro"),
        ("Benali", "Ben Ali"),
        ("Renaud", "Reno"),
        ("Philippe", "Filipe"),
        ("Thibault", "Tibo"),
        ("Roussel", "Rousselle"),
        ("Haddad", "Adad"),
        ("Fournier", "Fournié"),
    ],
)
def test_names_that_sound_alike_share_a_key(one: str, other: str) -> None:
    assert phonetic_key(one) == phonetic_key(other)


def test_candidates_are_ranked_by_ear_and_by_eye() -> None:
    known = ["Durand", "Dupin", "Dupont", "Martin", "Durant"]
    ranked = [name for name, _ in candidates("dupond", known)]
    assert ranked[0] == "Dupont"
    assert "Martin" not in ranked
    assert candidates("martin", known)[0] == ("Martin", 1.0)


@given(st.lists(st.text("abcdeimnoprstu", min_size=3, max_size=8), min_size=1, max_size=8))
def test_a_known_name_is_its_own_best_candidate(known: list[str]) -> None:
    best, score = candidates(known[0], known)[0]
    assert (fold(best), score) == (fold(known[0]), 1.0)


@pytest.mark.parametrize(
    ("text", "name"),
    [("dupont avec un d", "Dupond"), ("bonet avec deux n", "Bonnet"), ("martin avec un seul t", "Martin")],
)
def test_a_hint_at_the_writing_is_put_in_and_left_to_be_read_back(text: str, name: str) -> None:
    reading = read_name(text)
    assert (reading.name, reading.sure, reading.spelled) == (name, False, False)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("double v a g n e r", "Wagner"),
        ("double vé a deux l", "Wall"),
        ("i grec v e s", "Yves"),
        ("q u e r é accent aigu", "Queré"),
    ],
)
def test_a_letter_whose_name_is_two_words_is_one_letter_and_an_accent_is_put_on_once(text: str, name: str) -> None:
    assert read_name(text).name == name


def test_an_accent_that_no_french_name_has_is_not_sure() -> None:
    assert not read_name("c e cédille").sure


@pytest.mark.parametrize(
    "text",
    ["dupont martin avec un tiret", "Dupont-Martin avec un trait d'union", "Dupont, avec un trait d'union, Martin"],
)
def test_a_hyphen_that_is_told_is_put_in_and_is_no_word_of_the_name(text: str) -> None:
    assert read_name(text).name == "Dupont-Martin"


def test_ben_is_a_hesitation_or_the_first_word_of_a_name_and_never_lost_unsaid() -> None:
    assert read_name("Mon nom c'est Ben Ali.").name == "Ben Ali"
    assert not read_name("mon nom c'est ben ali").sure
    assert read_name("euh ben c'est durand").sure
