"""How long a window Whisper is given. Pure.

CTranslate2's encoder takes any length up to the model's positions; thirty seconds of silence for a « oui » cost twenty
times the work.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt

from voicebot.hearing.settings import WhisperSettings

Samples = npt.NDArray[np.float32]


def short_window(samples: int, settings: WhisperSettings, *, rate: int, hop: int, mels: int) -> int:
    """Frames of the window for ``samples`` of speech: speech and trailing silence, within the settings' bounds."""
    seconds = min(max(samples / rate + settings.trailing, settings.shortest), settings.longest)
    return _frames(max(seconds, samples / rate), settings, rate=rate, hop=hop, mels=mels)


def long_window(samples: int, settings: WhisperSettings, *, rate: int, hop: int, mels: int) -> int:
    """Frames of the window for a second try."""
    seconds = min(settings.second_try, settings.longest)
    return _frames(max(seconds, samples / rate), settings, rate=rate, hop=hop, mels=mels)


def _frames(seconds: float, settings: WhisperSettings, *, rate: int, hop: int, mels: int) -> int:
    """Round up to whole multiples, and never to 2·mels frames: there CTranslate2's `generate` takes the encoder's
    output, as long as the mel is high, for a mel and silently encodes it again."""
    frames = ceil(round(seconds * rate / hop, 3) / settings.frames) * settings.frames
    while frames in (2 * mels - 1, 2 * mels):
        frames += settings.frames
    return frames


def cut(samples: Samples, longest: int, *, rate: int) -> list[Samples]:
    """Cut speech into parts of at most ``longest`` samples, each at the quietest 20 ms of its last 40 %."""
    parts: list[Samples] = []
    block = rate // 50
    while len(samples) > longest:
        first = int(longest * 0.6) // block
        blocks = samples[first * block : longest // block * block].reshape(-1, block)
        quietest = first + int(np.argmin(np.square(blocks).sum(axis=1)))
        middle = quietest * block + block // 2
        parts.append(samples[:middle])
        samples = samples[middle:]
    parts.append(samples)
    return parts
