"""The miniature's tokens: a byte-level BPE of the grammar's texts, then Whisper's special tokens.

Two layouts share one tokenizer. The network trains on the compact one of `Tokens` (only the specials it uses); the
export spreads it over Whisper's own order (`whisper_layout`), which faster-whisper and CTranslate2 expect.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from models.forge import grammar

VOCABULARY = 640
TIMESTAMPS = 401  # 0.00 to 8.00 s in steps of 0.02 s
TIMESTAMP_STEP = 5  # the network learns every fifth: 0.1 s
SPECIALS = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|fr|>",
    "<|transcribe|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
# faster-whisper suppresses the first token of " -" and " '": tokens of their own, or the bare space would go.
_WHOLE = " - ' ♪ - ' ♪"


@dataclass(frozen=True)
class Tokens:
    """Token numbers of the compact layout, `base` being the number of BPE tokens."""

    base: int

    @property
    def end(self) -> int:
        """<|endoftext|>, the first special."""
        return self.base

    @property
    def no_speech(self) -> int:
        """<|nospeech|>."""
        return self.base + 5

    @property
    def previous(self) -> int:
        """<|startofprev|>: what follows was said before."""
        return self.base + 4

    @property
    def prompt(self) -> list[int]:
        """<|startoftranscript|><|fr|><|transcribe|>."""
        return [self.base + 1, self.base + 2, self.base + 3]

    @property
    def no_timestamps(self) -> int:
        """<|notimestamps|>."""
        return self.base + 6

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return self.base + len(SPECIALS) + TIMESTAMPS

    def timestamp(self, seconds: float) -> int:
        """The token of a time in the window, to 0.1 s."""
        steps = min(round(seconds * 10), (TIMESTAMPS - 1) // TIMESTAMP_STEP)
        return self.base + len(SPECIALS) + TIMESTAMP_STEP * steps


def tokenizer(path: Path) -> Tokenizer:
    """The BPE kept at `path`, built from 40,000 drawn texts when it is not there."""
    if path.exists():
        return Tokenizer.from_file(str(path))
    rng = Random(1)
    weights = grammar.kinds()
    kinds = rng.choices(list(weights), list(weights.values()), k=40_000)
    texts = [" " + grammar.draw(kind, "train", rng).text for kind in kinds]
    texts += [f" {name.lower()}" for name in grammar.surnames() + grammar.first_names()] * 3
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    bpe.train_from_iterator([*texts, *[_WHOLE] * 3000], trainer)
    path.parent.mkdir(parents=True, exist_ok=True)
    bpe.save(str(path))
    return bpe
