"""Numbers between words and integers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.french.numbers import Number, find, readings, to_words
from voicebot.french.words import split


def norms(text: str) -> list[str]:
    return [word.norm for word in split(text)]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "zéro"),
        (21, "vingt et un"),
        (71, "soixante et onze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (99, "quatre-vingt-dix-neuf"),
        (100, "cent"),
        (200, "deux cents"),
        (201, "deux cent un"),
        (1978, "mille neuf cent soixante-dix-huit"),
        (2026, "deux mille vingt-six"),
    ],
)
def test_integers_are_spelled_as_france_says_them(value: int, words: str) -> None:
    assert to_words(value) == words


def test_a_feminine_noun_makes_one_agree() -> None:
    assert to_words(21, feminine=True) == "vingt et une"
    assert to_words(11, feminine=True) == "onze"


@pytest.mark.parametrize("value", [-1, 1_000_000])
def test_numbers_out_of_range_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        to_words(value)


@given(st.integers(2, 9999))
def test_a_number_that_is_spelled_is_found_again(value: int) -> None:
    words = norms(to_words(value))
    assert find(words) == [Number(value, 0, len(words))]


def test_numbers_are_found_with_their_place_among_other_words() -> None:
    words = norms("mardi vingt-quatre novembre à quatorze heures trente")
    assert find(words) == [Number(24, 1, 3), Number(14, 5, 6), Number(30, 7, 8)]


def test_articles_are_no_numbers_and_digits_are() -> None:
    assert find(norms("un rendez-vous à une heure le 24")) == [Number(24, 7, 8)]


@given(st.integers(1, 999))
def test_every_grouping_of_a_spelled_number_is_weighed(value: int) -> None:
    words = tuple(norms(to_words(value)))
    assert (value, len(words)) in list(readings(words, 0, below=1000))


def test_seventy_eight_may_be_sixty_and_eighteen_or_sixty_ten_eight() -> None:
    assert [value for value, _ in readings(("soixante", "dix", "huit"), 0)] == [78, 70, 60]
