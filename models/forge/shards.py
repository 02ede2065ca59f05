"""Shards of training data in the work directory: log-mel features as float16 and their texts as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.forge.corpus import Corpus
from models.forge.features import MAX_FRAMES, log_mel

SHARD_SIZE = 2000  # utterances

Item = dict[str, Any]  # kind, text, phonemes, start, end (seconds), at (first frame in the shard), frames


def write(directory: Path, number: int) -> None:
    """Generate shard `number` (also its seed); the features appear last, so a shard that has them is whole."""
    corpus = Corpus(seed=1000 + number)
    features: list[npt.NDArray[np.float16]] = []
    items: list[Item] = []
    at = 0
    for _ in range(SHARD_SIZE):
        sample = corpus.training()
        frames = log_mel(sample.samples)[:, :MAX_FRAMES].T.astype(np.float16)
        features.append(frames)
        items.append(
            {
                "kind": sample.kind,
                "text": sample.text,
                "phonemes": sample.phonemes,
                "start": round(sample.start, 2),
                "end": round(sample.end, 2),
                "at": at,
                "frames": len(frames),
            }
        )
        at += len(frames)
    path = _path(directory, number)
    path.with_suffix(".json").write_text(json.dumps(items, ensure_ascii=False), encoding="utf-8")
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.save(file, np.concatenate(features))
    os.replace(temporary, path)


def read(path: Path) -> tuple[npt.NDArray[np.float16], list[Item]]:
    """The features [frames, 80] of a shard and its items."""
    features: npt.NDArray[np.float16] = np.load(path, mmap_mode="r")
    return features, json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def complete(directory: Path) -> list[Path]:
    """The shards that are whole, oldest number first."""
    return sorted(directory.glob("shard-*.npy"))


def generate(directory: Path, count: int, worker: int = 0, workers: int = 1) -> None:
    """Write the shards below `count` that are missing and that fall to this worker."""
    directory.mkdir(parents=True, exist_ok=True)
    for number in range(worker, count, workers):
        if not _path(directory, number).exists():
            write(directory, number)


def _path(directory: Path, number: int) -> Path:
    return directory / f"shard-{number:04d}.npy"
