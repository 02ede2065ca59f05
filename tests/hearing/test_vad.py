"""Silero, window by window, is Silero over the whole."""

from __future__ import annotations

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from voicebot.hearing.vad import WINDOW, Samples, Vad


@pytest.fixture
def sound() -> Samples:
    random = np.random.default_rng(1)
    noise = random.standard_normal(60 * WINDOW, dtype=np.float32)
    swell: Samples = (
        noise * np.abs(np.sin(np.arange(60 * WINDOW) / 3000)).astype(np.float32) * np.float32(0.3)
    ).astype(np.float32)
    return swell


def windows(sound: Samples) -> list[Samples]:
    return list(sound.reshape(-1, WINDOW))


def test_streaming_equals_the_full_pass(sound: Samples) -> None:
    vad = Vad()
    streamed = [vad.probability(window) for window in windows(sound)]
    # The full pass zeroes the end of its last window, in place.
    whole = get_vad_model()(sound.copy()).reshape(-1)
    np.testing.assert_allclose(streamed[:-1], whole[:-1], atol=1e-5)


def test_the_callers_samples_are_left_alone(sound: Samples) -> None:
    vad = Vad()
    before = sound.copy()
    for window in windows(sound):
        vad.probability(window)
    np.testing.assert_array_equal(sound, before)


def test_a_reset_forgets(sound: Samples) -> None:
    vad = Vad()
    first = [vad.probability(window) for window in windows(sound)]
    vad.reset()
    assert [vad.probability(window) for window in windows(sound)] == first


def test_two_calls_do_not_hear_each_other(sound: Samples) -> None:
    alone, here, there = Vad(), Vad(), Vad()
    for window in windows(sound):
        expected = alone.probability(window)
        there.probability(-window[::-1].copy())
        assert here.probability(window) == expected


def test_silence_is_no_voice() -> None:
    vad = Vad()
    assert max(vad.probability(np.zeros(WINDOW, np.float32)) for _ in range(30)) < 0.1


def test_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="512 samples"):
        Vad().probability(np.zeros(256, np.float32))
