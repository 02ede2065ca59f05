"""Resampling and concealment are heard as little as possible and add next to no delay."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.media.concealment import Concealer, is_quiet, merge
from telephony.media.resample import Resampler

Samples = npt.NDArray[np.int16]
RATES = [(8000, 16000), (16000, 8000), (48000, 16000), (16000, 48000), (22050, 8000), (24000, 16000)]


def sine(hertz: float, rate: int, seconds: float = 1.0) -> Samples:
    return (10000 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


def in_frames(samples: Samples, source: int, target: int) -> Samples:
    resampler = Resampler(source, target)
    size = source // 50
    return np.concatenate([resampler.resample(samples[at : at + size]) for at in range(0, len(samples), size)])


def level(samples: Samples) -> float:
    return float(np.std(samples.astype(float)))


@pytest.mark.parametrize(("source", "target"), RATES)
def test_speech_frequencies_pass_and_keep_their_pitch(source: int, target: int) -> None:
    for hertz in (300, 1000, 3000):
        result = in_frames(sine(hertz, source), source, target)
        assert len(result) == pytest.approx(target, abs=2)
        settled = result[target // 10 :]
        assert level(settled) == pytest.approx(level(sine(hertz, source)), rel=0.03)
        spectrum = np.abs(np.fft.rfft(settled * np.hanning(len(settled))))
        assert np.argmax(spectrum) * target / len(settled) == pytest.approx(hertz, abs=3)


@pytest.mark.parametrize(
    ("source", "target", "hertz"), [(16000, 8000, 5000), (48000, 16000, 9500), (48000, 8000, 4800)]
)
def test_what_the_lower_rate_cannot_carry_is_taken_out(source: int, target: int, hertz: int) -> None:
    assert level(in_frames(sine(hertz, source), source, target)[200:]) < 10000 / np.sqrt(2) / 100


@pytest.mark.parametrize(("source", "target"), RATES)
def test_the_delay_is_about_a_millisecond(source: int, target: int) -> None:
    pulse = np.zeros(source // 10, np.int16)
    pulse[source // 20] = 20000
    result = in_frames(pulse, source, target)
    assert np.argmax(result) / target - 0.05 == pytest.approx(0.001, abs=0.0002)


@pytest.mark.parametrize(("source", "target"), RATES)
def test_every_sample_stands_where_it_should(source: int, target: int) -> None:
    delay = round(source * 0.001) / source
    result = in_frames(sine(1000, source), source, target)
    ideal = 10000 * np.sin(2 * np.pi * 1000 * (np.arange(len(result)) / target - delay))
    assert level(result[target // 10 :] - ideal[target // 10 :]) < 60


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(RATES), st.lists(st.integers(0, 700), min_size=1, max_size=20))
def test_pieces_of_any_length_join_without_a_seam(rates: tuple[int, int], lengths: list[int]) -> None:
    sound = sine(700, rates[0], 1.0)[: sum(lengths)]
    whole = Resampler(*rates).resample(sound)
    resampler, at, pieces = Resampler(*rates), 0, []
    for length in lengths:
        pieces.append(resampler.resample(sound[at : at + length]))
        at += length
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_the_same_rate_is_left_alone() -> None:
    sound = sine(700, 8000)
    np.testing.assert_array_equal(Resampler(8000, 8000).resample(sound), sound)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_lost_frame_of_a_vowel_goes_on_at_its_pitch(rate: int) -> None:
    frame = rate // 50
    sound = sine(150, rate, 0.3)
    concealer = Concealer(rate)
    for at in range(0, 5 * frame, frame):
        concealer.good(sound[at : at + frame])
    made_up = concealer.conceal(frame // 2)
    truth = sound[5 * frame : 5 * frame + frame // 2]
    assert level(made_up.astype(int) - truth) < 0.25 * level(truth)


def test_a_longer_loss_fades_to_silence_and_stays_silent() -> None:
    concealer = Concealer(8000)
    for at in range(0, 1600, 160):
        concealer.good(sine(150, 8000)[at : at + 160])
    frames = [concealer.conceal(160) for _ in range(6)]
    levels = [level(frame) for frame in frames]
    assert levels[0] > levels[1] > levels[2] > levels[3] == levels[4] == levels[5] == 0
    assert max(abs(int(a) - int(b)) for frame in frames for a, b in pairwise(frame)) < 3000


def test_sound_that_comes_back_is_blended_in() -> None:
    concealer = Concealer(8000)
    sound = sine(150, 8000)
    concealer.good(sound[:800])
    concealer.conceal(160)
    back = concealer.good(sound[1000:1160])
    assert not np.array_equal(back[:40], sound[1000:1040])
    np.testing.assert_array_equal(back[40:], sound[1040:1160])


def test_silence_is_concealed_by_silence() -> None:
    concealer = Concealer(8000)
    concealer.good(np.zeros(320, np.int16))
    assert not concealer.conceal(160).any()


def test_two_frames_merge_into_one_without_a_jump() -> None:
    first, second = sine(200, 8000)[:160], sine(200, 8000)[160:320]
    merged = merge(first, second)
    assert merged[0] == first[0]
    assert merged[-1] == second[-1]
    assert not is_quiet(merged)
    assert is_quiet(merged // 100)
