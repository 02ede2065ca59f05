"""Find the canary in bytes: as PCM16, 32-bit float, A-law or µ-law at the usual rates, also written as text.

Text forms are base64 (also URL-safe and wrapped), hexadecimal, and lists of decimal numbers. A hit is a window of 512
samples in which most of the energy lies in both tones; three are needed, so that chance finds none.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft

from telephony.media.g711 import PCMA, PCMU
from voicebot.proof.canary import TONES

WINDOW = 512
"""Samples that are looked at together."""
RATES = (8000, 16000, 22050, 24000, 44100, 48000)
HITS = 3
"""Windows that must hold the canary."""
PORTION = 1 << 22
"""Bytes looked at together."""
SHARE = 0.5
"""Share of a window's energy that the two tones must hold together."""
EACH = 0.06
"""Share that each of them must hold."""

PAGE = 4096
"""Bytes that are left out where all are zero, as most are in the image of a memory."""

Floats = npt.NDArray[np.float32]
_HANN = np.hanning(WINDOW).astype(np.float32)


@dataclass(frozen=True)
class Hit:
    """The canary was found."""

    form: str
    """``pcm16``, ``float32``, ``alaw`` or ``ulaw``, after ``base64 `` and the like for a text form."""
    rate: int
    """Hz."""
    windows: int


def _pcm16(data: bytes) -> Floats:
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32)


def _stereo(data: bytes) -> Floats:
    return _pcm16(data)[::2]


def _float32(data: bytes) -> Floats:
    values = np.frombuffer(data[: len(data) // 4 * 4], "<f4")
    # Bytes that were no floats give huge values or none at all.
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < 1e6, values, np.float32(0)).astype(np.float32)


def _alaw(data: bytes) -> Floats:
    return PCMA.decode(data).astype(np.float32)


def _ulaw(data: bytes) -> Floats:
    return PCMU.decode(data).astype(np.float32)


FORMS: dict[str, tuple[Callable[[bytes], Floats], int]] = {
    "pcm16": (_pcm16, 2),
    "pcm16 stereo": (_stereo, 2),
    "float32": (_float32, 4),
    "alaw": (_alaw, 1),
    "ulaw": (_ulaw, 1),
}
"""Reader and width in bytes of each form; every alignment of the width is tried."""


def scan(data: bytes) -> list[Hit]:
    """Every form in which the canary stands in these bytes."""
    hits = _samples(data)
    for name, decoded in _texts(data):
        hits += [Hit(f"{name} {hit.form}", hit.rate, hit.windows) for hit in _samples(decoded)]
    return hits


def scan_file(path: Path) -> list[Hit]:
    """Every form in which the canary stands in a file."""
    return scan(path.read_bytes())


def _samples(data: bytes) -> list[Hit]:
    found: dict[tuple[str, int], int] = {}
    for start in range(0, len(data), PORTION):
        portion = _without_empty_pages(data[start : start + PORTION])
        for form, (read, width) in FORMS.items():
            for shift in range(width):
                for rate, windows in _windows_with_canary(read(portion[shift:])).items():
                    key = (form, rate)
                    found[key] = found.get(key, 0) + windows
    return [Hit(form, rate, windows) for (form, rate), windows in found.items() if windows >= HITS]


def _without_empty_pages(portion: bytes) -> bytes:
    whole = len(portion) // PAGE * PAGE
    pages = np.frombuffer(portion[:whole], np.uint8).reshape(-1, PAGE)
    return pages[pages.any(axis=1)].tobytes() + portion[whole:]


def _windows_with_canary(samples: Floats) -> dict[int, int]:
    count = len(samples) // WINDOW
    if not count:
        return {}
    blocks = samples[: count * WINDOW].reshape(count, WINDOW)
    blocks = blocks[np.ptp(blocks, axis=1) > 0]
    power = np.abs(rfft(blocks * _HANN, axis=1)) ** 2
    power[:, :2] = 0  # a constant is no sound
    total = power.sum(axis=1)
    found = {}
    for rate in RATES:
        shares = []
        for tone in TONES:
            middle = tone * WINDOW / rate
            band = power[:, max(0, int(middle) - 1) : int(middle) + 3]
            with np.errstate(invalid="ignore", divide="ignore"):
                shares.append(band.sum(axis=1) / total)
        low, high = shares
        found[rate] = int(np.count_nonzero((low + high > SHARE) & (low > EACH) & (high > EACH)))
    return {rate: windows for rate, windows in found.items() if windows}


_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){40,}")
_NUMBERS = re.compile(rb"(?:-?\d+(?:\.\d*)?(?:e-?\d+)?[,;\s\[\]]+){40,}")


def _texts(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What text in these bytes stands for: runs of each form, one after another."""
    runs = [_unbase64(match[0]) for match in _BASE64.finditer(data)]
    if runs:
        yield "base64", b"".join(runs)
    runs = [binascii.unhexlify(match[0]) for match in _HEX.finditer(data)]
    if runs:
        yield "hex", b"".join(runs)
    numbers = b" ".join(match[0] for match in _NUMBERS.finditer(data))
    if numbers:
        values = np.array([float(number) for number in re.findall(rb"-?\d+(?:\.\d*)?(?:e-?\d+)?", numbers)])
        yield "numbers", values.astype("<f4").tobytes()


def _unbase64(run: bytes) -> bytes:
    plain = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(plain[: len(plain) // 4 * 4])
