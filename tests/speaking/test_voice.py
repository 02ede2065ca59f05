"""The voice of a call: chosen by the catalogue, at the rate of the line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.speaking.tiny_piper import build
from voicebot.errors import ConfigurationError, UnavailableError
from voicebot.ports import Voice
from voicebot.speaking import load_voice
from voicebot.speaking.voice import CallVoice, EspeakEngine

TEXT = "Bonjour. Vous êtes au cabinet."


@pytest.mark.parametrize("rate", [8000, 16000])
def test_espeak_speaks_where_no_voice_was_fetched(tmp_path: Path, rate: int) -> None:
    voice: Voice = load_voice(rate, models=tmp_path)
    pieces = list(voice.synthesise(TEXT))
    assert {piece.rate for piece in pieces} == {rate}
    assert 1.0 < sum(piece.seconds for piece in pieces) < 6.0
    samples = np.frombuffer(b"".join(piece.pcm for piece in pieces), "<i2")
    assert np.abs(samples).max() > 3000


def test_a_fetched_voice_is_used(tmp_path: Path) -> None:
    directory = build(tmp_path / "siwis")
    (directory / "voice.onnx").rename(directory / "fr_FR-siwis-medium.onnx")
    (directory / "voice.onnx.json").rename(directory / "fr_FR-siwis-medium.onnx.json")
    (tmp_path / "lock.json").write_text(json.dumps({"siwis": {"fetched": "2026-01-01", "files": {}}}))
    voice = load_voice(8000, models=tmp_path)
    assert voice.name == "siwis"
    assert sum(piece.seconds for piece in voice.synthesise(TEXT)) > 1.0
    assert load_voice(16000, models=tmp_path).engine is voice.engine
    assert load_voice(8000, models=tmp_path, name="espeak").name == "espeak"


def test_slower_speech_lasts_longer() -> None:
    voice = CallVoice(EspeakEngine(), 8000)
    usual, slow = (sum(piece.seconds for piece in each.synthesise(TEXT)) for each in (voice, voice.at_pace(1.4)))
    assert slow > 1.25 * usual


def test_sentences_are_pieces_with_a_pause_between() -> None:
    pieces = list(CallVoice(EspeakEngine(), 8000).synthesise(TEXT))
    quiet = [index for index, piece in enumerate(pieces) if not any(piece.pcm[-1600:])]
    assert quiet
    assert len(pieces) >= 2


def test_nothing_to_say_is_no_sound() -> None:
    assert list(CallVoice(EspeakEngine(), 8000).synthesise(" … ")) == []


def test_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="8000 or 16000"):
        CallVoice(EspeakEngine(), 22050)


def test_an_unknown_voice_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no model is called 'siri'"):
        load_voice(8000, models=tmp_path, name="siri")


def test_a_voice_that_was_not_fetched_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="voicebot models fetch siwis"):
        load_voice(8000, models=tmp_path, name="siwis")
