"""The miniature as the product runs it: sound padded with silence to a short window, then CTranslate2 directly."""

from __future__ import annotations

from pathlib import Path

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from models.forge.features import HOP, MAX_FRAMES

_FRAMES = 100  # windows are whole multiples of 2 s
_MOST_TOKENS = 90
_NO_SPEECH = 0.6  # faster-whisper's own threshold


class Recogniser:
    """A model directory, loaded by unmodified faster-whisper."""

    def __init__(self, directory: Path, threads: int = 1) -> None:
        self.whisper = WhisperModel(str(directory), device="cpu", compute_type="int8", cpu_threads=threads)
        tokenizer = Tokenizer(
            self.whisper.hf_tokenizer, self.whisper.model.is_multilingual, task="transcribe", language="fr"
        )
        self._tokenizer = tokenizer
        self._suppressed = list(get_suppressed_tokens(tokenizer, [-1]))
        self._prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]

    def short(self, samples: npt.NDArray[np.float32], margin: float = 0.0) -> str:
        """The text of 16 kHz samples, in the shortest window that leaves `margin` seconds of silence after them."""
        frames = -(-(len(samples) + int(margin * 16_000)) // HOP)
        frames = min(max(_FRAMES, -(-frames // _FRAMES) * _FRAMES), MAX_FRAMES)
        sound = np.zeros(frames * HOP, np.float32)
        sound[: len(samples)] = samples[: len(sound)]
        features = self.whisper.feature_extractor(sound, padding=0)[None].astype(np.float32)
        encoded = self.whisper.model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(features)))
        [result] = self.whisper.model.generate(
            encoded,
            [self._prompt],
            beam_size=1,
            max_length=2 * _MOST_TOKENS,
            suppress_tokens=self._suppressed,
            return_no_speech_prob=True,
        )
        if result.no_speech_prob > _NO_SPEECH:
            return ""
        return str(self._tokenizer.decode(result.sequences_ids[0])).strip()

    def stock(self, samples: npt.NDArray[np.float32]) -> str:
        """The text that unmodified `WhisperModel.transcribe` gives, at its full 1500 positions."""
        segments, _ = self.whisper.transcribe(
            samples, language="fr", beam_size=1, temperature=0.0, without_timestamps=True
        )
        return "".join(segment.text for segment in segments).strip()
