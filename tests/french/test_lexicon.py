"""The data files: what a French speaker edits must not contradict itself or hide a word of the grammar."""

from __future__ import annotations

from collections import defaultdict

import pytest

from voicebot.french import when
from voicebot.french.time.lexer import ALPHABET, without_stutter
from voicebot.french.time.lexicon import PHRASES, negations
from voicebot.french.words import split


def test_no_phrase_has_two_meanings() -> None:
    meanings = defaultdict(set)
    for words, value in PHRASES.items():
        meanings[" ".join(words)].add(value)
    assert {phrase: values for phrase, values in meanings.items() if len(values) > 1} == {}


def test_no_phrase_hides_a_word_that_a_rule_waits_for() -> None:
    assert when.RULES
    assert {word for word in ALPHABET.words if PHRASES.at([word], 0)} == set()


@pytest.mark.parametrize(
    ("phrase", "contraries"),
    [
        ("ça me convient", {"ca me convient pas", "ca ne me convient pas", "ca n me convient pas"}),
        ("c'est possible", {"c est pas possible", "c ne est pas possible", "c n est pas possible"}),
        ("me va bien", {"me va pas bien", "ne me va pas bien", "n me va pas bien"}),
        ("je suis libre", {"je suis pas libre", "je ne suis pas libre", "je n suis pas libre"}),
        ("oui", set()),
        ("pas de problème", set()),
    ],
)
def test_whatever_suits_has_its_contrary(phrase: str, contraries: set[str]) -> None:
    assert set(negations(phrase)) == contraries


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("à à dix heures", "à dix heures"),
        ("à dix à dix heures", "à dix heures"),
        ("mer mercredi matin", "mercredi matin"),
        ("dix heures dix heures trente", "dix heures dix heures trente"),
        ("mardi mardi matin", "mardi matin"),
        ("un un", "un"),
        ("22 22", "22 22"),
    ],
)
def test_a_stutter_is_dropped_and_hours_are_not(said: str, kept: str) -> None:
    assert " ".join(word.text for word in without_stutter(split(said))) == kept
