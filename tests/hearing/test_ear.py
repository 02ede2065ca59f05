"""Frames of a call become turns; espeak-ng speaks, Silero listens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import resample_poly

from voicebot.hearing.ear import PRE_ROLL, Ear
from voicebot.hearing.endpointer import LONGEST, SPECULATE, Event, Nothing, Speculate, SpeechStart, TurnEnd
from voicebot.hearing.resample import samples_of
from voicebot.ports import Audio
from voicebot.speaking.espeak import Espeak

Pcm = npt.NDArray[np.int16]


def spoken(text: str, rate: int, voice: str = "fr+m3") -> Pcm:
    samples, source = Espeak().synthesise(text, voice=voice)
    divisor = np.gcd(source, rate)
    return resample_poly(samples.astype(np.float32), rate // divisor, source // divisor).astype("<i2")


def silence(seconds: float, rate: int) -> Pcm:
    return np.zeros(int(seconds * rate), "<i2")


def hear(ear: Ear, pcm: Pcm, rate: int) -> list[tuple[Event, Audio | None]]:
    heard: list[tuple[Event, Audio | None]] = []
    for frame in Audio(rate, pcm.tobytes()).frames():
        for event in ear.hear(frame):
            heard.append((event, ear.utterance(event) if isinstance(event, Speculate | TurnEnd) else None))
    return heard


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_turn_is_cut_out_of_the_call_with_its_first_consonant(rate: int) -> None:
    ear = Ear(rate)
    ear.endpointer.expect("confirm", at=0.0)
    speech = spoken("Non, pas du tout.", rate)
    heard = hear(ear, np.concatenate((silence(1.0, rate), speech, silence(1.0, rate))), rate)
    assert [type(event) for event, _ in heard if not isinstance(event, Speculate)] == [SpeechStart, TurnEnd]
    end, audio = heard[-1]
    assert isinstance(end, TurnEnd)
    assert audio is not None
    assert end.start == pytest.approx(1.0, abs=0.15)
    assert end.end == pytest.approx(1.0 + len(speech) / rate, abs=0.25)
    assert audio.rate == 16000
    assert audio.seconds == pytest.approx(end.end + SPECULATE - end.start + PRE_ROLL, abs=0.04)
    assert np.abs(samples_of(audio.pcm)[:1600]).max() < 0.01  # the pre-roll is the silence before


def test_a_speculation_and_the_end_of_the_turn_hold_the_same_samples() -> None:
    ear = Ear(8000)
    ear.endpointer.expect("spelling", at=0.0)
    heard = hear(ear, np.concatenate((spoken("Bé, i, gé, o, té.", 8000), silence(2.0, 8000))), 8000)
    (_, speculated), (end, whole) = heard[-2:]
    assert isinstance(end, TurnEnd)
    assert speculated is not None
    assert whole is not None
    assert speculated.pcm == whole.pcm


@pytest.mark.parametrize("loudness", [1.0, 0.1])
def test_a_short_yes_or_no_over_digital_silence_is_not_missed(loudness: float) -> None:
    """Held-out voices; the usual rule of two windows from 0.5 on hears nine in ten of them."""
    variants = ("m7", "f4", "f5", "Marco", "Alicia", "steph2", "klatt3", "grandma", "croak", "klatt4")
    missed = []
    for variant in variants:
        for word in ("Oui.", "Non."):
            ear = Ear(8000)
            ear.endpointer.expect("confirm", at=0.0)
            speech = (spoken(word, 8000, f"fr-ch+{variant}") * loudness).astype("<i2")
            heard = hear(ear, np.concatenate((silence(0.5, 8000), speech, silence(1.5, 8000))), 8000)
            if [type(event) for event, _ in heard if isinstance(event, TurnEnd)] != [TurnEnd]:
                missed.append((variant, word))
    assert len(missed) <= 0.05 * 2 * len(variants), missed


def test_nothing_said_is_told() -> None:
    ear = Ear(8000)
    ear.endpointer.expect("confirm", at=ear.time)
    [(event, _)] = hear(ear, silence(10.0, 8000), 8000)
    assert isinstance(event, Nothing)


def test_frames_of_any_length_give_the_same_turns() -> None:
    speech = np.concatenate((spoken("Mardi matin.", 8000), silence(1.5, 8000)))
    turns = []
    for size in (160, 37, 4001):
        ear = Ear(8000)
        ear.endpointer.expect("when", at=0.0)
        turns.append(
            [
                event
                for start in range(0, len(speech), size)
                for event in ear.hear(speech[start : start + size].tobytes())
            ]
        )
    assert turns[0] == turns[1] == turns[2]


def test_an_endless_speaker_fills_no_memory() -> None:
    ear = Ear(8000)
    once = np.concatenate((spoken("Je vous explique encore une fois toute mon histoire de bout en bout", 8000),))
    ends = [
        (event, audio)
        for event, audio in hear(ear, np.tile(once, int(LONGEST * 2.5 * 8000 / len(once)) + 1), 8000)
        if isinstance(event, TurnEnd)
    ]
    assert ends
    for event, audio in ends:
        assert isinstance(event, TurnEnd)
        assert audio is not None
        assert event.reason == "long"
        assert audio.seconds <= 25.0
    assert len(ear._windows) * 0.032 <= 25.1


def test_what_is_forgotten_is_overwritten() -> None:
    ear = Ear(8000)
    hear(ear, spoken("Un secret.", 8000), 8000)
    kept = list(ear._windows)
    ear.forget()
    assert not ear._windows
    assert all(not window.any() for window in kept)


def test_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="8000 or 16000"):
        Ear(44100)
