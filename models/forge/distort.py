"""Distortions of log-mel features, drawn afresh each time an utterance is used: tempo, throat, noise, level, gaps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.forge.features import FLOOR, MAX_FRAMES, MELS

Array = npt.NDArray[np.float32]


def distorted(mel: Array, rng: np.random.Generator) -> Array:
    """A distorted copy of `mel` [80, frames]; the number of frames may change by a tenth."""
    if rng.random() < 0.4:
        mel = _stretched(mel, rng.uniform(0.9, 1.12))
    if rng.random() < 0.5:
        mel = _warped(mel, rng.uniform(0.92, 1.08))
    if rng.random() < 0.25:
        mel = _noisy(mel, rng)
    mel = mel + np.float32(rng.uniform(-0.12, 0.12))
    frames = mel.shape[1]
    if rng.random() < 0.5:
        width = rng.integers(1, 13)
        at = rng.integers(0, MELS - width)
        mel[at : at + width] = mel.mean()
    if rng.random() < 0.4 and frames > 60:
        width = rng.integers(1, 7)
        at = rng.integers(0, frames - width)
        mel[:, at : at + width] = mel.mean()
    return mel


def _stretched(mel: Array, factor: float) -> Array:
    """Slower or faster by linear interpolation between frames."""
    frames = mel.shape[1]
    length = min(int(frames * factor), MAX_FRAMES)
    return _at(mel.T, np.linspace(0, frames - 1, length)).T.copy()


def _warped(mel: Array, factor: float) -> Array:
    """A longer or shorter throat: the mel axis is stretched below its knee and squeezed above."""
    bins = np.arange(MELS, dtype=np.float32)
    knee = 0.75 * MELS
    target = min(knee * factor, MELS - 2)
    upper = target + (bins - knee) * (MELS - 1 - target) / (MELS - 1 - knee)
    return _at(mel, np.where(bins < knee, bins * target / knee, upper))


def _at(rows: Array, places: npt.NDArray[np.floating]) -> Array:
    """Rows at fractional places."""
    below = np.minimum(places.astype(np.int64), len(rows) - 2)
    share = (places - below).astype(np.float32)[:, None]
    between: Array = rows[below] * (1 - share) + rows[below + 1] * share
    return between


def _noisy(mel: Array, rng: np.random.Generator) -> Array:
    """Steady noise, 20 to 60 dB below the loudest value, with a slope over the mel axis; powers add."""
    slope = rng.uniform(-0.6, 0.2) * np.arange(MELS, dtype=np.float32)[:, None] / MELS
    jitter = rng.standard_normal(mel.shape, dtype=np.float32) * 0.06
    noise = mel.max() - rng.uniform(0.5, 1.5) + slope + jitter
    louder = np.maximum(mel, noise)
    mixed = louder + np.log10(1 + 10 ** (-4 * np.abs(mel - noise))) / 4
    clamped: Array = np.maximum(mixed, mixed.max() - FLOOR).astype(np.float32)
    return clamped
