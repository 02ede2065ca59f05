"""Synthetic calls: an utterance of the grammar, spoken by a voice, carried over a line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import numpy as np
import numpy.typing as npt

from models.forge import grammar, splice
from models.forge.augment import Line, trim
from models.forge.features import RATE, SECONDS
from models.forge.voices import Voice, draw_voice
from voicebot.speaking.espeak import Espeak

_NO_SPEECH_SHARE = 0.025
_PAIR_SHARE = 0.05
_SPLICED_SHARE = 0.35
_DRESSED_SHARE = 0.25
_LONGEST = 7.1  # seconds of speech; with padding and a slower tempo it stays under 8


@dataclass(frozen=True)
class Sample:
    """One utterance as it arrives: 16 kHz samples and what was said in them, `start` to `end` in seconds."""

    kind: str
    text: str
    phonemes: list[str]
    start: float
    end: float
    voice: str
    samples: npt.NDArray[np.float32]


class Corpus:
    """An endless source of samples; two with the same seed say the same, up to a millisecond of espeak-ng."""

    def __init__(self, seed: int, sentences: grammar.Split = "train", voices: grammar.Split = "train") -> None:
        self._rng = Random(seed)
        self._line = Line(np.random.default_rng(seed))
        self._sentences, self._voices = sentences, voices
        self._espeak = Espeak()
        weights = grammar.kinds()
        self._kinds, self._weights = list(weights), list(weights.values())

    def training(self) -> Sample:
        """A sample for training: an utterance, plain, dressed or spliced; or two in a row, or no speech."""
        share = self._rng.random()
        if share < _NO_SPEECH_SHARE:
            return Sample("no_speech", "", [], 0.0, 0.0, "", self._line.silence())
        kinds = self._rng.choices(self._kinds, self._weights, k=6)
        if share > 1 - _SPLICED_SHARE - _DRESSED_SHARE:
            return self._said([self._unusual(kinds, share > 1 - _SPLICED_SHARE)])
        count = 2 if share < _NO_SPEECH_SHARE + _PAIR_SHARE else 1
        return self._said([grammar.draw(kind, "train", self._rng) for kind in kinds[:count]])

    def _unusual(self, kinds: list[str], spliced: bool) -> grammar.Utterance:
        while True:
            if spliced:
                utterance = splice.spliced(kinds, self._rng)
            else:
                utterance = splice.dressed(grammar.draw(kinds[0], "train", self._rng), self._rng)
            if not grammar.is_held_out(utterance.text):
                return utterance

    def of_kind(self, kind: str) -> Sample:
        """A sample of one kind of answer."""
        return self._said([grammar.draw(kind, self._sentences, self._rng)])

    def _said(self, utterances: list[grammar.Utterance]) -> Sample:
        voice = draw_voice(self._voices, self._rng)
        speech, rate = self._spoken(utterances, voice)
        while len(speech) > _LONGEST * rate:
            if voice.rate >= 200:
                return self._said([grammar.draw("surname", self._sentences, self._rng)])
            voice = replace(voice, rate=voice.rate + 30)
            speech, rate = self._spoken(utterances, voice)
        samples, start, end = self._line.carry(speech, rate)
        return Sample(
            kind=utterances[0].kind,
            text=" ".join(utterance.text for utterance in utterances),
            phonemes=[mark for utterance in utterances for mark in self._espeak.phonemes(utterance.spoken)],
            start=start,
            end=end,
            voice=voice.name,
            samples=samples[: RATE * SECONDS],
        )

    def _spoken(self, utterances: list[grammar.Utterance], voice: Voice) -> tuple[npt.NDArray[np.float32], int]:
        pieces: list[npt.NDArray[np.float32]] = []
        rate = 0
        for utterance in utterances:
            speech, rate = self._espeak.synthesise(
                utterance.spoken, voice=voice.name, rate=voice.rate, pitch=voice.pitch, pitch_range=voice.pitch_range
            )
            if pieces:
                pieces.append(np.zeros(int(rate * self._rng.uniform(0.05, 0.4)), np.float32))
            pieces.append(trim(speech.astype(np.float32) / np.float32(32768)))
        return np.concatenate(pieces), rate
