"""Streaming a sound to another rate gives what converting the whole gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import resample_poly

from voicebot.speaking.resample import Resampler

RATES = [(22050, 8000), (22050, 16000), (16000, 8000), (16000, 16000), (44100, 16000), (8000, 16000)]


@pytest.mark.parametrize(("source", "target"), RATES)
@given(cuts=st.lists(st.integers(0, 4000), max_size=6))
def test_chunks_make_no_difference(source: int, target: int, cuts: list[int]) -> None:
    sound = np.random.default_rng(0).standard_normal(4000, dtype=np.float32)
    divisor = np.gcd(source, target)
    expected = resample_poly(sound, target // divisor, source // divisor) if source != target else sound
    stream = Resampler(source, target)
    parts = [stream.push(part) for part in np.split(sound, sorted(cuts))]
    streamed = np.concatenate((*parts, stream.finish()))
    assert len(streamed) == len(expected)
    np.testing.assert_allclose(streamed, expected, atol=2e-3)


@pytest.mark.parametrize(("source", "target"), RATES)
def test_nothing_in_nothing_out(source: int, target: int) -> None:
    assert len(Resampler(source, target).finish()) == 0


def test_a_stream_holds_little_back() -> None:
    stream = Resampler(22050, 8000)
    given_back = sum(len(stream.push(np.zeros(2205, np.float32))) for _ in range(10))
    assert given_back >= 8000 - 16


def test_a_long_stream_keeps_no_more_than_the_filter_needs() -> None:
    stream = Resampler(22050, 8000)
    for _ in range(50):
        stream.push(np.zeros(2205, np.float32))
    assert len(stream._buffer) < 2 * 2205
