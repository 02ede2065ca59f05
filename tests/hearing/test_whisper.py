"""Running Whisper: windows, caps, prompts and the second try, on random weights in the real format."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hearing.tiny_whisper import build
from voicebot.errors import UnavailableError
from voicebot.hearing.gate import Decoded
from voicebot.hearing.settings import WhisperSettings
from voicebot.hearing.whisper import WhisperRecogniser
from voicebot.ports import Audio, Recogniser

BELIEVING = WhisperSettings(least_logprob=-99.0, tokens_a_second=1e-9, least_tokens=10)


def noise(seconds: float, rate: int = 16000, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).standard_normal(int(seconds * rate)) * 3000
    return Audio(rate, samples.astype("<i2").tobytes())


class Spy:
    """The CTranslate2 model, watched."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.encoded: list[list[int]] = []
        self.generated: list[dict[str, Any]] = []
        self.tokens: list[int] = []

    n_mels = property(lambda self: self._model.n_mels)

    def encode(self, features: Any) -> Any:
        self.encoded.append(list(features.shape))
        return self._model.encode(features)

    def generate(self, encoded: Any, prompts: list[list[int]], **options: Any) -> Any:
        self.generated.append({"prompt": prompts[0], **options})
        results = self._model.generate(encoded, prompts, **options)
        self.tokens.append(len(results[0].sequences_ids[0]))
        return results


def spied(recogniser: WhisperRecogniser) -> Spy:
    spy = Spy(recogniser._model)
    recogniser._model = spy
    return spy


@pytest.fixture(scope="module", params=[80, 128])
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("whisper") / f"tiny{request.param}", mels=request.param)


def test_any_published_shape_is_a_recogniser(directory: Path) -> None:
    recogniser: Recogniser = WhisperRecogniser(directory, BELIEVING)
    heard = recogniser.recognise(noise(1.0))
    assert heard.milliseconds > 0
    assert heard.logprob < 0


def test_a_short_answer_gets_a_short_window(directory: Path) -> None:
    recogniser = WhisperRecogniser(directory, BELIEVING)
    spy = spied(recogniser)
    recogniser.recognise(noise(1.0))
    mels = recogniser._model.n_mels
    assert spy.encoded[0] == [1, mels, 400]
    assert spy.generated[0]["beam_size"] == 1
    assert spy.generated[0]["sampling_temperature"] == 0


def test_the_frames_follow_the_models_hop(tmp_path: Path) -> None:
    recogniser = WhisperRecogniser(build(tmp_path / "hop", hop=320), BELIEVING)
    spy = spied(recogniser)
    recogniser.recognise(noise(1.0))
    assert spy.encoded[0] == [1, 80, 200]


def test_a_runaway_is_capped_and_tried_once_at_full_length(directory: Path) -> None:
    recogniser = WhisperRecogniser(directory, WhisperSettings(least_tokens=9, tokens_a_second=1.0))
    spy = spied(recogniser)
    heard = recogniser.recognise(noise(1.0))
    assert heard.rejected == "runaway"
    assert [shape[2] for shape in spy.encoded] == [400, 3000]
    assert spy.tokens == [9, 9]


def test_the_cap_grows_with_the_speech(directory: Path) -> None:
    recogniser = WhisperRecogniser(directory, WhisperSettings(least_tokens=4, tokens_a_second=5.0, longest=4.0))
    spy = spied(recogniser)
    recogniser.recognise(noise(3.0))
    assert spy.tokens[0] == 15


def test_a_believed_answer_is_not_tried_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser = WhisperRecogniser(directory)
    windows: list[int] = []

    def decode(_samples: object, frames: int, _hotwords: object) -> Decoded:
        windows.append(frames)
        return Decoded("Oui.", 2, 12, -0.1, 0.01)

    monkeypatch.setattr(recogniser, "_decode", decode)
    assert recogniser.recognise(noise(0.8)).text == "Oui."
    assert windows == [400]


