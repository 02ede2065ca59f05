"""Sentences set apart in two halves: one to tune on, and one that is measured and never read.

They are written by hands that saw no training data. The half is decided by the sentence itself, so that a file can
grow without a sentence ever changing sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Half = Literal["development", "blind"]
HALVES: tuple[Half, ...] = ("development", "blind")


READ_IN_PART = "first_hand.tsv"
"""The one file with a half that may be read; whatever another hand wrote is blind as a whole."""


def half(sentence: str, hand: str) -> Half:
    """The half that a sentence of a file belongs to."""
    if hand != READ_IN_PART:
        return "blind"
    return HALVES[hashlib.sha256(sentence.encode()).digest()[0] % 2]


def rows(path: Path, columns: int) -> Iterator[list[str]]:
    """The rows of a file of tab-separated columns, filled up to ``columns``; ``#`` begins a comment."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            found = line.split("\t")
            yield found + [""] * (columns - len(found))
