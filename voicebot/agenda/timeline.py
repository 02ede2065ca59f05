"""A timeline as one integer: bit ``g`` is granule ``g`` (5 minutes of UTC) after an origin.

Unions, intersections and «room for n granules from here» are then a few machine operations for weeks at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from voicebot.practice.schema import GRANULE_MINUTES


def granules(start: int, end: int) -> range:
    """The granules that a half-open span of UTC minutes touches."""
    return range(start // GRANULE_MINUTES, -(-end // GRANULE_MINUTES))


def span(start: int, end: int) -> int:
    """A mask with the bits ``start`` to ``end`` (exclusive) set; parts below zero are cut off."""
    low, high = max(start, 0), max(end, 0)
    return (1 << high) - (1 << low) if high > low else 0


def union(spans: Iterable[tuple[int, int]], origin: int) -> int:
    """A mask of the granules that half-open spans of UTC minutes touch, counted from the granule ``origin``."""
    mask, zero = 0, origin * GRANULE_MINUTES
    for start, end in spans:
        low, high = (start - zero) // GRANULE_MINUTES, -((zero - end) // GRANULE_MINUTES)
        if high > 0:
            mask |= (1 << high) - (1 << max(low, 0))
    return mask


def runs(mask: int, length: int) -> int:
    """The bits at which a run of at least ``length`` set bits begins."""
    have = 1
    while have < length:
        step = min(have, length - have)
        mask &= mask >> step
        have += step
    return mask


def bits(mask: int) -> Iterator[int]:
    """Positions of set bits, ascending."""
    base = 0
    while mask:
        # Words keep the cost of finding the next bit independent of how long the timeline is.
        word = mask & 0xFFFFFFFFFFFFFFFF
        while word:
            low = word & -word
            yield base + low.bit_length() - 1
            word ^= low
        mask >>= 64
        base += 64
