"""What waits to be said leaves in order, marks come back when the sound before them left, and the queue is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.media.playout import MAX_MARKS, PlayQueue
from voicebot.errors import ProtocolError


def ramp(count: int, start: int = 1) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.arange(start, start + count).astype(np.int16)


def test_pieces_join_and_the_last_frame_ends_in_silence() -> None:
    queue = PlayQueue(8000)
    queue.put(ramp(100), 8000)
    queue.put(ramp(100, 101), 8000)
    first, second = queue.take(160), queue.take(160)
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first, ramp(160))
    np.testing.assert_array_equal(second, np.concatenate((ramp(40, 161), np.zeros(120))))
    assert queue.take(160) is None


def test_a_mark_comes_back_with_the_frame_that_holds_its_last_sample() -> None:
    queue = PlayQueue(8000)
    queue.put(ramp(200), 8000)
    queue.mark("a")
    queue.mark("b")
    queue.put(ramp(300), 8000)
    queue.mark("c")
    seen = []
    for _ in range(5):
        queue.take(160)
        seen.append(queue.passed())
    assert seen == [[], ["a", "b"], [], ["c"], []]


def test_a_mark_without_sound_before_it_comes_back_at_once() -> None:
    queue = PlayQueue(8000)
    queue.mark(1)
    assert queue.passed() == [1]


def test_a_pause_holds_sound_and_marks() -> None:
    queue = PlayQueue(8000)
    queue.put(ramp(160), 8000)
    queue.mark(1)
    queue.paused = True
    assert queue.take(160) is None
    assert queue.passed() == []
    queue.paused = False
    assert queue.take(160) is not None
    assert queue.passed() == [1]


def test_a_flush_forgets_sound_and_marks() -> None:
    queue = PlayQueue(8000)
    queue.put(ramp(800), 8000)
    queue.mark(1)
    queue.take(160)
    queue.flush()
    assert queue.take(160) is None
    assert queue.passed() == []
    assert queue.seconds == 0
    queue.mark(2)
    assert queue.passed() == [2]


def test_another_rate_is_resampled() -> None:
    queue = PlayQueue(8000)
    queue.put(np.zeros(22050, np.int16), 22050)
    assert queue.seconds == pytest.approx(1, abs=0.001)


def test_more_than_a_minute_is_refused() -> None:
    queue = PlayQueue(8000)
    for _ in range(60):
        queue.put(np.zeros(8000, np.int16), 8000)
    with pytest.raises(ProtocolError, match="60 s"):
        queue.put(np.zeros(160, np.int16), 8000)
    queue.take(160)
    queue.put(np.zeros(160, np.int16), 8000)


@pytest.mark.parametrize("rate", [0, -8000, 7999, 48001, 10**9])
def test_an_impossible_rate_is_refused(rate: int) -> None:
    with pytest.raises(ProtocolError, match="rate"):
        PlayQueue(8000).put(ramp(10), rate)


def test_marks_and_rates_are_bounded() -> None:
    queue = PlayQueue(8000)
    queue.put(ramp(10), 8000)
    for mark in range(MAX_MARKS):
        queue.mark(mark)
    with pytest.raises(ProtocolError, match="marks"):
        queue.mark("one more")
    for rate in (9000, 10000, 11000, 12000):
        queue.put(ramp(10), rate)
    with pytest.raises(ProtocolError, match="rate"):
        queue.put(ramp(10), 13000)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 500) | st.just("mark"), max_size=40), st.integers(1, 400))
def test_every_sample_leaves_once_in_order_and_every_mark_in_its_place(steps: list[int | str], size: int) -> None:
    queue = PlayQueue(8000)
    total, due = 0, []
    for step in steps:
        if isinstance(step, int):
            queue.put(ramp(step, total), 8000)
            total += step
        else:
            queue.mark(total)
            due.append(total)
    taken, marks = 0, queue.passed()
    assert all(mark == 0 for mark in marks)
    heard = []
    while (frame := queue.take(size)) is not None:
        heard.append(frame)
        taken += size
        for mark in queue.passed():
            assert isinstance(mark, int)
            assert mark <= taken
            marks.append(mark)
    assert marks == due
    if heard:
        np.testing.assert_array_equal(np.concatenate(heard)[:total], ramp(total, 0))


def test_what_follows_a_prompt_that_was_interrupted_is_heard() -> None:
    """Paused because the caller spoke, then dropped because there were words in it: the reply must not wait."""
    queue = PlayQueue(8000)
    queue.put(np.ones(800, np.int16), 8000)
    queue.paused = True
    queue.flush()
    queue.put(np.full(160, 7, np.int16), 8000)
    taken = queue.take(160)
    assert taken is not None
    assert (taken == 7).all()
