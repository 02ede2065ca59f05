"""Batches for training: which utterances together, how they are distorted, and what the network should write."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor

from models.forge import distort, shards
from models.forge.features import FLOOR, MAX_FRAMES, MELS
from models.forge.network import POSITIONS
from models.forge.tokens import Tokens

_FRAMES_PER_BATCH = 2600  # of one process
_CHUNK = 2000  # utterances sorted by length together
_SHORT_WINDOW_SHARE = 0.6
_TIMESTAMP_SHARE = 0.2
_PROMPT_SHARE = 0.06

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Utterance:
    """One training utterance: where its features lie and what they say."""

    shard: npt.NDArray[np.float16]
    at: int
    frames: int
    text: list[int]
    phonemes: list[int]
    start: float
    end: float


@dataclass(frozen=True)
class Batch:
    """Tensors of one step. `pads` as in `Miniature.encode`; what is −1 in `targets` is not learned."""

    mel: Tensor
    pads: float | None
    tokens: Tensor
    targets: Tensor
    phonemes: Tensor
    phoneme_counts: Tensor

    @property
    def size(self) -> int:
        """How many utterances."""
        return len(self.tokens)


class Pool:
    """All utterances of the shards written so far; every one is drawn once before any is drawn again."""

    def __init__(self, directory: Path, bpe: Tokenizer, phonemes: dict[str, int], seed: int) -> None:
        self.utterances: list[Utterance] = []
        self._directory, self._bpe, self._phonemes = directory, bpe, phonemes
        self._rng = Random(seed)
        self._seen: set[Path] = set()
        self._waiting: list[int] = []

    def refresh(self) -> None:
        """Take in the shards that appeared since."""
        for path in shards.complete(self._directory):
            if path not in self._seen:
                self._seen.add(path)
                features, items = shards.read(path)
                first = len(self.utterances)
                self.utterances += [self._utterance(features, item) for item in items]
                self._waiting += range(first, len(self.utterances))

    def _utterance(self, features: npt.NDArray[np.float16], item: shards.Item) -> Utterance:
        text = self._bpe.encode(" " + item["text"]).ids if item["text"] else []
        phonemes = [self._phonemes[mark] for mark in item["phonemes"] if mark in self._phonemes]
        return Utterance(features, item["at"], item["frames"], text, phonemes, item["start"], item["end"])

    def prompt(self) -> list[int]:
        """The text of any utterance, for a prompt."""
        return self._rng.choice(self.utterances).text

    def batches(self, longest: int) -> Iterator[list[Utterance]]:
        """One chunk's worth of batches, each of utterances of about one length, at most `longest` frames."""
        self.refresh()
        if len(self._waiting) < _CHUNK:
            self._waiting += range(len(self.utterances))
        self._rng.shuffle(self._waiting)
        chunk, self._waiting = self._waiting[:_CHUNK], self._waiting[_CHUNK:]
        chosen = sorted((self.utterances[i] for i in chunk), key=lambda utterance: utterance.frames)
        batches: list[list[Utterance]] = [[]]
        for utterance in chosen:
            if utterance.frames > longest:
                break
            if (len(batches[-1]) + 1) * (utterance.frames + 20) > _FRAMES_PER_BATCH:
                batches.append([])
            batches[-1].append(utterance)
        self._rng.shuffle(batches)
        yield from (batch for batch in batches if batch)


class Collator:
    """Makes a batch of utterances; `ramp` from 0 to 1 lets the padding's weight grow to its full size."""

    def __init__(self, tokens: Tokens, pool: Pool, seed: int) -> None:
        self._tokens, self._pool = tokens, pool
        self._rng = np.random.default_rng(seed)

    def __call__(self, utterances: list[Utterance], ramp: float) -> Batch:
        """Distort, pad and write out the targets."""
        mels = [distort.distorted(u.shard[u.at : u.at + u.frames].T.astype(np.float32), self._rng) for u in utterances]
        short = self._rng.random() < _SHORT_WINDOW_SHARE
        mel = self._short(mels) if short else self._long(mels)
        pads = None if short else padding_weight(mel.shape[2], ramp)
        tokens, targets = self._targets(utterances)
        phonemes = torch.tensor([mark for u in utterances for mark in u.phonemes])
        counts = torch.tensor([len(u.phonemes) for u in utterances])
        return Batch(torch.from_numpy(mel), pads, tokens, targets, phonemes, counts)

    def _short(self, mels: list[Array]) -> Array:
        """A short window: the sound itself is padded with silence, as the product does."""
        longest = max(mel.shape[1] for mel in mels)
        length = longest + int(self._rng.integers(0, 16))
        if self._rng.random() < 0.2:
            length = -(-length // 100) * 100
        return silent_window(mels, max(longest, min(length + length % 2, MAX_FRAMES)))

    def _long(self, mels: list[Array]) -> Array:
        """Stock faster-whisper: features padded with zeros, at least four frames, to an even length."""
        length = max(mel.shape[1] for mel in mels) + 4
        if self._rng.random() < 0.08:
            length = MAX_FRAMES + 4
        window = np.zeros((len(mels), MELS, length + length % 2), np.float32)
        for row, mel in zip(window, mels, strict=True):
            row[:, : mel.shape[1]] = mel
        return window

    def _targets(self, utterances: list[Utterance]) -> tuple[Tensor, Tensor]:
        rows = [self._target(utterance) for utterance in utterances]
        width = max(len(tokens) for tokens, _ in rows)
        tokens = torch.full((len(rows), width), self._tokens.end)
        targets = torch.full((len(rows), width), -1)
        for i, (inputs, outputs) in enumerate(rows):
            tokens[i, : len(inputs)] = torch.tensor(inputs)
            targets[i, : len(outputs)] = torch.tensor(outputs)
        return tokens, targets

    def _target(self, utterance: Utterance) -> tuple[list[int], list[int]]:
        """Decoder input and what it should predict at each place."""
        t = self._tokens
        before = [t.previous, *self._pool.prompt()] if self._rng.random() < _PROMPT_SHARE else []
        timed = self._rng.random() < _TIMESTAMP_SHARE
        opening = t.timestamp(utterance.start) if timed else t.no_timestamps
        closing = [t.timestamp(utterance.end)] if timed and utterance.text else []
        said = [*t.prompt, opening, *utterance.text, *closing, t.end]
        expected = [-1] * len(before) + said[1:]
        if not utterance.text:
            expected[len(before) : len(before) + 3] = [t.no_speech, -1, -1]
        return before + said[:-1], expected


def silent_window(mels: list[Array], length: int) -> Array:
    """Features [batch, 80, length], each padded with its own silence."""
    length += length % 2
    window = np.empty((len(mels), MELS, length), np.float32)
    for row, mel in zip(window, mels, strict=True):
        row[:] = mel.max() - FLOOR
        row[:, : mel.shape[1]] = mel
    return window


def padding_weight(frames: int, ramp: float) -> float:
    """What is added to the logits of the one position that stands for all padding."""
    full = math.log(POSITIONS - (frames // 2 - 1))
    return -4 + (full + 4) * ramp
