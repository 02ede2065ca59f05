"""Change the sampling rate of a stream with a short linear-phase filter: about 1 ms of delay.

Polyphase: each output sample is one dot product with the filter phase that its position asks for. Long filters (soxr
streams hold back 26–66 ms) would be hidden delay at the end of every turn.
"""

from __future__ import annotations

from math import gcd

import numpy as np
import numpy.typing as npt

from telephony.media.g711 import Samples

DELAY = 0.001
"""Half length of the filter, s: the delay that resampling adds."""
KAISER = 5.0
"""Window shape: about 50 dB of stop band."""
PASS = 0.92
"""Where the filter's −6 dB point lies, as a share of the lower rate's half."""


class Resampler:
    """Resamples one mono stream of 16-bit samples from ``source`` to ``target`` Hz.

    Pieces of any length may be given; the pieces that come out join without a seam.
    """

    def __init__(self, source: int, target: int) -> None:
        if source <= 0 or target <= 0:
            raise ValueError("sampling rates are positive")
        common = gcd(source, target)
        self._up, self._down = target // common, source // common
        # The delay is a whole number of source samples, so that the phases stand symmetric around the centre.
        self._reach = max(1, round(DELAY * source))
        taps = 2 * self._reach
        time = (np.arange(self._up)[:, None] / self._up + self._reach - 1 - np.arange(taps)[None, :]) / source
        cutoff = PASS * min(source, target) / 2
        window = np.i0(KAISER * np.sqrt(np.clip(1 - (time * source / self._reach) ** 2, 0, 1)))
        bank = np.sinc(2 * cutoff * time) * window
        self._bank = (bank / bank.sum(axis=1, keepdims=True)).astype(np.float32)
        self._taps = taps
        self._tail: npt.NDArray[np.int16] = np.zeros(taps - 1, np.int16)
        self._position = 0
        """Of the next output sample, in units of 1/up source samples from the start of the next piece."""

    def resample(self, samples: Samples) -> Samples:
        """The samples that this piece makes available."""
        if self._up == self._down or not len(samples):
            return samples
        line = np.concatenate((self._tail, samples))
        end = len(samples) * self._up
        positions = np.arange(self._position, end, self._down)
        self._position = self._position + len(positions) * self._down - end
        self._tail = line[len(line) - (self._taps - 1) :]
        windows = np.lib.stride_tricks.sliding_window_view(line, self._taps)
        chosen = windows[positions // self._up].astype(np.float32)
        result = np.einsum("ij,ij->i", chosen, self._bank[positions % self._up])
        return np.asarray(np.clip(np.rint(result), -32768, 32767), np.int16)
