"""Hide lost sound: repeat the last pitch period and fade out, then blend into the sound that comes back.

After the idea of ITU-T G.711 Appendix I, simplified: no look-ahead, hence no delay.
"""

from __future__ import annotations

import numpy as np

from telephony.media.g711 import Samples

HISTORY = 0.040
"""Sound kept to repeat from, s."""
TEMPLATE = 0.010
SHORTEST, LONGEST = 0.0025, 0.015
"""Pitch periods that are looked for, s (66–400 Hz)."""
HOLD, SILENT = 0.010, 0.060
"""Full volume until HOLD, silent from SILENT, s."""
BLEND = 0.005
"""Blending when sound comes back, s."""
QUIET = 200.0
"""Root mean square of a frame below which nobody misses it (about −44 dBFS)."""


class Concealer:
    """Conceals the losses of one stream of mono samples at ``rate`` Hz."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._history = np.zeros(int(HISTORY * rate), np.int16)
        self._lost = 0
        """Samples concealed since the last good one."""
        self._period = 0

    def good(self, samples: Samples) -> Samples:
        """Pass received samples on, blended with what was made up before them."""
        if self._lost:
            length = min(int(BLEND * self._rate), len(samples))
            made_up = self.conceal(length).astype(np.float32)
            ramp = np.linspace(0, 1, length, dtype=np.float32)
            samples = samples.copy()
            samples[:length] = made_up * (1 - ramp) + samples[:length] * ramp
            self._lost = 0
        self._history = np.concatenate((self._history, samples))[-len(self._history) :]
        return samples

    def conceal(self, count: int) -> Samples:
        """``count`` made-up samples that follow what was last heard."""
        if self._lost >= SILENT * self._rate:
            self._lost += count
            return np.zeros(count, np.int16)
        if not self._lost:
            self._period = self._pitch()
        positions = np.arange(self._lost, self._lost + count)
        self._lost += count
        repeated = self._history[-self._period :][positions % self._period]
        fade = np.clip((SILENT * self._rate - positions) / ((SILENT - HOLD) * self._rate), 0, 1)
        return np.asarray(repeated * fade, np.int16)

    def _pitch(self) -> int:
        """The lag, in samples, at which the last sound resembles itself most."""
        history = self._history.astype(np.float32)
        size, longest = int(TEMPLATE * self._rate), int(LONGEST * self._rate)
        recent = history[-(size + longest) :]
        template = recent[-size:]
        likeness = np.correlate(recent, template, "valid")  # index i is lag longest − i
        energy = np.convolve(recent**2, np.ones(size, np.float32), "valid")
        score = likeness / np.sqrt(energy + 1)
        candidates = score[: longest - int(SHORTEST * self._rate) + 1]
        return longest - int(np.argmax(candidates))


def is_quiet(samples: Samples) -> bool:
    """Whether a frame may be left out unheard."""
    return bool(np.sqrt(np.mean(samples.astype(np.float32) ** 2)) < QUIET)


def merge(first: Samples, second: Samples) -> Samples:
    """Two frames of equal length played in the time of one, to catch up: the first fades into the second."""
    ramp = np.linspace(0, 1, len(first), dtype=np.float32)
    return np.asarray(first * (1 - ramp) + second * ramp, np.int16)
