"""The protected key and its paper: only the right passphrase opens the one, and typing errors show on the other."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.errors import ConfigurationError
from voicebot.vault.envelope import Cost, parse, seal
from voicebot.vault.paper import SYMBOLS, from_paper, to_paper

KEY = bytes(range(32))
CHEAP = Cost(memory=64, passes=1, lanes=1)
PHRASE = "quatre mots tirés au sort"


def test_only_the_passphrase_opens_it() -> None:
    text = seal(KEY, PHRASE, CHEAP).to_text()
    assert parse(text).open(PHRASE) == KEY
    # The same letters composed otherwise, as another keyboard sends them.
    assert parse(text).open("quatre mots tire\u0301s au sort") == KEY
    with pytest.raises(ConfigurationError, match="passphrase is wrong"):
        parse(text).open(PHRASE + " ")
    assert KEY.hex() not in text
    assert seal(KEY, PHRASE, CHEAP).to_text() != text


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 12"):
        seal(KEY, "motdepasse", CHEAP)


def test_what_a_guess_costs_by_default_is_felt() -> None:
    assert Cost().memory >= 256 * 1024
    assert Cost().passes >= 3


@pytest.mark.parametrize(
    "change",
    [
        {"cost": {"memory": 1 << 30, "passes": 1, "lanes": 1}},
        {"cost": {"memory": 64, "passes": 10**6, "lanes": 1}},
        {"cost": {"memory": 64}},
        {"salt": "zz"},
        {"salt": ""},
        {"wrapped": "00"},
        {"version": 2},
        {"kdf": "none"},
    ],
)
def test_a_hostile_or_broken_file_is_refused_before_any_work(change: dict[str, object]) -> None:
    value = {**json.loads(seal(KEY, PHRASE, CHEAP).to_text()), **change}
    with pytest.raises(ConfigurationError, match="bring back a copy"):
        parse(json.dumps(value))
    with pytest.raises(ConfigurationError, match="bring back a copy"):
        parse("{")


@given(st.binary(min_size=32, max_size=32))
def test_a_paper_is_read_back(key: bytes) -> None:
    paper = to_paper(key)
    assert len(paper) == 14 * 5 - 1
    assert from_paper(paper) == key
    assert from_paper(paper.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == key


@given(st.integers(0, 55), st.sampled_from(SYMBOLS))
def test_one_mistyped_symbol_shows(at: int, symbol: str) -> None:
    symbols = to_paper(bytes(range(32))).replace("-", "")
    wrong = symbols[:at] + symbol + symbols[at + 1 :]
    if wrong != symbols:
        with pytest.raises(ConfigurationError, match="mistyped"):
            from_paper(wrong)


@pytest.mark.parametrize("text", ["", "ABCD", "U" * 56, "é" * 56, "0" * 57])
def test_what_is_no_recovery_key_is_said(text: str) -> None:
    with pytest.raises(ConfigurationError, match="14 groups"):
        from_paper(text)


def test_two_groups_exchanged_show() -> None:
    groups = to_paper(os.urandom(32)).split("-")
    if groups[2] != groups[5]:
        groups[2], groups[5] = groups[5], groups[2]
        with pytest.raises(ConfigurationError, match="mistyped"):
            from_paper("-".join(groups))
