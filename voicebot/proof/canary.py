"""The canary: two tones that no voice makes together, sent by the callers of a proof under and between their words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

TONES = (1313.0, 2087.0)
"""Frequencies of the two tones, Hz: inside the telephone band, not harmonics of one another nor of key tones."""

FLOOR = 400.0
"""Amplitude of each tone all the time, of 32768: it fills the gaps between words and does not hide them."""
BURST = 5000.0
"""Amplitude of each tone while the caller says nothing of meaning (the announcement), of 32768."""

Samples = npt.NDArray[np.int16]


class Canary:
    """The two tones without a break of phase, at one rate."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._at = 0

    def under(self, samples: Samples, level: float = FLOOR) -> Samples:
        """The next stretch of sound with both tones mixed in (clipped to 16 bits)."""
        at = np.arange(self._at, self._at + len(samples)) / self._rate
        self._at += len(samples)
        tones = sum((np.sin(2 * np.pi * tone * at) for tone in TONES), np.zeros(len(samples)))
        mixed = samples.astype(np.float64) + level * tones
        return np.clip(np.round(mixed), -32768, 32767).astype(np.int16)

    def alone(self, seconds: float, level: float = BURST) -> Samples:
        """The next stretch of tones alone."""
        return self.under(np.zeros(round(seconds * self._rate), np.int16), level)
