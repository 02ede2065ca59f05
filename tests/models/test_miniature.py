"""The miniature in the repository: unmodified faster-whisper and CTranslate2 load it, and it hears unseen callers."""

from __future__ import annotations

from pathlib import Path
from random import Random

import ctranslate2
import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import resample_poly

from models.forge.grammar import draw
from models.forge.recognise import Recogniser
from models.forge.score import score
from voicebot.speaking.espeak import Espeak

MINIATURE = Path(__file__).parents[2] / "models" / "miniature"
RATE = 16_000


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser(MINIATURE)


def spoken(text: str, voice: str = "fr+m7") -> npt.NDArray[np.float32]:
    """`text` at 16 kHz, with a little silence around."""
    samples, rate = Espeak().synthesise(text, voice=voice)
    speech = resample_poly(samples / 32768, RATE // 50, rate // 50).astype(np.float32)
    return np.pad(speech, (3200, 4800))


def noise(seconds: float, level: float) -> npt.NDArray[np.float32]:
    return (np.random.default_rng(0).standard_normal(int(seconds * RATE)) * level).astype(np.float32)


def test_ctranslate2_takes_it_for_a_multilingual_whisper() -> None:
    model = ctranslate2.models.Whisper(str(MINIATURE), compute_type="int8")
    assert model.is_multilingual
    assert model.n_mels == 80


def test_it_is_small_enough_for_the_repository() -> None:
    assert sum(file.stat().st_size for file in MINIATURE.iterdir()) < 15_000_000


def test_a_frame_lasts_twenty_milliseconds(recogniser: Recogniser) -> None:
    assert recogniser.whisper.feature_extractor.hop_length == 320
    assert recogniser.whisper.feature_extractor.nb_max_frames == 400


@pytest.mark.parametrize(
    "sound",
    [np.zeros(2 * RATE, np.float32), noise(2, 0.003), noise(4, 0.02)],
    ids=["zeros", "faint noise", "noise"],
)
def test_stock_transcribe_gives_no_text_without_speech(recogniser: Recogniser, sound: npt.NDArray[np.float32]) -> None:
    assert recogniser.stock(sound) == ""


def test_short_windows_give_no_text_for_silence(recogniser: Recogniser) -> None:
    assert recogniser.short(np.zeros(2 * RATE, np.float32)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Oui.",
        "Non.",
        "Je voudrais prendre rendez-vous.",
        "Mardi matin.",
        "C'est la première fois.",
        "Le premier.",
        "Le douze mars mille neuf cent soixante-dix-huit.",
    ],
)
def test_an_unseen_voice_is_heard(recogniser: Recogniser, text: str) -> None:
    assert score([text], [recogniser.short(spoken(text))]).exact == 1


def test_stock_transcribe_hears_an_unseen_voice(recogniser: Recogniser) -> None:
    assert recogniser.stock(spoken("Je voudrais prendre rendez-vous.")) == "je voudrais prendre rendez-vous"


def test_unseen_voices_and_sentences_are_mostly_right(recogniser: Recogniser) -> None:
    rng = Random(5)
    kinds = ("open", "motive", "when", "choice", "surname", "first_name", "birth_date", "confirm_yes", "confirm_no")
    said = [draw(kind, "held", rng) for kind in kinds for _ in range(4)]
    heard = [
        recogniser.short(spoken(one.spoken, voice)) for one, voice in zip(said, ["fr+f4", "fr+m7"] * 18, strict=True)
    ]
    assert score([one.text for one in said], heard).word_errors < 0.25
