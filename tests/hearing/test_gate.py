"""What Whisper wrote is believed only when its figures allow it."""

from __future__ import annotations

import pytest

from voicebot.hearing.gate import Decoded, Reason, compression, is_ghost, rejection, worth_another_try
from voicebot.hearing.settings import WhisperSettings

GHOST = "Sous-titres réalisés par la communauté d'Amara.org"


def decoded(
    text: str = "Mardi à quatorze heures.", tokens: int = 8, logprob: float = -0.2, no_speech: float = 0.02
) -> Decoded:
    return Decoded(text, tokens, 20, logprob, no_speech)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (decoded(), None),
        (decoded(logprob=-0.9), None),
        (decoded(no_speech=0.95), None),  # alone it says nothing: it is dead on the turbo models
        (decoded(tokens=20), "runaway"),
        (decoded(text="oui " * 40), "repetition"),
        (decoded(logprob=-1.1), "unsure"),
        (decoded(logprob=-1.1, no_speech=0.7), "no speech"),
        (decoded(text=""), "empty"),
        (decoded(text=GHOST, logprob=-0.7), "ghost"),
        (decoded(text=GHOST, no_speech=0.8), "ghost"),
        (decoded(text=GHOST), None),  # said clearly, it was said
        (decoded(text="Merci d'avoir regardé mon dossier.", logprob=-0.7), None),
    ],
)
def test_the_gate(case: Decoded, reason: Reason | None) -> None:
    assert rejection(case, WhisperSettings()) == reason


@pytest.mark.parametrize(
    "text",
    [
        "Sous-titrage ST' 501",
        "Sous-titrage Société Radio-Canada",
        "SOUS-TITRES PAR Jean Durand",
        "Merci d'avoir regardé cette vidéo !",
        "N'hésitez pas à vous abonner à la chaîne.",
        "♪ Musique ♪",
    ],
)
def test_ghosts_are_known_without_accents_case_and_punctuation(text: str) -> None:
    assert is_ghost(text)


@pytest.mark.parametrize("text", ["Oui.", "Merci.", "Au revoir.", "Bonjour, je voudrais un rendez-vous.", "", "..."])
def test_what_callers_say_is_no_ghost(text: str) -> None:
    assert not is_ghost(text)


def test_another_try_is_for_broken_decodings_not_for_silence() -> None:
    assert [reason for reason in ("runaway", "repetition", "unsure", "empty") if worth_another_try(reason)] == [
        "runaway",
        "repetition",
        "unsure",
        "empty",
    ]
    assert not any(worth_another_try(reason) for reason in ("no speech", "ghost", None))


def test_repetition_compresses() -> None:
    assert compression("Je voudrais un rendez-vous mardi.") < 1.5 < 2.4 < compression("d'accord " * 30)
    assert compression("") == 0.0
