"""What a caller says: draws an utterance of a kind from `sentences.toml`. Pure, standard library only.

`Utterance.text` is what the recogniser should write: lower case French with accents, words instead of digits, no
punctuation but the apostrophe and the hyphen, spelled letters as single letters with spaces ("d u p o n t").
`Utterance.spoken` is what the voice is given: the same words with punctuation, letters by their names.

    >>> draw("birth_date", "held", Random(3), birth_date=date(1978, 3, 12)).text
    "alors je suis né le douze mars mille neuf cent soixante-dix-huit"
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

from models.forge.fillers import Fillers, Value

Split = Literal["train", "held"]

_SENTENCES = Path(__file__).with_name("sentences.toml")
_CHOICE = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Utterance:
    """One thing a caller says, to be written (`text`) and to be spoken (`spoken`)."""

    kind: str
    text: str
    spoken: str


@cache
def _tables() -> dict[str, dict[str, object]]:
    return tomllib.loads(_SENTENCES.read_text(encoding="utf-8"))


@cache
def templates(kind: str, split: Split) -> tuple[str, ...]:
    """The templates of one kind; raises `KeyError` for a kind that `sentences.toml` does not have."""
    table = _tables()["kinds"][kind]
    assert isinstance(table, dict)
    return tuple(table[split])


@cache
def kinds() -> dict[str, float]:
    """Every kind of answer and its weight in training."""
    weights: dict[str, float] = {}
    for kind, table in _tables()["kinds"].items():
        assert isinstance(table, dict)
        weights[kind] = float(table["weight"])
    return weights


@cache
def _fillers() -> Fillers:
    tables = _tables()
    return Fillers(words=tables["words"], motives=tables["motives"], acts=tables["acts"])


def motives() -> tuple[str, ...]:
    """The practice's motives that the slots {motive} and {act} can be fixed to."""
    return tuple(key for key in _tables()["acts"])


@cache
def dressing() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words that may come before a sentence, and after it."""
    table = _tables()["dressing"]
    before, after = table["before"], table["after"]
    assert isinstance(before, list)
    assert isinstance(after, list)
    return tuple(before), tuple(after)


def surnames() -> tuple[str, ...]:
    """The surnames that training covers, as written on an identity card."""
    return _fillers().surnames


def first_names() -> tuple[str, ...]:
    """The first names that training covers."""
    return _fillers().first_names


def normalise(text: str) -> str:
    """`text` in the convention of `Utterance.text`."""
    text = text.lower().replace("’", "'")
    return " ".join(re.sub(r"[^\w\s'-]", " ", text).split())


@cache
def _held_out() -> re.Pattern[str]:
    held = (template for kind in kinds() for template in templates(kind, "held"))
    return re.compile("|".join(_pattern(template) for template in held))


def _pattern(template: str) -> str:
    """A regular expression of the texts of `template`; open slots (dates, names, numbers) match anything."""
    pieces = []
    for index, piece in enumerate(_SLOT.split(template)):
        if index % 2:
            wordings = _fillers().wordings(piece)
            pieces.append(f"(?:{'|'.join(normalise(wording) for wording in wordings)})" if wordings else ".+")
        else:
            flat = re.sub(r"[^\w\s'|()-]", " ", piece.lower())
            pieces.append(re.sub(r"\s+", " ", flat).replace("(", "(?:"))
    return re.sub(" +", " *", "".join(pieces).strip())


def is_held_out(text: str) -> bool:
    """Whether a held-out template could give `text`: then it may not be learned from."""
    return _held_out().fullmatch(text) is not None


def draw(kind: str, split: Split, rng: Random, **fixed: Value) -> Utterance:
    """One utterance of `kind`, from its `train` or `held` templates; `fixed` gives values to slots.

    A fixed value is a string used as it is, a `date` (for date, birth_date), a `time` (hour), digits (phone) or a
    motive of the practice (motive, act). Only templates that hold at least one of the fixed slots are drawn; raises
    `ValueError` when there is none.
    """
    candidates = templates(kind, split)
    if fixed:
        most = max(_covered(template, fixed) for template in candidates)
        if most == 0:
            raise ValueError(f"no {split} template of {kind!r} has a slot for {', '.join(sorted(fixed))}")
        candidates = tuple(template for template in candidates if _covered(template, fixed) == most)
    template = _CHOICE.sub(lambda match: rng.choice(_branches(match[1], fixed)), rng.choice(candidates))
    return _filled(kind, template, rng, fixed)


def _branches(choice: str, fixed: dict[str, Value]) -> list[str]:
    branches = choice.split("|")
    useful = [branch for branch in branches if _covered(branch, fixed)]
    return useful or branches


def _covered(template: str, fixed: dict[str, Value]) -> int:
    """How many of the fixed values `template` would say."""
    slots = set(_SLOT.findall(template))
    if "full_name" in slots:
        slots |= {"surname", "first_name"}
    if "letters_of_surname" in slots:
        slots.add("surname")
    return len(slots & fixed.keys())


def _filled(kind: str, template: str, rng: Random, fixed: dict[str, Value]) -> Utterance:
    fill = _fillers().session(rng, fixed)
    written: list[str] = []
    spoken: list[str] = []
    for index, piece in enumerate(_SLOT.split(template)):
        text, speech = fill(piece) if index % 2 else (piece, piece)
        written.append(text)
        spoken.append(speech)
    speech = re.sub(r"\s+([.,?])", r"\1", " ".join("".join(spoken).split()))
    return Utterance(kind, normalise("".join(written)), speech)
