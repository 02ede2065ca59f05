"""When the words so far are a whole answer, and when more may follow."""

from __future__ import annotations

from datetime import date

import pytest

from voicebot.ports import Asks
from voicebot.processes.answered import answers

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("asks", "text", "whole"),
    [
        ("confirm", "oui", True),
        ("confirm", "oui c'est ça", True),
        ("confirm", "non", False),
        ("confirm", "non c'est durand", False),
        ("birth_date", "le douze mars mille neuf cent soixante-dix-huit", True),
        ("birth_date", "le douze mars", False),
        ("phone", "zéro six douze trente-quatre cinquante-six soixante-dix-huit", True),
        ("phone", "zéro six douze", False),
        ("open", "oui", False),
        (None, "oui", False),
    ],
)
def test_a_whole_answer(asks: Asks | None, text: str, whole: bool) -> None:
    assert answers(asks, text, TODAY) is whole
