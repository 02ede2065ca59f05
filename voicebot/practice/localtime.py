"""Wall time ↔ UTC minutes. Rules speak wall time, collisions are counted in UTC minutes since the epoch."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


def exists(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether a naive wall time exists: 2026-03-29 02:30 does not in Paris."""
    return to_wall(to_utc(wall, zone), zone) == wall.replace(second=0, microsecond=0)


def to_utc(wall: datetime, zone: ZoneInfo) -> int:
    """UTC minute of a naive wall time (``fold`` is honoured; by default the first of two equal times)."""
    return (wall.replace(tzinfo=zone) - _EPOCH) // _MINUTE


@lru_cache(maxsize=32_768)  # the starts of a few weeks, which searches of every motive ask for again and again
def to_wall(minute: int, zone: ZoneInfo) -> datetime:
    """Naive wall time of a UTC minute."""
    return datetime.fromtimestamp(minute * 60, zone).replace(tzinfo=None, fold=0)


def boundary(wall: datetime, zone: ZoneInfo) -> int:
    """UTC minute at which a rule that says ``wall`` takes effect: inside a gap, the end of the gap."""
    minute = to_utc(wall, zone)
    if to_wall(minute, zone) == wall:
        return minute
    # In a gap, fold 0 reads the offset before it and fold 1 the one after; the gap ends where the two agree.
    before = wall.replace(tzinfo=zone, fold=0).utcoffset()
    after = wall.replace(tzinfo=zone, fold=1).utcoffset()
    assert before is not None
    assert after is not None
    low, high = minute - (after - before) // _MINUTE, minute
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle * 60, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def at_minute(day: date, minute: int) -> datetime:
    """Naive wall time ``minute`` minutes of the clock after the midnight of ``day`` (above 1440: the next day)."""
    return datetime.combine(day, time()) + timedelta(minutes=minute)
