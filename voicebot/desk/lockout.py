"""A pause after wrong guesses, the same for names that exist and names that do not."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

TRIES = 5
"""Wrong guesses before a pause."""
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 3600.0
"""The pause doubles with every further ``TRIES`` wrong guesses, s."""
MOST_NAMES = 2000
"""Names remembered; the one longest unused makes room."""


@dataclass
class _Record:
    wrong: int = 0
    pause: float = FIRST_PAUSE
    until: float = 0.0


class Lockout:
    """Counts wrong guesses by name (a login, or ``"code"`` for the terminal's one-time code)."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[bytes, _Record] = OrderedDict()

    def pause(self, name: str) -> float:
        """How long this name must still wait, s; 0 when it may try."""
        record = self._records.get(_key(name))
        return max(0.0, record.until - self._clock()) if record else 0.0

    def wrong(self, name: str) -> None:
        """Note a wrong guess."""
        key = _key(name)
        record = self._records.pop(key, None) or _Record()
        record.wrong += 1
        if record.wrong % TRIES == 0:
            record.until = self._clock() + record.pause
            record.pause = min(record.pause * 2, LONGEST_PAUSE)
        self._records[key] = record
        if len(self._records) > MOST_NAMES:
            self._records.popitem(last=False)

    def right(self, name: str) -> None:
        """A right guess clears the count."""
        self._records.pop(_key(name), None)


def _key(name: str) -> bytes:
    # What was typed as a login may be a password by mistake: it is not kept as it is.
    return hashlib.sha256(name.strip().casefold().encode()).digest()
