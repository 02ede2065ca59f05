"""What is waiting to be said to the caller: a bounded queue of sound with marks."""

from __future__ import annotations

from collections import deque

import numpy as np

from telephony.media.g711 import Samples
from telephony.media.resample import Resampler
from voicebot.errors import ProtocolError

LONGEST = 60.0
"""Most sound that may wait, s; more is the sender's error."""
MAX_MARKS = 256


class PlayQueue:
    """Sound for one call at ``rate`` Hz, taken a frame at a time, with marks for when the sound before them left."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resamplers: dict[int, Resampler] = {}
        self.flush()

    @property
    def seconds(self) -> float:
        """Sound that waits, s."""
        return self._waiting / self._rate

    def put(self, samples: Samples, rate: int) -> None:
        """Queue sound of any rate from 8 to 48 kHz.

        Raises:
            ProtocolError: more than ``LONGEST`` seconds would wait, or the rate is out of bounds.
        """
        if not 8000 <= rate <= 48000:
            raise ProtocolError(f"sound to be played has a rate of {rate} Hz: 8,000 to 48,000 are accepted")
        if (self._waiting + len(samples) * self._rate / rate) / self._rate > LONGEST:
            raise ProtocolError(f"more than {LONGEST:.0f} s of sound were queued to be played")
        if rate != self._rate:
            if rate not in self._resamplers:
                if len(self._resamplers) == 4:
                    raise ProtocolError("sound to be played keeps changing its rate")
                self._resamplers[rate] = Resampler(rate, self._rate)
            samples = self._resamplers[rate].resample(samples)
        if len(samples):
            self._pieces.append(samples)
            self._waiting += len(samples)

    def mark(self, mark: object) -> None:
        """Have ``mark`` come back when all sound queued so far was taken. Raises ProtocolError when too many wait."""
        if len(self._marks) == MAX_MARKS:
            raise ProtocolError(f"more than {MAX_MARKS} marks wait")
        self._marks.append((self._taken + self._waiting, mark))

    def flush(self) -> None:
        """Forget all that waits, and that it was paused: what comes next is played. Its marks never come back."""
        self.paused = False
        self._pieces: deque[Samples] = deque()
        self._waiting = 0
        self._taken = 0
        self._marks: deque[tuple[int, object]] = deque()
        self._resamplers.clear()

    def take(self, count: int) -> Samples | None:
        """The next ``count`` samples, silence at the end of the last ones; None when nothing is to be said now."""
        if self.paused or not self._waiting:
            return None
        parts: list[Samples] = []
        missing = count
        while missing and self._pieces:
            piece = self._pieces[0]
            parts.append(piece[:missing])
            if len(piece) > missing:
                self._pieces[0] = piece[missing:]
            else:
                self._pieces.popleft()
            missing -= len(parts[-1])
        self._waiting -= count - missing
        self._taken += count - missing
        return np.concatenate([*parts, np.zeros(missing, np.int16)])

    def passed(self) -> list[object]:
        """The marks whose sound has been taken since the last time."""
        found: list[object] = []
        while self._marks and not self.paused and self._marks[0][0] <= self._taken:
            found.append(self._marks.popleft()[1])
        return found
