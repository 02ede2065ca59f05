"""What was said is found as people and programs write it, and not where chance has put the same digits."""

from __future__ import annotations

from datetime import date

import pytest

from voicebot.proof.trace import names_in
from voicebot.proof.words import Words


@pytest.fixture
def words() -> Words:
    made = Words()
    made.person("Lévêque", "Zoé", date(1941, 2, 7), "0692246562")
    return made


@pytest.mark.parametrize("text", ["07021941", "né le 07/02/1941.", "1941-02-07T00:00", "x=19410207&", "07 02 1941"])
def test_a_birth_date_is_found_however_it_is_written(words: Words, text: str) -> None:
    assert words.found_in(text) == {"birth date": 1}


@pytest.mark.parametrize(
    "text", ["0692246562", "06 92 24 65 62", "+33692246562", "+33 6 92 24 65 62", "06.92.24.65.62"]
)
def test_a_number_is_found_however_it_is_written(words: Words, text: str) -> None:
    assert words.found_in(text) == {"phone number": 1}


@pytest.mark.parametrize(
    "text", ["0.07021941337", "1702194112", "sha256: 9070219410", "1795333807.021941", "10692246562"]
)
def test_the_same_digits_within_a_longer_number_are_chance(words: Words, text: str) -> None:
    assert words.found_in(text) == {}


def test_names_are_found_without_accents_and_case_as_whole_words(words: Words) -> None:
    assert words.found_in("mme LEVEQUE, zoe") == {"name": 2}
    assert words.found_in("levequeries, zoea") == {}


def test_of_a_trace_its_names_are_looked_at_and_not_its_clock(words: Words) -> None:
    lines = (
        '27070 2194117953.338070 openat(AT_FDCWD, "/data/07021941.txt", O_RDONLY) = 3</data/leveque.txt>\n'
        '27070 2194117953.338071 write(3<socket:[07021941]>, ""..., 19410207) = 19410207\n'
    )
    assert names_in(lines) == "/data/07021941.txt\n/data/leveque.txt"
    assert words.found_in(names_in(lines)) == {"birth date": 1, "name": 1}
    assert words.found_in(names_in(lines.replace("07021941", "0"))) == {"name": 1}
