"""8 kHz becomes 16 kHz within a millisecond, whatever the chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.hearing.resample import DELAY, RATE, Samples, Upsampler, samples_of, to_16k


def tone(hertz: float, rate: int, seconds: float = 0.5) -> Samples:
    return np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate).astype(np.float32)


@pytest.mark.parametrize("hertz", [200, 1000, 2000, 3000])
def test_the_telephone_band_passes_with_the_delay_that_is_told(hertz: float) -> None:
    upsampled = Upsampler().push(tone(hertz, 8000))
    expected = tone(hertz, RATE)
    np.testing.assert_allclose(upsampled[DELAY:][200:-200], expected[: len(upsampled) - DELAY][200:-200], atol=0.02)
    assert DELAY / RATE <= 0.001


def test_no_image_of_the_band_appears_above_it() -> None:
    spectrum = np.abs(np.fft.rfft(Upsampler().push(tone(1000, 8000, 1.0))[100:]))
    hertz = np.fft.rfftfreq(RATE - 100, 1 / RATE)
    assert spectrum[hertz > 5000].max() < 0.003 * spectrum.max()


@given(cuts=st.lists(st.integers(0, 800), max_size=8))
def test_chunks_make_no_difference(cuts: list[int]) -> None:
    sound = np.random.default_rng(0).standard_normal(800, dtype=np.float32)
    whole = Upsampler().push(sound)
    stream = Upsampler()
    parts = [stream.push(part) for part in np.split(sound, sorted(cuts))]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
    assert len(whole) == 2 * len(sound)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_a_whole_sound_keeps_its_length_and_pitch(rate: int) -> None:
    converted = to_16k(tone(500, rate), rate)
    assert len(converted) == pytest.approx(RATE / 2, abs=2)
    np.testing.assert_allclose(converted[400:7600], tone(500, RATE)[400:7600], atol=0.02)


def test_pcm_becomes_floats_below_one() -> None:
    assert samples_of(np.array([-32768, 0, 32767], "<i2").tobytes()).tolist() == pytest.approx([-1.0, 0.0, 0.99997])
