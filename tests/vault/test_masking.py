"""Sensitive motives are hidden from those whom they do not concern, in labels and in words."""

from __future__ import annotations

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.practice import load_practice
from voicebot.vault.masking import HIDDEN, LABEL, Masking

MOTIVES = load_practice(SAMPLE_PRACTICE).motives
SECRETARY, DOCTOR = (Masking(MOTIVES, sees_sensitive=sees) for sees in (False, True))


def test_a_sensitive_motive_has_no_label_but_that_it_is_one() -> None:
    assert SECRETARY.motive("frottis") == LABEL
    assert SECRETARY.motive("consultation") == "une consultation"
    assert DOCTOR.motive("frottis") == "un frottis"
    assert SECRETARY.motive("abolished") == "abolished"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Je voudrais un frottis mardi.", f"Je voudrais {HIDDEN} mardi."),
        ("C'est pour le FROTTIS de contrôle", f"C'est pour le {HIDDEN} de contrôle"),
        ("un Dépistage du col, s'il vous plaît", f"un {HIDDEN}, s'il vous plaît"),
        ("un depistage du col", f"un {HIDDEN}"),
        ("une consultation avec le docteur Frottier", "une consultation avec le docteur Frottier"),
        ("", ""),
    ],
)
def test_words_of_a_sensitive_motive_are_hidden_in_a_text(said: str, read: str) -> None:
    assert SECRETARY.text(said) == read
    assert DOCTOR.text(said) == said


def test_an_event_is_masked_wherever_it_holds_words() -> None:
    event = {"call": "c1", "event": "understood", "items": [["motive", "frottis"], ["when", "mardi"]]}
    assert SECRETARY.event(event)["items"] == [["motive", LABEL], ["when", "mardi"]]
    assert SECRETARY.event({"event": "heard", "text": "un frottis"})["text"] == HIDDEN
    assert DOCTOR.event(event) == event


def test_a_practice_without_sensitive_motives_hides_nothing() -> None:
    open_motives = {id: motive for id, motive in MOTIVES.items() if not motive.sensitive}
    assert Masking(open_motives, sees_sensitive=False).text("un frottis") == "un frottis"
