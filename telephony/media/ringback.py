"""The tone that a caller hears while someone else's telephone rings: the French one (ITU-T E.180 Supplement 2)."""

from __future__ import annotations

import numpy as np

from telephony.media.g711 import Samples

FREQUENCY = 440.0
"""Hz."""
ON, OFF = 1.5, 3.5
"""Cadence, s."""
LEVEL = 0.06
"""Amplitude, of full scale: about −27 dBm0, well below speech."""
RAMP = 0.005
"""Fade at both ends, against clicks, s."""


def ringback(rate: int) -> Samples:
    """One period of the tone at ``rate`` Hz: 1.5 s of sound, 3.5 s of silence."""
    time = np.arange(round(ON * rate)) / rate
    fade = np.clip(np.minimum(time, ON - time) / RAMP, 0, 1)
    tone = LEVEL * 32767 * fade * np.sin(2 * np.pi * FREQUENCY * time)
    return np.concatenate((tone, np.zeros(round(OFF * rate)))).astype(np.int16)
