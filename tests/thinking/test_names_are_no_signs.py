"""A name that was asked for is no sign of an emergency."""

from __future__ import annotations

import pytest

from models.forge.grammar import first_names, surnames
from voicebot.thinking.red_flags import look


@pytest.mark.parametrize("sentence", ["{}", "mon prénom est {}", "alors mon prénom est {}", "le prénom c'est {}"])
def test_no_first_name_is_a_sign(sentence: str) -> None:
    assert [name for name in first_names() if look(sentence.format(name.lower()))] == []


@pytest.mark.parametrize("sentence", ["{}", "mon nom c'est {}", "c'est au nom de {}", "je m'appelle {}"])
def test_no_surname_is_a_sign(sentence: str) -> None:
    assert [name for name in surnames() if look(sentence.format(name.lower()))] == []


def test_the_colour_still_is() -> None:
    assert look("elle est toute violette") is not None
    assert look("mon bébé devient violet") is not None
