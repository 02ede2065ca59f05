"""The voice that callers hear: Piper where a voice was fetched, else espeak-ng; at the rate of the call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.catalogue import Kind, model_named
from models.store import Store
from voicebot.ports import Audio
from voicebot.speaking.espeak import Espeak
from voicebot.speaking.piper import PiperEngine
from voicebot.speaking.prosody import breaths
from voicebot.speaking.resample import Resampler, pcm

RATES = (8000, 16000)
"""Rates of a call, Hz."""

Samples = npt.NDArray[np.float32]


class Engine(Protocol):
    """A synthesiser at its own rate."""

    rate: int

    def stream(self, text: str, pace: float = 1.0) -> Iterator[Samples]:
        """The sound of ``text``, −1 to 1, in pieces; a larger ``pace`` is slower."""


class EspeakEngine:
    """espeak-ng as an engine: formant speech, for tests and where no voice was fetched."""

    rate = 22050
    words_a_minute = 155

    def __init__(self) -> None:
        self._espeak = Espeak()

    def stream(self, text: str, pace: float = 1.0) -> Iterator[Samples]:
        """One piece: it takes milliseconds."""
        samples, rate = self._espeak.synthesise(text, voice="fr", rate=max(80, round(self.words_a_minute / pace)))
        if rate != self.rate:  # it says its rate only once it speaks
            resampler = Resampler(rate, self.rate)
            yield resampler.push(samples.astype(np.float32) / np.float32(32768))
            yield resampler.finish()
        else:
            yield samples.astype(np.float32) / np.float32(32768)


class CallVoice:
    """A `voicebot.ports.Voice` at the rate of a call. Any thread may call it.

    ``pace`` above 1 speaks more slowly with longer pauses (`prosody.ELDER_PACE`).
    """

    def __init__(self, engine: Engine, rate: int, *, name: str = "", pace: float = 1.0) -> None:
        if rate not in RATES:
            raise ValueError(f"a call is spoken to at {' or '.join(map(str, RATES))} Hz, not {rate}")
        self.engine = engine
        self.rate = rate
        self.name = name
        self.pace = pace

    def synthesise(self, text: str) -> Iterator[Audio]:
        """The sound of ``text``, piece by piece; a pause follows each sentence."""
        for breath in breaths(text, self.pace):
            resampler = Resampler(self.engine.rate, self.rate)
            for samples in self.engine.stream(breath.text, self.pace):
                yield from pcm(resampler.push(samples), self.rate)
            silence = np.zeros(int(breath.pause * self.rate), np.float32)
            yield from pcm(np.concatenate((resampler.finish(), silence)), self.rate)

    def at_pace(self, pace: float) -> CallVoice:
        """The same voice, slower or faster."""
        return CallVoice(self.engine, self.rate, name=self.name, pace=pace)


def load_voice(rate: int, *, models: Path | None = None, name: str | None = None) -> CallVoice:
    """The voice in use (or ``name``) at ``rate`` Hz. Voices of several rates share one engine.

    Raises:
        UnavailableError: the voice is not there.
        ConfigurationError: no such voice.
    """
    store = Store(models)
    model = model_named(name) if name else store.in_use("speaking")
    return CallVoice(_engine(model.kind, store.require(model)), rate, name=model.name)


@lru_cache(maxsize=2)
def _engine(kind: Kind, directory: Path) -> Engine:
    return PiperEngine(directory) if kind == "piper" else EspeakEngine()
