"""Keys into answers: collects the digits that a question expects. Pure; times are seconds of any monotonic clock."""

from __future__ import annotations

from voicebot.ports import Asks

LENGTHS: dict[Asks, int] = {"birth_date": 8, "phone": 10, "when": 8}
"""Digits of a complete answer; every other question takes one key. A date is DDMMYYYY."""

PAUSE = 3.0
"""Keys pressed so far are the answer after this long without another, s."""

HUMAN = "*"
"""Reaches a human at every question, also amid digits; ``#`` ends an answer early."""


class KeyCollector:
    """Collects the keys of one answer."""

    def __init__(self) -> None:
        self._digits = ""
        self._since = 0.0

    def press(self, digit: str, asks: Asks | None, now: float) -> str | None:
        """Take one key; return the complete answer, or None while more is expected."""
        if digit == HUMAN:
            self._digits = ""
            return HUMAN
        if digit == "#":
            return self._take() or "#"
        self._digits += digit
        self._since = now
        if len(self._digits) >= (LENGTHS.get(asks, 1) if asks else 1):
            return self._take()
        return None

    def expire(self, now: float) -> str | None:
        """Return what was pressed when the pause is over, else None."""
        if self._digits and now - self._since >= PAUSE:
            return self._take()
        return None

    @property
    def pending(self) -> bool:
        """Whether an answer was begun."""
        return bool(self._digits)

    def _take(self) -> str:
        digits, self._digits = self._digits, ""
        return digits
