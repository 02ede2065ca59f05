"""Opus payloads come and go at 16 kHz; a malformed one neither raises nor breaks the stream."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.webrtc.opus import FRAME, RATE, OpusDecoder, OpusEncoder, duration


def sine(hertz: float, seconds: float) -> npt.NDArray[np.int16]:
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(int(RATE * seconds)) / RATE)).astype(np.int16)


def encode(sound: npt.NDArray[np.int16], encoder: OpusEncoder) -> list[bytes]:
    return [encoder.encode(sound[at : at + FRAME]) for at in range(0, len(sound), FRAME)]


@pytest.mark.parametrize(("application", "delay"), [("lowdelay", 0.0045), ("voip", 0.0085)])
def test_sound_survives_with_a_few_milliseconds_of_delay(application: str, delay: float) -> None:
    sound = np.concatenate((np.zeros(RATE // 2, np.int16), sine(440, 0.5)))
    decoder = OpusDecoder()
    payloads = encode(sound, OpusEncoder(application))  # type: ignore[arg-type]
    assert all(duration(payload) == 960 for payload in payloads)
    heard = np.concatenate([decoder.decode(payload) for payload in payloads])
    assert len(heard) == len(sound)
    settled = heard[RATE * 3 // 4 :].astype(float)
    spectrum = np.abs(np.fft.rfft(settled * np.hanning(len(settled))))
    assert np.argmax(spectrum) * RATE / len(settled) == pytest.approx(440, abs=5)
    assert np.std(settled) == pytest.approx(8000 / np.sqrt(2), rel=0.1)
    onset = np.argmax(np.abs(heard) > 2000) / RATE - 0.5
    assert 0 < onset < delay + 0.002


@pytest.mark.parametrize(
    ("payload", "units"),
    [
        (b"", 0),
        (b"\x48", 960),
        (b"\x78\x01", 960),
        (b"\x79\x01", 1920),
        (b"\xfb\x03", 2880),
        (b"\xfb", 0),
        (b"\x1b\x30", 0),
    ],
)
def test_durations_are_read_from_the_first_octets(payload: bytes, units: int) -> None:
    assert duration(payload) == units


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(max_size=60), max_size=6))
def test_garbage_makes_some_sound_or_none_and_the_stream_goes_on(garbage: list[bytes]) -> None:
    decoder = OpusDecoder()
    for payload in garbage:
        assert decoder.decode(payload).dtype == np.int16
    (payload,) = encode(np.zeros(FRAME, np.int16), OpusEncoder())
    assert len(decoder.decode(payload)) == FRAME
