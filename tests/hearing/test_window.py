"""Windows are as short as the speech allows, whole, and never of the length that CTranslate2 takes for a mel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.hearing.settings import WhisperSettings
from voicebot.hearing.window import cut, long_window, short_window

RATE = 16000
PUBLISHED = WhisperSettings()
MINIATURE = WhisperSettings(shortest=2.0, trailing=0.7, longest=8.0, frames=50)


@pytest.mark.parametrize(
    ("settings", "hop", "seconds", "frames"),
    [
        (PUBLISHED, 160, 0.5, 400),  # the shortest window
        (PUBLISHED, 160, 3.0, 600),  # speech and trailing silence, rounded up
        (PUBLISHED, 160, 29.0, 3000),  # never more than the model was trained on
        (MINIATURE, 320, 0.5, 100),  # a hop of 20 ms: half the frames
        (MINIATURE, 320, 4.0, 250),
        (MINIATURE, 320, 8.0, 400),
    ],
)
def test_seconds_become_frames_through_the_models_own_hop(
    settings: WhisperSettings, hop: int, seconds: float, frames: int
) -> None:
    assert short_window(int(seconds * RATE), settings, rate=RATE, hop=hop, mels=80) == frames


@given(
    samples=st.integers(0, 30 * RATE),
    hop=st.sampled_from([160, 320]),
    mels=st.sampled_from([40, 50, 80, 100, 128]),
    multiple=st.sampled_from([10, 50, 100]),
    shortest=st.floats(0.1, 6.0),
)
def test_a_window_holds_the_speech_is_whole_and_is_never_twice_the_mels(
    samples: int, hop: int, mels: int, multiple: int, shortest: float
) -> None:
    settings = WhisperSettings(shortest=shortest, trailing=0.5, frames=multiple)
    short = short_window(samples, settings, rate=RATE, hop=hop, mels=mels)
    long = long_window(samples, settings, rate=RATE, hop=hop, mels=mels)
    assert short * hop >= samples
    for frames in (short, long):
        assert frames % multiple == 0
        assert frames not in (2 * mels - 1, 2 * mels)


def test_the_second_try_is_as_long_as_the_model_can_afford() -> None:
    windows = [
        long_window(RATE, settings, rate=RATE, hop=160, mels=80)
        for settings in (PUBLISHED, WhisperSettings(second_try=12.0), WhisperSettings(longest=8.0), MINIATURE)
    ]
    assert windows == [3000, 1200, 800, 800]


@given(seconds=st.floats(0.1, 40.0), longest=st.floats(2.0, 10.0))
def test_cutting_loses_no_sample(seconds: float, longest: float) -> None:
    sound = np.random.default_rng(0).standard_normal(int(seconds * RATE), dtype=np.float32)
    parts = cut(sound, int(longest * RATE), rate=RATE)
    np.testing.assert_array_equal(np.concatenate(parts), sound)
    assert all(len(part) <= int(longest * RATE) for part in parts)


def test_speech_is_cut_where_it_is_quiet() -> None:
    sound = np.random.default_rng(0).standard_normal(12 * RATE, dtype=np.float32)
    sound[6 * RATE : 6 * RATE + 3200] = 0
    first, second = cut(sound, 8 * RATE, rate=RATE)
    assert 6.0 <= len(first) / RATE <= 6.2
    assert len(second) <= 8 * RATE
