"""The log-mel features of the miniature: faster-whisper's own extractor with a hop of 20 ms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from faster_whisper.feature_extractor import FeatureExtractor

RATE = 16_000
HOP = 320  # samples: a frame every 20 ms, half of Whisper's rate, so half of its positions
MELS = 80
SECONDS = 8  # the longest utterance; 400 frames, 200 encoder positions
MAX_FRAMES = RATE * SECONDS // HOP
FLOOR = 2.0  # silence lies this far below the loudest value: faster-whisper clamps at 8 decades and divides by 4

Array = npt.NDArray[np.float32]


def preprocessor_config() -> dict[str, Any]:
    """`preprocessor_config.json`, which faster-whisper honours."""
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": MELS,
        "sampling_rate": RATE,
        "hop_length": HOP,
        "chunk_length": SECONDS,
        "n_fft": 400,
        "padding_value": 0.0,
    }


def extractor() -> FeatureExtractor:
    """The extractor that the product uses with this model."""
    return FeatureExtractor(feature_size=MELS, hop_length=HOP, chunk_length=SECONDS, n_fft=400)


_EXTRACTOR = extractor()


def log_mel(samples: Array) -> Array:
    """16 kHz mono samples in [-1, 1] → [80, frames]; a frame starts every 320 samples."""
    features: Array = _EXTRACTOR(samples, padding=0).astype(np.float32)
    return features
