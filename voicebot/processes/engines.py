"""The models and voices that all calls of the speech process share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from voicebot.hearing import load_recogniser
from voicebot.ports import Audio, Recogniser, Voice
from voicebot.speaking import Phrases, load_voice
from voicebot.speaking.prosody import ELDER_PACE

RATES = (8000, 16000)
"""Rates of a line, Hz: a telephone's and a browser's."""

RENDER_SECONDS = 10.0
"""How long the start may wait for fixed phrases, s."""

TRIAL_SECONDS = 3.0
"""Sound by which the recogniser is timed, s: as long as what callers usually say."""


@dataclass(frozen=True)
class Engines:
    """What all calls of this process share."""

    recogniser: Recogniser
    voices: Mapping[int, Voice]
    """One voice per line rate, Hz; fixed phrases come from memory."""
    pool: ThreadPoolExecutor
    slow: Mapping[int, Voice] = field(default_factory=dict)
    """The same voices for callers who need time; nothing of theirs is kept in memory."""

    @classmethod
    def load(cls, phrases: Sequence[str], models: str | None, pool: ThreadPoolExecutor) -> Engines:
        """Load the models and render the fixed phrases. Blocking, seconds. Raises UnavailableError."""
        directory = Path(models) if models else None
        voice = load_voice(16000, models=directory)
        wide = Phrases(voice, phrases)
        recogniser = load_recogniser(models=directory)
        # A slow voice renders the rest while calls are taken; what is not there yet is synthesised as any other text.
        if not wide.render(RENDER_SECONDS):
            pool.submit(wide.render)
        slow = {rate: load_voice(rate, models=directory).at_pace(ELDER_PACE) for rate in RATES}
        return cls(recogniser, {16000: wide, 8000: wide.at_rate(8000)}, pool, slow)

    def time_recognition(self, phrase: str, at_once: int) -> float:
        """Seconds that ``at_once`` recognitions of up to three seconds of ``phrase`` take beside each other.

        A first one that is not counted warms the recogniser, so that the first caller does not wait for it.
        """
        rate = 16000
        said = b"".join(piece.pcm for piece in self.voices[rate].synthesise(phrase))
        utterance = Audio(rate, said[: int(TRIAL_SECONDS * rate) * 2])
        self.recogniser.recognise(utterance)
        begun = monotonic()
        wait([self.pool.submit(self.recogniser.recognise, utterance) for _ in range(at_once)])
        return monotonic() - begun
