"""For how many people."""

from __future__ import annotations

import pytest

from voicebot.french.people import read_people


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("pour moi", 1),
        ("c'est pour ma fille", 1),
        ("pour moi et ma fille", 2),
        ("pour mon mari et moi", 2),
        ("pour mes deux enfants", 2),
        ("pour moi et mes trois enfants", 4),
        ("pour 2 personnes", 2),
        ("une personne", 1),
        ("nous sommes trois", 3),
        ("on sera deux", 2),
        ("tous les deux", 2),
        ("mes jumeaux", 2),
        ("pour quatre personnes mardi à dix heures", 4),
    ],
)
def test_people_are_counted(text: str, count: int) -> None:
    assert read_people(text) == count


@pytest.mark.parametrize("text", ["", "mardi à dix heures", "deux rendez-vous", "mille personnes", "des enfants"])
def test_nobody_named_is_none(text: str) -> None:
    assert read_people(text) is None
