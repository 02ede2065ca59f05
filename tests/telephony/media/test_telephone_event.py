"""Each key press is reported once, whatever the network does to its packets."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from telephony.media.rtp import RtpPacket
from telephony.media.telephone_event import DIGITS, KeyReceiver, TelephoneEvent, key_packets

digits = st.sampled_from("0123456789*#")


def stream(keys: str, start: int = 5000, pause: int = 1600) -> list[list[RtpPacket]]:
    """The packets of presses that follow each other, one list for each press."""
    presses = []
    timestamp, sequence = start, 10
    for key in keys:
        press = []
        for packet in key_packets(key):
            for _ in range(packet.copies):
                press.append(
                    RtpPacket(101, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 1, packet.payload, packet.marker)
                )
                sequence += 1
        presses.append(press)
        timestamp += 160 * 8 + pause
    return presses


def receive(packets: list[RtpPacket]) -> str:
    receiver = KeyReceiver()
    return "".join(filter(None, map(receiver.receive, packets)))


def test_a_press_is_three_ends_and_a_growing_duration() -> None:
    events = [TelephoneEvent.parse(packet.payload) for packet in key_packets("5", milliseconds=100)]
    assert [event.duration for event in events if event] == [160, 320, 480, 640, 800]
    assert [event.end for event in events if event] == [False] * 4 + [True]
    assert [packet.copies for packet in key_packets("5", milliseconds=100)] == [1, 1, 1, 1, 3]
    assert [packet.marker for packet in key_packets("5", milliseconds=100)] == [True] + [False] * 4
    assert next(key_packets("#")).payload == bytes([11, 10, 0, 160])


@given(st.text("0123456789*#", max_size=20), st.integers(0, 2**32 - 1))
def test_every_press_is_reported_once(keys: str, start: int) -> None:
    assert receive([packet for press in stream(keys, start) for packet in press]) == keys


@given(st.text("0123456789*#", min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_one_packet_of_a_press_is_enough(keys: str, chance: random.Random) -> None:
    lossy = [packet for press in stream(keys) for packet in sorted(chance.sample(press, 1), key=lambda p: p.sequence)]
    heard = receive(lossy)
    # Where a press lost its end and the next one of the same key its beginning, both look like one that lasts.
    assert len(heard) <= len(keys)
    for first, second in pairwise(keys):
        assert first == second or (first in heard and second in heard)


@given(st.text("0123456789*#", min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_duplicates_and_order_do_not_matter_within_a_press(keys: str, chance: random.Random) -> None:
    packets = []
    for press in stream(keys):
        twice = press + chance.sample(press, 3)
        chance.shuffle(twice)
        packets += twice
    assert receive(packets) == keys


def test_the_same_key_twice_is_two_presses() -> None:
    assert receive([packet for press in stream("77") for packet in press]) == "77"


def test_a_late_packet_of_an_earlier_press_is_no_press() -> None:
    first, second = stream("12")
    assert receive([*first, *second, first[-1]]) == "12"


def test_a_stream_that_begins_anew_with_low_timestamps_is_heard() -> None:
    first, second = stream("1", start=2**31 - 5)[0], stream("2", start=100)[0]
    assert receive([*first, *second]) == "12"


def test_a_key_held_down_goes_on_in_another_segment() -> None:
    held = TelephoneEvent(1, False, 10, 0xFFFF).serialise()
    go_on = TelephoneEvent(1, False, 10, 160).serialise()
    packets = [RtpPacket(101, 1, 1000, 1, held, True), RtpPacket(101, 2, 1000 + 0xFFFF, 1, go_on)]
    assert receive(packets) == "1"


def test_a_sender_that_moves_the_timestamp_on_presses_once() -> None:
    packets = [
        RtpPacket(101, n, 1000 + 160 * n, 1, TelephoneEvent(4, n == 5, 10, 160 * (n + 1)).serialise(), n == 0)
        for n in range(6)
    ]
    assert receive(packets) == "4"


def test_letters_and_other_events_are_known_to_the_digits_only() -> None:
    assert DIGITS[12:] == "ABCD"
    assert KeyReceiver().receive(RtpPacket(101, 1, 1, 1, bytes([16, 10, 0, 160]))) is None


@given(st.lists(st.tuples(st.binary(max_size=8), st.integers(0, 2**32 - 1), st.booleans()), max_size=30))
def test_garbage_is_no_key_or_a_key_and_nothing_else(items: list[tuple[bytes, int, bool]]) -> None:
    receiver = KeyReceiver()
    for payload, timestamp, marker in items:
        assert receiver.receive(RtpPacket(101, 1, timestamp, 1, payload, marker)) in (None, *DIGITS)
