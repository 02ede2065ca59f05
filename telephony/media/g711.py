"""G.711 A-law and µ-law: 16-bit linear samples to octets and back, by tables.

The tables are computed by the rules of ITU-T G.711 as its reference software (G.191) states them, so every one of the
65,536 samples gives the reference's octet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

RATE = 8000
"""Sampling rate and RTP clock rate, Hz."""


@dataclass(frozen=True, eq=False)
class G711:
    """One law. ``payload_type`` is its static RTP payload type (RFC 3551, section 6)."""

    name: str
    payload_type: int
    expand: Samples
    """256 entries: octet to sample."""
    compress: npt.NDArray[np.uint8]
    """65,536 entries: sample seen as unsigned 16 bits to octet."""

    def decode(self, payload: bytes) -> Samples:
        """Octets to samples, 8 kHz."""
        return self.expand[np.frombuffer(payload, np.uint8)]

    def encode(self, samples: Samples) -> bytes:
        """Samples at 8 kHz to octets."""
        return self.compress[samples.view(np.uint16)].tobytes()


def _alaw_expand() -> Samples:
    octets = np.arange(256)
    code = (octets ^ 0x55) & 0x7F
    segment, mantissa = code >> 4, code & 0x0F
    magnitude = (np.where(segment > 0, mantissa + 16, mantissa) << 4) + 8
    magnitude <<= np.maximum(segment - 1, 0)
    return np.where(octets > 127, magnitude, -magnitude).astype(np.int16)


def _alaw_compress() -> npt.NDArray[np.uint8]:
    samples = _all_samples()
    code = np.where(samples < 0, ~samples, samples) >> 4
    segment = np.maximum(_bits(code) - 4, 0)
    mantissa = np.where(segment > 0, (code >> np.maximum(segment - 1, 0)) - 16, code)
    octets = (mantissa + (segment << 4) | np.where(samples >= 0, 0x80, 0)) ^ 0x55
    return np.asarray(octets, np.uint8)


def _ulaw_expand() -> Samples:
    octets = np.arange(256)
    segment, mantissa = (~octets >> 4) & 7, ~octets & 0x0F
    step = 8 << segment
    magnitude = (0x80 << segment) + step * mantissa + step // 2 - 132
    return np.where(octets < 0x80, -magnitude, magnitude).astype(np.int16)


def _ulaw_compress() -> npt.NDArray[np.uint8]:
    samples = _all_samples()
    biased = np.minimum((np.where(samples < 0, ~samples, samples) >> 2) + 33, 0x1FFF)
    segment = np.maximum(_bits(biased) - 5, 1)
    low = 0x0F - ((biased >> segment) & 0x0F)
    octets = ((8 - segment) << 4) | low | np.where(samples >= 0, 0x80, 0)
    return np.asarray(octets, np.uint8)


def _all_samples() -> npt.NDArray[np.int32]:
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)


def _bits(values: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Number of bits up to the highest one that is set."""
    return np.asarray(np.ceil(np.log2(values + 1.0)), np.int64)


PCMA = G711("PCMA", 8, _alaw_expand(), _alaw_compress())
PCMU = G711("PCMU", 0, _ulaw_expand(), _ulaw_compress())
CODECS = {codec.payload_type: codec for codec in (PCMU, PCMA)}
"""By static payload type."""
