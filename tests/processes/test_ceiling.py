"""How many calls a machine takes follows from how quickly it recognises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voicebot.processes.ceiling import LEAST, MOST, calls_at_once


def test_a_quick_recogniser_takes_as_many_as_were_measured_and_a_slow_one_few() -> None:
    assert calls_at_once(0.06, 2) == MOST
    assert calls_at_once(0.5, 2) == 8
    assert calls_at_once(3.0, 2) == LEAST


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_a_slower_machine_never_takes_more(one: float, other: float) -> None:
    slow, quick = max(one, other), min(one, other)
    assert LEAST <= calls_at_once(slow, 2) <= calls_at_once(quick, 2) <= MOST
