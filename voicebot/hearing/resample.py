"""Sound to the 16 kHz that VAD and Whisper take.

The stream from 8 kHz is a half-band FIR in two phases: linear phase, 15 samples at 16 kHz of delay (0.94 ms). Library
*streams* hold back 26–66 ms, which would be endpointing delay that nobody sees.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin, resample_poly

RATE = 16000

Samples = npt.NDArray[np.float32]

_TAPS = 31
_HALF_BAND = 2 * firwin(_TAPS, 0.5, window=("kaiser", 5.0))
_EVEN = _HALF_BAND[0::2].astype(np.float32)  # 16 taps
_ODD = _HALF_BAND[1::2].astype(np.float32)  # 15 taps, zero but the middle one: the input itself
_HISTORY = len(_EVEN) - 1

DELAY = (_TAPS - 1) // 2
"""Delay of `Upsampler`, samples at 16 kHz."""


def samples_of(pcm: bytes) -> Samples:
    """s16le PCM as floats from −1 to 1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


class Upsampler:
    """8 kHz to 16 kHz, chunk by chunk: every sample in gives two out at once."""

    def __init__(self) -> None:
        self._history = np.zeros(_HISTORY, np.float32)

    def push(self, samples: Samples) -> Samples:
        """The next ``2 * len(samples)`` samples at 16 kHz."""
        if not len(samples):
            return np.zeros(0, np.float32)
        line = np.concatenate((self._history, samples))
        self._history = line[-_HISTORY:]
        output = np.empty(2 * len(samples), np.float32)
        output[0::2] = np.convolve(line, _EVEN, mode="valid")
        output[1::2] = np.convolve(line, _ODD, mode="valid")[1:]
        return output

    def forget(self) -> None:
        """Overwrite the samples that are kept for the next ones."""
        self._history.fill(0)


def to_16k(samples: Samples, rate: int) -> Samples:
    """A whole sound from any rate to 16 kHz, without delay."""
    if rate == RATE or not len(samples):
        return samples
    divisor = int(np.gcd(rate, RATE))
    resampled: Samples = resample_poly(samples, RATE // divisor, rate // divisor).astype(np.float32)
    return resampled
