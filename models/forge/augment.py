"""From clean synthetic speech to what arrives over a telephone or a browser: band, codec, room, noise, level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.fft import next_fast_len
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from models.forge.features import RATE

Array = npt.NDArray[np.float32]

_TELEPHONE_SHARE = 0.65
_LAWS = ("alaw", "ulaw")


def trim(speech: Array) -> Array:
    """Cut what is below 1 % of the peak at both ends, as a voice activity detector does."""
    loud = np.flatnonzero(np.abs(speech) > 0.01 * np.abs(speech).max())
    return speech[loud[0] : loud[-1] + 1]


def coloured_noise(length: int, slope: float, rng: np.random.Generator) -> Array:
    """Noise of unit power whose spectrum falls as 1/f^slope."""
    fast = next_fast_len(length, real=True)
    spectrum = np.fft.rfft(rng.standard_normal(fast))
    bins = np.maximum(np.arange(len(spectrum)), 1)
    noise: Array = np.fft.irfft(spectrum / bins ** (slope / 2), fast)[:length].astype(np.float32)
    noise /= noise.std() + np.float32(1e-9)
    return noise


def companded(samples: Array, law: str) -> Array:
    """What eight-bit A-law or µ-law companding leaves of `samples` (ITU-T G.711, the continuous curves)."""
    magnitude = np.minimum(np.abs(samples), 1.0)
    if law == "ulaw":
        code = np.round(np.log1p(255 * magnitude) / np.log(256) * 127) / 127
        decoded = np.expm1(code * np.log(256)) / 255
    else:
        a, scale = 87.6, 1 + np.log(87.6)
        code = np.where(magnitude < 1 / a, a * magnitude, 1 + np.log(np.maximum(a * magnitude, 1))) / scale
        code = np.round(code * 127) / 127 * scale
        decoded = np.where(code < 1, code / a, np.exp(code - 1) / a)
    result: Array = (np.sign(samples) * decoded).astype(np.float32)
    return result


class Line:
    """A line with a memory of earlier speech, which it lets babble in the background."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._babble: list[Array] = []

    def carry(self, speech: Array, rate: int) -> tuple[Array, float, float]:
        """Speech at `rate` hertz → what arrives at 16 kHz, with the start and end of the speech in seconds."""
        rng = self._rng
        telephone = rng.random() < _TELEPHONE_SHARE
        band = 8000 if telephone else RATE
        x = self._resampled(speech, rate, band)
        if rng.random() < 0.15:
            x = self._reverberated(x, band)
        before, after = int(band * rng.uniform(0.08, 0.5)), int(band * rng.uniform(0.1, 0.8))
        x = np.concatenate([np.zeros(before, np.float32), x, np.zeros(after, np.float32)])
        level = float(np.sqrt((x[before : len(x) - after] ** 2).mean())) + 1e-6
        x = self._noisy(x, level, before, band)
        x = x / (np.abs(x).max() + 1e-6) * 10 ** (-rng.uniform(0, 24) / 20)
        if telephone:
            x = self._through_telephone(x)
        elif rng.random() < 0.3:
            x = sosfilt(butter(4, rng.uniform(5000, 7600), "low", fs=RATE, output="sos"), x)
        return x.astype(np.float32), before / band, (before + len(x) * band / RATE - before - after) / band

    def silence(self) -> Array:
        """A stretch without speech, as 16 kHz samples: noise, now and then with a tone."""
        rng = self._rng
        length = int(RATE * rng.uniform(0.5, 6))
        x = coloured_noise(length, rng.choice((0.0, 1.0, 1.5, 2.0)), rng) * 10 ** (-rng.uniform(15, 70) / 20) * 0.3
        if rng.random() < 0.3:
            tone = np.sin(np.arange(length) * 2 * np.pi * rng.choice((50, 440, 425, 1000)) / RATE)
            x = x + tone * 10 ** (-rng.uniform(10, 40) / 20)
        if rng.random() < 0.6:
            x = resample_poly(companded(resample_poly(x, 1, 2), str(rng.choice(_LAWS))), 2, 1)
        return x.astype(np.float32)

    def _resampled(self, speech: Array, rate: int, band: int) -> Array:
        tempo = self._rng.uniform(0.93, 1.07) if self._rng.random() < 0.4 else 1.0
        return resample_poly(speech, round(band / 100 / tempo), rate // 100).astype(np.float32)

    def _reverberated(self, x: Array, band: int) -> Array:
        rng = self._rng
        times = np.arange(int(band * 0.25)) / band
        tail = rng.standard_normal(len(times)) * np.exp(-times / rng.uniform(0.02, 0.08))
        tail[0] = 0
        wet = fftconvolve(x, tail / np.sqrt((tail**2).sum()) * rng.uniform(0.1, 0.5))[: len(x)]
        return (x + wet).astype(np.float32)

    def _noisy(self, x: Array, level: float, before: int, band: int) -> Array:
        rng = self._rng
        if rng.random() < 0.85:
            ratio = 10 ** (-rng.uniform(8, 50) / 20)
            x = x + coloured_noise(len(x), rng.choice((0.0, 1.0, 1.0, 1.5)), rng) * level * ratio
        if self._babble and rng.random() < 0.12:
            other = self._babble[rng.integers(len(self._babble))]
            x = x + np.resize(other, len(x)) / (other.std() + 1e-6) * level * 10 ** (-rng.uniform(12, 25) / 20)
        if rng.random() < 0.3:
            self._babble = [*self._babble[-19:], x[before : before + band * 2].copy()]
        return x

    def _through_telephone(self, x: Array) -> Array:
        rng = self._rng
        if rng.random() < 0.8:
            edges = [rng.uniform(150, 350), rng.uniform(3200, 3800)]
            band = butter(int(rng.choice((1, 2))), edges, "band", fs=8000, output="sos")
            x = sosfilt(band, x).astype(np.float32)
        return resample_poly(companded(x, str(rng.choice(_LAWS, p=(0.8, 0.2)))), 2, 1).astype(np.float32)
