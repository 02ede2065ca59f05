"""The jitter buffer waits as long as jitter asks for, puts packets into order, and recovers its delay."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.media.jitter import MOST, JitterBuffer

RATE = 8000
FRAME = 160
TICK = 0.02


@dataclass
class Heard:
    """What came out: numbers of packets, None where nothing was there, and the delay of each that played."""

    items: list[int | None]
    delays: list[float]
    buffer: JitterBuffer[int]

    @property
    def numbers(self) -> list[int]:
        return [item for item in self.items if item is not None]


def run(
    arrivals: list[tuple[float, int]],
    *,
    start: int = 0,
    ticks: int | None = None,
    phase: float = 0.003,
    period: float = TICK,
) -> Heard:
    """Feed packets (arrival, number) and take a frame at each tick, catching up when told to."""
    buffer: JitterBuffer[int] = JitterBuffer(RATE)
    heard = Heard([], [], buffer)
    waiting = sorted(arrivals)
    count = ticks if ticks is not None else int(max(at for at, _ in arrivals) / period) + 40
    for tick in range(count):
        now = phase + tick * period
        while waiting and waiting[0][0] <= now:
            at, number = waiting.pop(0)
            buffer.push((start + number * FRAME) % 2**32, FRAME, number, at)
        pulled = buffer.pull(now)
        if pulled is not None and pulled.hurry and (following := buffer.pull(now)) is not None:
            heard.items.append(pulled.item)
            pulled = following
        heard.items.append(None if pulled is None else pulled.item)
        if pulled is not None and (delay := buffer.delay(now + TICK)) is not None:
            heard.delays.append(delay)
    return heard


def regular(count: int) -> list[tuple[float, int]]:
    return [(n * TICK, n) for n in range(count)]


def test_a_steady_stream_plays_in_full_with_less_than_two_frames_of_delay() -> None:
    heard = run(regular(200))
    assert heard.numbers == list(range(200))
    assert max(heard.delays) < 0.035
    first = heard.items.index(0)
    assert heard.items[first : first + 200] == list(range(200))


@given(st.integers(0, 2**32 - 1))
def test_timestamps_may_wrap(start: int) -> None:
    assert run(regular(50), start=start).numbers == list(range(50))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.3))
def test_what_was_lost_is_missing_and_nothing_else(seed: int, loss: float) -> None:
    chance = random.Random(seed)
    arrivals = [(at, n) for at, n in regular(300) if n == 0 or chance.random() >= loss]
    heard = run(arrivals)
    assert heard.numbers == [n for _, n in arrivals]
    assert heard.delays[-1] < 0.1


def test_a_lost_packet_costs_its_own_duration_and_no_lasting_delay() -> None:
    whole, lossy = run(regular(200)), run([item for item in regular(200) if item[1] != 100])
    assert abs(lossy.delays[170] - whole.delays[170]) < 0.001
    after = lossy.items.index(99) + 1
    assert lossy.items[after : after + 2] == [None, 101]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_reordering_within_the_jitter_is_undone(seed: int) -> None:
    chance = random.Random(seed)  # a network's chance: an adversary can make jitter rare until it is forgotten
    arrivals = [(n * TICK + chance.choice([0.0, 0.0, 0.045]), n) for n in range(400)]
    heard = run(arrivals)
    assert heard.numbers == sorted(heard.numbers)
    # While the target is still learnt a few packets may come too late; after two seconds none does.
    late = set(range(400)) - set(heard.numbers)
    assert all(n < 100 for n in late)
    assert len(late) < 10


def test_delay_recovers_after_a_burst() -> None:
    # The network stands still for 240 ms and then brings everything at once.
    arrivals = [(max(n * TICK, 2.24) if 100 <= n < 112 else n * TICK, n) for n in range(700)]
    heard = run(arrivals)
    assert heard.numbers == list(range(700)), "nothing that arrived was thrown away"
    assert max(heard.delays[100:140]) > 0.15
    assert heard.delays[400] < 0.05
    assert heard.delays[600] < 0.035


def test_the_target_follows_jitter_up_and_down() -> None:
    chance = random.Random(3)
    arrivals = [(n * TICK + (chance.uniform(0, 0.08) if 200 <= n < 400 else 0), n) for n in range(1000)]
    heard = run(arrivals)
    assert heard.delays[150] < 0.035
    assert 0.05 < heard.delays[390] < 0.14
    assert heard.delays[900] < 0.05
    missing = set(range(1000)) - set(heard.numbers)
    assert len(missing) < 20


@settings(deadline=None, max_examples=20)
@given(st.floats(-0.002, 0.002))
def test_clocks_that_drift_apart_neither_fill_nor_starve_it(drift: float) -> None:
    arrivals = [(n * TICK * (1 + drift), n) for n in range(1500)]
    heard = run(arrivals)
    assert heard.numbers == list(range(1500))
    assert max(heard.delays) < 0.08


def test_a_sender_that_pauses_starts_again_without_delay() -> None:
    arrivals = [(n * TICK, n) for n in (*range(50), *range(150, 250))]
    heard = run(arrivals)
    assert heard.numbers == [n for _, n in arrivals]
    assert heard.delays[-1] < 0.035


def test_a_sender_that_begins_anew_is_followed() -> None:
    arrivals = regular(50) + [(1.0 + n * TICK, 10_000_000 + n) for n in range(100)]
    heard = run(arrivals)
    assert heard.numbers[-100:] == [10_000_000 + n for n in range(100)]
    assert heard.delays[-1] < 0.035


def test_packets_of_other_durations_play_at_their_pace() -> None:
    for packet in (80, 240, 480):
        buffer: JitterBuffer[int] = JitterBuffer(RATE)
        played = []
        for number in range(100):
            arrival = number * packet / RATE
            buffer.push(number * packet, packet, number, arrival)
            if (pulled := buffer.pull(arrival + 0.015)) is not None:
                played.append(pulled.item)
        assert played == list(range(100))


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**32 - 1) | st.integers(0, 50_000), st.integers(0, 6000), st.floats(0, 1), st.booleans()
        ),
        max_size=200,
    )
)
def test_it_stays_bounded_and_in_order_whatever_comes(steps: list[tuple[int, int, float, bool]]) -> None:
    buffer: JitterBuffer[int] = JitterBuffer(RATE)
    now = 0.0
    for number, (timestamp, duration, later, pull) in enumerate(steps):
        now += later
        buffer.push(timestamp, duration, number, now)
        assert len(buffer._waiting) <= 256
        assert buffer._waiting == sorted(buffer._waiting, key=lambda entry: entry[0])
        span = buffer._waiting[-1][0] - buffer._waiting[0][0] if buffer._waiting else 0
        assert span <= 2 * MOST * RATE
        if pull:
            buffer.pull(now)
    counts = buffer.counts
    assert counts.played + counts.late + counts.dropped + len(buffer._waiting) <= counts.received == len(steps)
