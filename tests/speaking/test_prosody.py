"""A text is handed to a voice sentence by sentence, and nothing of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.speaking.prosody import breaths


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bonjour.", ["Bonjour."]),
        ("Bonjour. Vous êtes au cabinet !", ["Bonjour.", "Vous êtes au cabinet !"]),
        ("Mardi ? Mercredi ? Jeudi…", ["Mardi ?", "Mercredi ?", "Jeudi…"]),
        ("Le Dr. Benali et Mme. Moreau sont là.", ["Le Dr. Benali et Mme. Moreau sont là."]),
        ("M. Lefèvre. À 14.30 précises.", ["M. Lefèvre.", "À 14.30 précises."]),
        ("Oui ?! D'accord.", ["Oui ?!", "D'accord."]),
        ("  Un\n  deux.  ", ["Un deux."]),
        ("...", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [breath.text for breath in breaths(text)] == expected


def test_a_long_sentence_is_cut_at_a_comma() -> None:
    text = "Je peux vous proposer " + ", ".join(f"le rendez-vous numéro {n}" for n in range(12)) + "."
    parts = [breath.text for breath in breaths(text)]
    assert len(parts) > 1
    assert all(len(part) <= 160 for part in parts)
    assert all(part.endswith(",") for part in parts[:-1])


def test_pauses_follow_sentences_and_stretch_with_the_pace() -> None:
    first, last = breaths("Bonjour. Au revoir.")
    slow, _ = breaths("Bonjour. Au revoir.", pace=1.5)
    assert first.pause > last.pause
    assert slow.pause == pytest.approx(1.5 * first.pause)


@given(st.text(alphabet="abcé ,.!?…-\n", max_size=600))
def test_no_letter_is_lost_and_no_breath_is_too_long(text: str) -> None:
    parts = [breath.text for breath in breaths(text)]
    assert [c for c in "".join(parts) if c.isalnum()] == [c for c in text if c.isalnum()]
    assert all(len(part) <= 160 for part in parts)
