"""Whether the machine's clock can be relied on: the kernel knows whether a time server keeps it."""

from __future__ import annotations

import ctypes
from datetime import datetime, timedelta

_TIME_ERROR = 5
"""What adjtimex(2) returns of a clock that nobody keeps, or that was set by hand since."""

_TIMEX_BYTES = 256
"""More than a ``struct timex`` of any architecture; zeroed, it only asks."""

ANY_ZONE = timedelta(hours=26)
"""The most that two places' wall clocks are apart."""


def is_synchronised(now: datetime) -> bool:
    """Whether ``now`` (naive wall time) is this machine's time, and a time server keeps it."""
    if abs(now - datetime.now()) > ANY_ZONE:
        return False  # a rehearsal's clock
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) if hasattr(libc, "adjtimex") else -1
    return 0 <= state < _TIME_ERROR
