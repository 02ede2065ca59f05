"""A synthesiser's rate to the rate of the call, chunk by chunk: the polyphase FIR of `scipy.signal.resample_poly`."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, gcd

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin, upfirdn

from voicebot.ports import Audio

Samples = npt.NDArray[np.float32]


def samples_of(pcm: bytes) -> Samples:
    """s16le PCM as floats from −1 to 1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


def pcm(samples: Samples, rate: int) -> Iterator[Audio]:
    """Floats as one piece of sound, or none where there are none."""
    if len(samples):
        yield Audio(rate, (np.clip(samples, -1, 32767 / 32768) * 32768).astype("<i2").tobytes())


class Resampler:
    """Streams one sound from ``source`` to ``target`` Hz, without delay: `finish` gives the last samples."""

    def __init__(self, source: int, target: int) -> None:
        divisor = gcd(source, target)
        self._up, self._down = target // divisor, source // divisor
        widest = max(self._up, self._down)
        self._half = self._down * ceil(10 * widest / self._down) if widest > 1 else 0
        taps = firwin(2 * self._half + 1, 1 / widest, window=("kaiser", 5.0)) if widest > 1 else np.ones(1)
        self._taps = (taps * self._up).astype(np.float32)
        self._buffer = np.zeros(0, np.float32)
        self._taken = 0  # inputs so far
        self._first = 0  # index of the buffer's first input, a multiple of `down`
        self._next = self._half // self._down  # index of the next output; the filter's delay is left out

    def push(self, samples: Samples) -> Samples:
        """What can be told of the output so far."""
        if self._up == self._down:
            return samples
        self._taken += len(samples)
        self._buffer = np.concatenate((self._buffer, samples))
        return self._emit((self._first + len(self._buffer) - 1) * self._up // self._down + 1)

    def finish(self) -> Samples:
        """The rest of the output: altogether ``ceil(inputs * target / source)`` samples."""
        if self._up == self._down:
            return np.zeros(0, np.float32)
        self._buffer = np.concatenate((self._buffer, np.zeros(2 * self._half // self._up + 2, np.float32)))
        return self._emit(ceil(self._taken * self._up / self._down) + self._half // self._down)

    def _emit(self, end: int) -> Samples:
        """Outputs from the next one up to ``end``; inputs that no later output needs are dropped."""
        if end <= self._next or not len(self._buffer):
            return np.zeros(0, np.float32)
        offset = self._first // self._down * self._up
        filtered = upfirdn(self._taps, self._buffer, self._up, self._down)
        output = filtered[self._next - offset : end - offset].astype(np.float32)
        self._next = end
        needed = max(0, (self._next * self._down - 2 * self._half) // self._up) // self._down * self._down
        if needed > self._first:
            self._buffer = self._buffer[needed - self._first :]
            self._first = needed
        return output
