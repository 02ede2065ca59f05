"""Whisper on CTranslate2 with short windows: the recogniser of a call.

`faster_whisper.WhisperModel.transcribe` always pads to thirty seconds, so its parts are used directly: feature
extractor, tokenizer, and the CTranslate2 model. The *audio* is padded with silence, never the mel with zeros, which
makes Whisper hallucinate. French is given (detection would cost a second encoding), decoding is at temperature 0 (the
usual ladder of six temperatures took 42 s of CPU on a runaway), without timestamps, and capped.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from time import perf_counter

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from voicebot.errors import UnavailableError
from voicebot.hearing.gate import Decoded, Reason, rejection, worth_another_try
from voicebot.hearing.resample import RATE, samples_of, to_16k
from voicebot.hearing.settings import WhisperSettings
from voicebot.hearing.window import cut, long_window, short_window
from voicebot.ports import Audio, Heard

LANGUAGE = "fr"
WORKERS = 2
"""Utterances recognised at the same time, one thread each."""

Samples = npt.NDArray[np.float32]


class WhisperRecogniser:
    """A `voicebot.ports.Recogniser` on one CTranslate2 model directory. Any thread may call it.

    Raises:
        UnavailableError: the directory is incomplete or holds another kind of model.
    """

    def __init__(self, directory: Path, settings: WhisperSettings | None = None, *, name: str = "") -> None:
        self.name = name or directory.name
        self.settings = settings or WhisperSettings()
        for file in ("model.bin", "config.json", "tokenizer.json"):  # without the last it would ask the hub
            if not (directory / file).is_file():
                raise UnavailableError(f"{directory} holds no {file}: `voicebot models fetch {self.name}`")
        try:
            loaded = WhisperModel(str(directory), device="cpu", compute_type="int8", cpu_threads=1, num_workers=WORKERS)
        except (RuntimeError, ValueError) as error:
            raise UnavailableError(f"{directory} is no Whisper model of CTranslate2 ({error})") from None
        self._model = loaded.model
        self._features = loaded.feature_extractor
        self._tokenizer = Tokenizer(loaded.hf_tokenizer, True, task="transcribe", language=LANGUAGE)
        self._prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        if None in self._prompt:
            raise UnavailableError(f"{directory} holds an English-only Whisper: choose a multilingual one")
        self._suppressed: Sequence[int] = get_suppressed_tokens(self._tokenizer, [-1])
        self._second_try = threading.Lock()
        self.recognise(Audio(RATE, bytes(RATE // 2)))  # the first run allocates: not in a call

    def recognise(self, audio: Audio, *, hotwords: str | None = None) -> Heard:
        """Recognise one utterance. A rejected one is decoded once more at full length, one such at a time.

        Bounded: at most two encodings and two capped decodings for each ``settings.longest`` of speech.
        """
        begun = perf_counter()
        samples = to_16k(samples_of(audio.pcm), audio.rate)
        parts = cut(samples, int(self.settings.longest * RATE), rate=RATE)
        decoded = [self._part(part, hotwords) for part in parts]
        return Heard(
            text=" ".join(part.text for part, _ in decoded if part.text),
            logprob=_mean([part for part, _ in decoded]),
            rejected=next((reason for _, reason in decoded if reason), None),
            milliseconds=(perf_counter() - begun) * 1000,
        )

    def _part(self, samples: Samples, hotwords: str | None) -> tuple[Decoded, Reason | None]:
        shape = {"rate": RATE, "hop": int(self._features.hop_length), "mels": int(self._model.n_mels)}
        short = short_window(len(samples), self.settings, **shape)
        long = long_window(len(samples), self.settings, **shape)
        decoded = self._decode(samples, short, hotwords)
        reason = rejection(decoded, self.settings)
        if not worth_another_try(reason) or long <= short or not self._second_try.acquire(blocking=False):
            return decoded, reason
        try:
            again = self._decode(samples, long, hotwords)
        finally:
            self._second_try.release()
        second = rejection(again, self.settings)
        if second is None or again.logprob > decoded.logprob:
            return again, second
        return decoded, reason

    def _decode(self, samples: Samples, frames: int, hotwords: str | None) -> Decoded:
        padded = np.zeros(frames * self._features.hop_length, np.float32)
        padded[: len(samples)] = samples[: len(padded)]
        mel = np.ascontiguousarray(self._features(padded, padding=0)[np.newaxis], dtype=np.float32)
        encoded = self._model.encode(ctranslate2.StorageView.from_array(mel))
        cap = max(self.settings.least_tokens, ceil(len(samples) / RATE * self.settings.tokens_a_second))
        prompt = self._hotwords(hotwords) + self._prompt
        [result] = self._model.generate(
            encoded,
            [prompt],
            beam_size=self.settings.beam,
            patience=self.settings.patience,
            length_penalty=self.settings.length_penalty,
            sampling_temperature=0,
            max_length=max(2 * cap, cap + len(prompt)),  # CTranslate2 halves it, and takes the prompt off the whole
            suppress_tokens=list(self._suppressed),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = result.sequences_ids[0]
        return Decoded(
            text=self._tokenizer.decode(tokens).strip(),
            tokens=len(tokens),
            cap=cap,
            # The score is the sum over the tokens, divided by a power of their number; the end token is left out.
            logprob=result.scores[0] * len(tokens) ** self.settings.length_penalty / (len(tokens) + 1),
            no_speech=result.no_speech_prob,
        )

    def _hotwords(self, hotwords: str | None) -> list[int]:
        if not hotwords or not self.settings.hotwords:
            return []
        tokens: list[int] = self._tokenizer.encode(" " + hotwords.strip())
        return [self._tokenizer.sot_prev, *tokens[: self.settings.most_hotword_tokens]]


def _mean(parts: Sequence[Decoded]) -> float:
    """Mean log-probability over the tokens of all parts."""
    tokens = sum(part.tokens + 1 for part in parts)
    return sum(part.logprob * (part.tokens + 1) for part in parts) / tokens
