"""The synthetic callers of `voices.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from models.forge.grammar import Split


@dataclass(frozen=True)
class Voice:
    """How one espeak-ng caller speaks: name, words a minute, pitch and pitch range from 0 to 100."""

    name: str
    rate: int
    pitch: int
    pitch_range: int


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("voices.toml").read_text(encoding="utf-8"))


def draw_voice(split: Split, rng: Random) -> Voice:
    """A voice of `split`; the voices of `held` are never heard in training."""
    table = _table()
    variants = table["held"] if split == "held" else table["train"] + table["core"] * 3

    def between(key: str) -> int:
        return rng.randint(table[key]["least"], table[key]["most"])

    name = f"{rng.choice(table['languages'])}+{rng.choice(variants)}"
    return Voice(name, between("rate"), between("pitch"), between("pitch_range"))
