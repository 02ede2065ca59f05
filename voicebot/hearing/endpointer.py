"""When a caller's turn begins and when it is over: a pure state machine. Standard library only, no clock, no audio.

It is given one voice probability a window with the time at which that window ended, and returns events. A turn begins
when a run of windows has gathered enough evidence, and pauses below a lower bar (hysteresis). Silero's usual rule, two
windows from 0.5 on, misses one short « non » in ten; the sum of a run's probabilities does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from voicebot.hearing.patience import PATIENCE, UNASKED, Patience
from voicebot.ports import Asks

SILENCE = 0.35
"""A window below this probability is silence."""
EVIDENCE = 1.0
"""Voice begins when the probabilities of a run of windows, none of them silence, sum up to this. One window, as a click
is, never does."""
SPECULATE = 0.2
"""Silence after which recognition starts without waiting for the end of the turn, s."""
LONGEST = 24.0
"""A turn is cut at this length, s: with its pre-roll it stays within 25 s and Whisper's 30 s window."""


@dataclass(frozen=True)
class SpeechStart:
    """The caller has begun to speak; ``start`` is the beginning of the first voiced window, s."""

    start: float


@dataclass(frozen=True)
class Speculate:
    """A short silence: recognise what was said so far, the turn may be over."""

    start: float
    end: float
    """End of the last voiced window, s."""


@dataclass(frozen=True)
class TurnEnd:
    """The turn is over. Its ``end`` equals that of the last `Speculate`, unless it was cut for its length."""

    start: float
    end: float
    at: float
    """Time of the decision, s: ``at - end`` is the silence that was waited for."""
    voiced: float
    """Voice between ``start`` and ``end``, s."""
    reason: Literal["silence", "complete", "long"]


@dataclass(frozen=True)
class Nothing:
    """Nothing was said for as long as the question allows."""

    at: float


Event = SpeechStart | Speculate | TurnEnd | Nothing


class Endpointer:
    """One caller's turn-taking. Feed every window, also while the assistant speaks (for barge-in).

    ``pace`` stretches every silence that is waited for: 1 is usual, about 1.6 suits slow speakers.
    """

    def __init__(
        self,
        *,
        window: float = 0.032,
        patience: Mapping[Asks, Patience] = PATIENCE,
        pace: float = 1.0,
    ) -> None:
        self.pace = pace
        self._window = window
        self._table = patience
        self._patience = UNASKED
        self._waiting_since: float | None = None  # the question was heard to its end; None: not waiting
        self._state: Literal["idle", "voice", "pause"] = "idle"
        self._start = 0.0  # of the turn
        self._end = 0.0  # of its last voiced window
        self._voiced = 0.0
        self._onset: float | None = None  # beginning of a run that may yet be a click
        self._evidence = 0.0  # of that run
        self._speculated = False  # in this pause
        self._complete = False  # the words up to this pause answer the question

    @property
    def speaking(self) -> bool:
        """A turn has begun and is not over."""
        return self._state != "idle"

    def expect(self, asks: Asks | None, at: float) -> None:
        """The assistant has finished asking ``asks`` at time ``at``: its silences count from here."""
        self._patience = self._table[asks] if asks else UNASKED
        self._waiting_since = at

    def suspend(self) -> None:
        """The assistant speaks: the caller's silence does not count."""
        self._waiting_since = None

    def complete(self, end: float) -> None:
        """The words up to ``end`` (of a `Speculate`) answer the question. Ignored if speech went on since."""
        if self._state == "pause" and end == self._end:
            self._complete = True

    def push(self, probability: float, at: float) -> list[Event]:
        """Take one window that ended at ``at``, s. Times never go back."""
        events: list[Event] = []
        if self._state == "voice":
            self._continue(probability, at)
        else:
            self._listen(probability, at, events)
        if self._state != "idle" and _reached(at - self._start, LONGEST):
            events.append(self._finish(at, "long"))
        elif self._onset is None:  # voice that may be a click delays every decision by a window
            self._count_silence(at, events)
        return events

    def _continue(self, probability: float, at: float) -> None:
        if probability < SILENCE:
            self._state, self._speculated, self._complete = "pause", False, False
            return
        self._end = at
        self._voiced += self._window

    def _listen(self, probability: float, at: float, events: list[Event]) -> None:
        if probability < SILENCE:
            self._onset = None
            return
        if self._onset is None:
            self._onset, self._evidence = at - self._window, 0.0
        self._evidence += min(probability, 0.999)
        if self._evidence < EVIDENCE:
            return
        if self._state == "idle":
            self._start, self._voiced = self._onset, 0.0
            events.append(SpeechStart(self._start))
        self._voiced += at - self._onset
        self._state, self._end, self._onset = "voice", at, None

    def _count_silence(self, at: float, events: list[Event]) -> None:
        if self._state == "pause":
            silence = at - self._end
            if not self._speculated and _reached(silence, SPECULATE):
                self._speculated = True
                events.append(Speculate(self._start, self._end))
            allowed = self._patience.complete if self._complete else self._patience.silence
            if _reached(silence, allowed * self.pace):
                events.append(self._finish(at, "complete" if self._complete else "silence"))
        elif self._state == "idle" and self._waiting_since is not None:
            silence, allowed = at - self._waiting_since, self._patience.nothing
            if _reached(silence, allowed * self.pace):
                self._waiting_since = None
                events.append(Nothing(at))

    def _finish(self, at: float, reason: Literal["silence", "complete", "long"]) -> TurnEnd:
        self._state, self._onset, self._waiting_since = "idle", None, None
        return TurnEnd(self._start, self._end, at, self._voiced, reason)


def _reached(value: float, limit: float) -> bool:
    """Sums of 32 ms windows are not exact."""
    return value + 1e-6 >= limit
