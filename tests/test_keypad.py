"""Keys become answers of the length that the question expects."""

from __future__ import annotations

import pytest

from voicebot.keypad import PAUSE, KeyCollector
from voicebot.ports import Asks


def test_a_birth_date_takes_eight_keys() -> None:
    keys = KeyCollector()
    answers = [keys.press(digit, "birth_date", 0.1 * n) for n, digit in enumerate("12031978")]
    assert answers == [None] * 7 + ["12031978"]


@pytest.mark.parametrize("asks", ["confirm", "choice", "open", None])
def test_other_questions_take_one_key(asks: Asks | None) -> None:
    assert KeyCollector().press("2", asks, 0.0) == "2"


def test_a_pause_ends_a_short_answer() -> None:
    keys = KeyCollector()
    assert keys.press("1", "when", 0.0) is None
    assert keys.expire(PAUSE - 0.1) is None
    assert keys.expire(PAUSE) == "1"
    assert keys.expire(PAUSE + 9) is None


def test_a_star_reaches_a_human_amid_digits() -> None:
    keys = KeyCollector()
    keys.press("1", "phone", 0.0)
    assert keys.press("*", "phone", 0.1) == "*"
    assert not keys.pending


def test_a_hash_ends_an_answer_early() -> None:
    keys = KeyCollector()
    keys.press("3", "when", 0.0)
    assert keys.press("#", "when", 0.1) == "3"
