"""Whether what Whisper wrote is to be believed. Pure.

Thresholds are OpenAI's; the no-speech probability counts only together with the log-probability, because it is dead on
the turbo models. The ghosts are what Whisper writes over silence and noise, learned from subtitles.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from voicebot.hearing.settings import WhisperSettings

Reason = Literal["runaway", "repetition", "no speech", "unsure", "ghost", "empty"]

_GHOSTS = Path(__file__).with_name("ghosts.txt")
_GHOST_LOGPROB = -0.5
"""A ghost is believed above this: someone may well say « merci d'avoir regardé »."""


@dataclass(frozen=True)
class Decoded:
    """One decoding."""

    text: str
    tokens: int
    cap: int
    logprob: float
    """Mean log-probability of the tokens, the end included."""
    no_speech: float
    """Probability of no speech."""


def rejection(decoded: Decoded, settings: WhisperSettings) -> Reason | None:
    """Why the words are not believed, or None."""
    low = decoded.logprob < settings.least_logprob
    if low and decoded.no_speech > settings.no_speech:
        return "no speech"
    if decoded.tokens >= decoded.cap:
        return "runaway"
    if not decoded.text:
        return "empty"
    if compression(decoded.text) > settings.most_compression:
        return "repetition"
    if (decoded.logprob < _GHOST_LOGPROB or decoded.no_speech > settings.no_speech) and is_ghost(decoded.text):
        return "ghost"
    return "unsure" if low else None


def worth_another_try(reason: Reason | None) -> bool:
    """A full-length window may mend what a short one broke, but finds no speech where there was none."""
    return reason in ("runaway", "repetition", "unsure", "empty")


def compression(text: str) -> float:
    """Bytes of the text over bytes of its zlib form: high when it repeats itself."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def is_ghost(text: str) -> bool:
    """The whole text is one that Whisper writes where nobody spoke."""
    words = plain(text)
    return any(words.startswith(ghost[:-1]) if ghost.endswith("*") else words == ghost for ghost in ghosts())


@cache
def ghosts(path: Path = _GHOSTS) -> frozenset[str]:
    """The list, each line made plain; a final ``*`` stands for any ending."""
    return frozenset(_read(path.read_text(encoding="utf-8").splitlines()))


def _read(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        text = line.partition("#")[0].strip()
        if text:
            yield plain(text) + ("*" if text.endswith("*") else "")


def plain(text: str) -> str:
    """Lower case without accents and punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare))
