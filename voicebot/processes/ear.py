"""One caller's ear: frames in, utterances out. Resampling, VAD, endpointing and the short memory that they need.

All times are seconds of the stream (frames come without a gap, so stream time runs with the clock). At most one
utterance and its pre-roll are held in memory, and they are overwritten as soon as they are handed on or the call ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from voicebot.hearing.endpointer import Endpointer, Nothing, SpeechStart, TurnEnd
from voicebot.hearing.endpointer import Speculate as Pause
from voicebot.hearing.resample import Samples, Upsampler, samples_of
from voicebot.hearing.vad import RATE, WINDOW, Vad
from voicebot.ports import Asks, Audio

PRE_ROLL = 0.3
"""Sound kept from before the first voiced window: the first consonant is often too soft for the VAD, s."""

POST_ROLL = 0.2
"""Sound kept after the last voiced window, s; no more than the pause before a speculation."""

MEMORY = 30.0
"""Most sound held, s: one utterance (24 s) and its margins."""

IDLE_MEMORY = 2.0
"""Most sound held while nobody speaks, s: beginnings are noticed late, but not that late."""


@dataclass(frozen=True)
class Started:
    """The caller has begun to speak."""


@dataclass(frozen=True)
class Speculate:
    """A short pause: the utterance so far may be all."""

    utterance: Audio


@dataclass(frozen=True)
class Utterance:
    """The caller's turn is over."""

    audio: Audio
    voiced_seconds: float
    silence_seconds: float
    """Silence waited for before the decision."""
    speculated: bool
    """The last :class:`Speculate` held the same words."""


@dataclass(frozen=True)
class Silence:
    """Nothing was said for as long as the question allows."""


EarEvent = Started | Speculate | Utterance | Silence


class Ear:
    """Hears one caller at ``rate`` Hz (8000 or 16000)."""

    def __init__(self, rate: int, *, pace: float = 1.0) -> None:
        self._upsample = Upsampler() if rate != RATE else None
        self._vad = Vad()
        self._endpointer = Endpointer(pace=pace)
        self._asks: Asks | None = None
        self._sound = np.zeros(int(MEMORY * RATE), np.float32)
        self._kept = 0  # samples held in _sound; their last one was heard at _time
        self._judged = 0  # samples heard and given to the VAD since the call began
        self._time = 0  # samples heard since the call began

    def expect(self, asks: Asks | None) -> None:
        """A prompt that asks ``asks`` begins: its silence does not count yet."""
        self._asks = asks
        self._endpointer.suspend()

    def expect_answer(self) -> None:
        """The prompt is over: the time for an answer starts."""
        self._endpointer.expect(self._asks, self._time / RATE)

    def forget(self) -> None:
        """Drop what is being said: the caller answered by a key."""
        self._endpointer = Endpointer(pace=self._endpointer.pace)
        self._endpointer.expect(self._asks, self._time / RATE)

    def hear(self, pcm: bytes) -> Iterator[EarEvent]:
        """Take sound as s16le at the line's rate and yield what it means."""
        samples = samples_of(pcm)
        if self._upsample is not None:
            samples = self._upsample.push(samples)
        self._remember(samples)
        while self._time - self._judged >= WINDOW:
            window = self._back(self._judged, self._judged + WINDOW)
            self._judged += WINDOW
            for event in self._endpointer.push(self._vad.probability(window), self._judged / RATE):
                match event:
                    case SpeechStart():
                        yield Started()
                    case Pause():
                        yield Speculate(self._cut(event.start, event.end))
                    case TurnEnd():
                        yield Utterance(
                            self._cut(event.start, event.end),
                            event.voiced,
                            event.at - event.end,
                            event.reason != "long",
                        )
                        if not self._endpointer.speaking:
                            self._endpointer.expect(self._asks, self._judged / RATE)
                    case Nothing():
                        yield Silence()

    def wipe(self) -> None:
        """Overwrite the memory."""
        self._sound.fill(0)
        self._kept = 0

    def _remember(self, samples: Samples) -> None:
        size = len(samples)
        if not self._endpointer.speaking and self._kept > 2 * IDLE_MEMORY * RATE:
            self._forget_before(int(IDLE_MEMORY * RATE))
        if self._kept + size > len(self._sound):
            self._forget_before(len(self._sound) - size)
        self._sound[self._kept : self._kept + size] = samples
        self._kept += size
        self._time += size

    def _forget_before(self, keep: int) -> None:
        """Keep the last ``keep`` samples and overwrite the rest."""
        self._sound[:keep] = self._sound[self._kept - keep : self._kept]
        self._sound[keep:] = 0
        self._kept = keep

    def _back(self, start: int, end: int) -> Samples:
        """Samples ``start`` to ``end`` of the call, as far as they are still held."""
        origin = self._time - self._kept
        return self._sound[max(0, start - origin) : max(0, end - origin)]

    def _cut(self, start: float, end: float) -> Audio:
        first = int((start - PRE_ROLL) * RATE)
        last = min(self._time, int((end + POST_ROLL) * RATE))
        sound = self._back(max(0, first), last)
        return Audio(RATE, (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
