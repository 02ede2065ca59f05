"""One caller's ear: frames of the call in, turns out. Nothing is kept but the turn under way (at most 25 s).

Resampling, VAD and endpointer in a row, with the sound of the turn beside them. Time is the sound's own: seconds since
the first frame, so that late or early arrival changes nothing.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from voicebot.hearing.endpointer import LONGEST, SPECULATE, Endpointer, Event, Speculate, TurnEnd
from voicebot.hearing.resample import RATE, Upsampler, samples_of
from voicebot.hearing.vad import WINDOW, WINDOW_SECONDS, Vad
from voicebot.ports import Audio

PRE_ROLL = 0.3
"""Sound kept from before the first voiced window, s: VAD finds a soft first consonant late."""

DITHER = 15 / 32768
"""Deviation of the noise under the sound that the VAD is given (−67 dB of full scale), never under what is recognised.
Over digital silence, which no telephone network had but ours may, Silero misses one short word in ten; with it, one in
fifty, and turns end no later (measured on eleven espeak-ng voices)."""

_NOISE = np.random.default_rng(0).normal(0, DITHER, (31, WINDOW)).astype(np.float32)

_KEPT = int((LONGEST + 1.0) / WINDOW_SECONDS)  # windows: the longest turn, its pre-roll, and the pause that ends it

Samples = npt.NDArray[np.float32]


class Ear:
    """Hears one call at 8000 or 16000 Hz.

    Raises:
        ValueError: another rate.
    """

    def __init__(self, rate: int, *, pace: float = 1.0) -> None:
        if rate not in (8000, RATE):
            raise ValueError(f"a call is heard at 8000 or 16000 Hz, not {rate}")
        self.endpointer = Endpointer(window=WINDOW_SECONDS, pace=pace)
        self._vad = Vad()
        self._upsampler = Upsampler() if rate == 8000 else None
        self._rest = np.zeros(0, np.float32)
        self._windows: deque[Samples] = deque(maxlen=_KEPT)
        self._count = 0  # windows heard so far

    @property
    def time(self) -> float:
        """Seconds of sound heard."""
        return self._count * WINDOW_SECONDS

    def hear(self, pcm: bytes) -> list[Event]:
        """Take one frame of s16le (20 ms, but any length will do)."""
        samples = samples_of(pcm)
        if self._upsampler:
            samples = self._upsampler.push(samples)
        self._rest = np.concatenate((self._rest, samples))
        events: list[Event] = []
        while len(self._rest) >= WINDOW:
            window, self._rest = self._rest[:WINDOW].copy(), self._rest[WINDOW:]
            self._windows.append(window)
            probability = self._vad.probability(window + _NOISE[self._count % len(_NOISE)])
            self._count += 1
            events += self.endpointer.push(probability, self.time)
        return events

    def utterance(self, turn: Speculate | TurnEnd) -> Audio:
        """The sound of a turn at 16 kHz, pre-roll and 200 ms of the pause included. To be asked at the event.

        A `Speculate` and the `TurnEnd` with the same ``end`` give the same samples, so one recognition serves both.
        """
        first = round((turn.start - PRE_ROLL) / WINDOW_SECONDS)
        last = round((turn.end + SPECULATE) / WINDOW_SECONDS)
        oldest = self._count - len(self._windows)
        kept = list(self._windows)[max(0, first - oldest) : max(0, last - oldest)]
        sound = np.concatenate(kept) if kept else np.zeros(0, np.float32)
        return Audio(RATE, (np.clip(sound, -1, 32767 / 32768) * 32768).astype("<i2").tobytes())

    def forget(self) -> None:
        """Overwrite and drop the sound that is kept."""
        for window in (*self._windows, self._rest):
            window.fill(0)
        self._vad.forget()
        if self._upsampler:
            self._upsampler.forget()
        self._windows.clear()
        self._rest = np.zeros(0, np.float32)
