"""The form of the evaluation files: intents, questions, utterances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from tests.halves import Half, half, rows
from voicebot.ports import Asks

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Utterance:
    """One utterance with the intent that a person gave it."""

    text: str
    intent: str
    asks: Asks | None
    entities: tuple[tuple[str, str], ...] = ()
    """Name and the caller's own words."""


def read(name: str) -> list[Utterance]:
    """Read one file. Raises ValueError for an utterance outside an intent or a question that does not exist."""
    found: list[Utterance] = []
    intent = asks = None
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            intent, asks = line.removeprefix("## "), None
        elif line.startswith("["):
            asks = line.strip("[]")
            if asks not in (*get_args(Asks), "-"):
                raise ValueError(f"{name}: {asks!r} is no question")
        elif line and not line.startswith("#"):
            if intent is None or asks is None:
                raise ValueError(f"{name}: {line!r} stands outside an intent and a question")
            found.append(Utterance(line, intent, None if asks == "-" else cast(Asks, asks)))
    return found


def held_out(hand: str, which: Half) -> list[Utterance]:
    """The part of a half that one hand wrote (`heldout/`): intent, question, sentence, entities."""
    found = []
    for intent, asks, text, marks in rows(HERE / "heldout" / hand, 4):
        if half(text, hand) != which:
            continue
        if asks not in (*get_args(Asks), "-"):
            raise ValueError(f"{hand}: {asks!r} is no question")
        entities = [tuple(part.strip() for part in mark.split("=", 1)) for mark in marks.split(";") if "=" in mark]
        pairs = tuple((name, value) for name, value in entities)
        found.append(Utterance(text, intent, None if asks == "-" else cast(Asks, asks), pairs))
    return found


def macro_f1(expected: Sequence[str], guessed: Sequence[str]) -> float:
    """The unweighted mean over the expected intents of the F1 of each."""
    scores = []
    for intent in set(expected):
        pairs = list(zip(expected, guessed, strict=True))
        hits = sum(wanted == got == intent for wanted, got in pairs)
        misses = sum((wanted == intent) != (got == intent) for wanted, got in pairs)
        scores.append(2 * hits / (2 * hits + misses))
    return sum(scores) / len(scores)


def micro_f1(expected: Sequence[str], guessed: Sequence[str], given_up: str) -> float:
    """F1 over all utterances; one that was ``given_up`` is missed but not wrong."""
    right = sum(wanted == got for wanted, got in zip(expected, guessed, strict=True))
    answered = sum(got != given_up for got in guessed)
    return 2 * right / (len(expected) + answered)