def test_a_second_try_that_is_believed_replaces_the_first(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser = WhisperRecogniser(directory)
    answers = {400: Decoded("oui oui oui", 12, 12, -0.1, 0.01), 3000: Decoded("Oui.", 2, 12, -0.3, 0.01)}
    monkeypatch.setattr(recogniser, "_decode", lambda _samples, frames, _hotwords: answers[frames])
    heard = recogniser.recognise(noise(0.8))
    assert (heard.text, heard.logprob, heard.rejected) == ("Oui.", pytest.approx(-0.3), None)


def test_one_second_try_at_a_time(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recogniser = WhisperRecogniser(directory)
    trying, release = threading.Event(), threading.Event()

    def decode(_samples: object, frames: int, _hotwords: object) -> Decoded:
        if frames == 3000:
            trying.set()
            assert release.wait(10)
            return Decoded("Oui.", 2, 12, -0.1, 0.01)
        return Decoded("Euh.", 2, 12, -1.5, 0.01)

    monkeypatch.setattr(recogniser, "_decode", decode)
    texts: list[str] = []
    first = threading.Thread(target=lambda: texts.append(recogniser.recognise(noise(0.8)).text))
    first.start()
    assert trying.wait(10)
    meanwhile = recogniser.recognise(noise(0.8))
    assert (meanwhile.text, meanwhile.rejected) == ("Euh.", "unsure")
    release.set()
    first.join(10)
    assert texts == ["Oui."]


def test_hotwords_are_a_prompt_only_where_they_help(directory: Path) -> None:
    helped = WhisperRecogniser(directory, WhisperSettings(most_hotword_tokens=5))
    spy = spied(helped)
    helped.recognise(noise(1.0), hotwords="Lefèvre Benali Moreau")
    plain = helped._prompt
    assert spy.generated[0]["prompt"][0] == helped._tokenizer.sot_prev
    assert spy.generated[0]["prompt"][6:] == plain
    assert helped._tokenizer.decode(spy.generated[0]["prompt"][1:6]).startswith(" Lef")
    unhelped = WhisperRecogniser(directory, WhisperSettings(hotwords=False))
    spy = spied(unhelped)
    unhelped.recognise(noise(1.0), hotwords="Lefèvre")
    assert spy.generated[0]["prompt"] == plain


def test_the_prompt_is_french_transcription_without_timestamps(directory: Path) -> None:
    recogniser = WhisperRecogniser(directory)
    words = [recogniser._tokenizer.tokenizer.id_to_token(token) for token in recogniser._prompt]
    assert words == ["<|startoftranscript|>", "<|fr|>", "<|transcribe|>", "<|notimestamps|>"]


@pytest.mark.parametrize("rate", [8000, 48000])
def test_any_rate_is_taken(directory: Path, rate: int) -> None:
    recogniser = WhisperRecogniser(directory, BELIEVING)
    spy = spied(recogniser)
    recogniser.recognise(noise(2.0, rate))
    assert spy.encoded[0][2] == 500


def test_speech_longer_than_the_model_is_recognised_in_parts(directory: Path) -> None:
    settings = WhisperSettings(longest=8.0, least_logprob=-99.0, shortest=2.0, trailing=0.5)
    recogniser = WhisperRecogniser(directory, settings)
    spy = spied(recogniser)
    recogniser.recognise(noise(20.0))
    assert len(spy.encoded) >= 3
    assert max(shape[2] for shape in spy.encoded) <= 800


def test_no_sound_at_all_is_no_words(directory: Path) -> None:
    assert WhisperRecogniser(directory, BELIEVING).recognise(Audio(16000, b"")).milliseconds > 0


@pytest.mark.parametrize("missing", ["model.bin", "tokenizer.json", "config.json"])
def test_an_incomplete_model_says_what_is_missing_and_asks_no_hub(tmp_path: Path, missing: str) -> None:
    directory = build(tmp_path / "tiny")
    (directory / missing).unlink()
    with pytest.raises(UnavailableError, match=f"holds no {missing}: `voicebot models fetch tiny`"):
        WhisperRecogniser(directory)


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    directory = build(tmp_path / "tiny")
    (directory / "model.bin").write_bytes(b"\x06\x00\x00\x00" * 9)
    with pytest.raises(UnavailableError, match="is no Whisper model"):
        WhisperRecogniser(directory)
