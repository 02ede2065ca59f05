"""Fixed phrases in memory. Everything else is synthesised when it is said and never kept: it may hold a name or a date.

Only texts that are declared as fixed can enter, so no patient's name stays here, and their number and size are bounded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from math import inf
from time import monotonic

from voicebot.errors import ConfigurationError
from voicebot.ports import Audio, Voice
from voicebot.speaking.resample import Resampler, pcm, samples_of

MOST = 400
"""Phrases of one voice."""
MOST_BYTES = 64 * 1024 * 1024
"""Sound of one voice: about 35 minutes at 16 kHz."""


class AtRate:
    """A `voicebot.ports.Voice` whose sound comes from another and is converted to ``rate`` Hz."""

    def __init__(self, voice: Voice, rate: int) -> None:
        self._voice = voice
        self._rate = rate

    def synthesise(self, text: str) -> Iterator[Audio]:
        """The other voice's pieces at this rate."""
        resampler: Resampler | None = None
        for piece in self._voice.synthesise(text):
            resampler = resampler or Resampler(piece.rate, self._rate)
            yield from pcm(resampler.push(samples_of(piece.pcm)), self._rate)
        if resampler:
            yield from pcm(resampler.finish(), self._rate)


class Phrases:
    """A `voicebot.ports.Voice` that keeps the sound of its fixed phrases. Any thread may call it.

    Raises:
        ConfigurationError: too many phrases.
    """

    def __init__(self, voice: Voice, texts: Iterable[str]) -> None:
        self._voice = voice
        self._texts = {_key(text): text for text in texts if _key(text)}
        if len(self._texts) > MOST:
            raise ConfigurationError(f"{len(self._texts)} fixed phrases are more than {MOST}: say fewer from memory")
        self._sounds: dict[str, Audio] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Phrases rendered so far."""
        return len(self._sounds)

    def render(self, seconds: float = inf, *, clock: Callable[[], float] = monotonic) -> bool:
        """Synthesise the fixed phrases in the order given, for at most ``seconds``; tells whether all are done.

        Blocking: some ms each with espeak-ng, 0.3 s with Piper. Calls may go on meanwhile: `synthesise` says what is
        not yet here as any other text, and then keeps it.
        """
        until = clock() + seconds
        for key in self._texts:
            if clock() >= until:
                return False
            if self.sound(key) is None:
                for _ in self.synthesise(key):
                    pass
        return True

    def at_rate(self, rate: int) -> Phrases:
        """The same phrases at another rate of a call, converted rather than synthesised again."""
        return Phrases(AtRate(self, rate), self._texts.values())

    def sound(self, text: str) -> Audio | None:
        """The sound of a fixed phrase, or None."""
        return self._sounds.get(_key(text))

    def synthesise(self, text: str) -> Iterator[Audio]:
        """From memory in one piece where it is a fixed phrase; else piece by piece."""
        key = _key(text)
        if kept := self._sounds.get(key):
            yield kept
            return
        pieces: list[Audio] = []
        fixed = key in self._texts
        for audio in self._voice.synthesise(self._texts.get(key, text)):
            if fixed:
                pieces.append(audio)
            yield audio
        if pieces:
            self._keep(key, Audio(pieces[0].rate, b"".join(piece.pcm for piece in pieces)))

    def _keep(self, key: str, audio: Audio) -> None:
        with self._lock:
            if key not in self._sounds and self._bytes + len(audio.pcm) <= MOST_BYTES:
                self._sounds[key] = audio
                self._bytes += len(audio.pcm)


def _key(text: str) -> str:
    return " ".join(text.split())
