"""G.711 gives the octets of the reference."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.media.g711 import CODECS, G711, PCMA, PCMU

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop  # CPython's own G.711, gone after 3.12: an independent witness

EVERY = np.arange(-32768, 32768).astype(np.int16)

# From the tables of ITU-T G.711: (sample, A-law octet with even bits inverted, µ-law octet).
KNOWN = [
    (0, 0xD5, 0xFF),
    (8, 0xD5, 0xFE),
    (1000, 0xFA, 0xCE),
    (-1000, 0x7A, 0x4E),
    (32767, 0xAA, 0x80),
    (-32768, 0x2A, 0x00),
    (-4, 0x55, 0x7F),
    (-8, 0x55, 0x7E),
]


@pytest.mark.parametrize(("sample", "alaw", "ulaw"), KNOWN)
def test_known_octets(sample: int, alaw: int, ulaw: int) -> None:
    samples = np.array([sample], np.int16)
    assert PCMA.encode(samples) == bytes([alaw])
    assert PCMU.encode(samples) == bytes([ulaw])


def test_every_a_law_octet_is_that_of_an_independent_codec() -> None:
    assert PCMA.encode(EVERY) == audioop.lin2alaw(EVERY.tobytes(), 2)
    assert PCMA.decode(bytes(range(256))).tobytes() == audioop.alaw2lin(bytes(range(256)), 2)


def test_every_mu_law_octet_is_that_of_an_independent_codec_but_at_ties() -> None:
    theirs = np.frombuffer(audioop.lin2ulaw(EVERY.tobytes(), 2), np.uint8)
    ours = np.frombuffer(PCMU.encode(EVERY), np.uint8)
    # The reference complements negative samples where others negate them: one sample in four next to each decision.
    assert np.all(EVERY[ours != theirs] < 0)
    assert np.count_nonzero(ours != theirs) <= 4 * 128
    assert np.max(np.abs(ours.astype(int) - theirs)) == 1
    assert PCMU.decode(bytes(range(256))).tobytes() == audioop.ulaw2lin(bytes(range(256)), 2)


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.name)
def test_octets_survive_a_round_trip(codec: G711) -> None:
    octets = bytes(range(256))
    again = codec.encode(codec.decode(octets))
    # µ-law has two zeros; the negative one becomes the positive one.
    assert [(a, b) for a, b in zip(octets, again, strict=True) if a != b] == ([(0x7F, 0xFF)] if codec is PCMU else [])


@given(st.binary(max_size=400))
def test_any_payload_decodes_to_as_many_samples(payload: bytes) -> None:
    for codec in CODECS.values():
        assert len(codec.decode(payload)) == len(payload)


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.name)
def test_the_error_is_that_of_8_bits(codec: G711) -> None:
    error = codec.decode(codec.encode(EVERY)).astype(int) - EVERY
    assert np.all(np.abs(error) <= np.maximum(16, np.abs(EVERY.astype(int)) // 24 + 4))
