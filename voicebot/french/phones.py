"""Phone numbers said in any grouping, repaired by the speaker, checked by phonenumbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers

from voicebot.french.numbers import readings
from voicebot.french.phrases import Phrases, load
from voicebot.french.words import split

_DATA = load("telephone.toml")
_AROUND = Phrases.from_lists({key: _DATA[key] for key in ("autour", "correction", "plus")})
_TIMES = {"double": 2, "deux fois": 2, "triple": 3, "trois fois": 3}
_PLUS = re.compile(r"\+\s*(?=\d)")
_LONGEST = 24


@dataclass(frozen=True)
class PhoneReading:
    """A phone number out of an utterance."""

    e164: str | None
    """For instance ``+33612345678``; None when no valid number was understood."""
    sure: bool
    """One valid reading only, and nothing left over."""
    leftover: tuple[str, ...] = ()


def read_phone(text: str, *, region: str = "FR") -> PhoneReading:
    """Read a phone number; ``region`` is where national numbers are dialled from (ISO 3166)."""
    words = [w for w in split(_PLUS.sub("plus ", text)) if not w.is_mark]
    norms = [w.norm for w in words]
    kept: list[str] = []
    leftover: list[str] = []
    index = 0
    while index < len(norms):
        if norms[index] in ("double", "triple") or _is_times(norms, index) or _starts_number(norms, index):
            kept.append(norms[index])
            index += 1
            continue
        around = _AROUND.at(norms, index)
        if around is None:
            leftover.append(words[index].text)
            index += 1
            continue
        if around[1] == "correction":
            kept.append("|")
        elif around[1] == "plus":
            kept.append("plus")
        index += around[0]
    valid = _valid(kept, region)
    return PhoneReading(valid[0] if valid else None, sure=len(valid) == 1 and not leftover, leftover=tuple(leftover))


def _is_times(norms: Sequence[str], index: int) -> bool:
    return norms[index] == "fois" or " ".join(norms[index : index + 2]) in _TIMES


def _starts_number(norms: Sequence[str], index: int) -> bool:
    return (
        norms[index].isdecimal() or any(True for _ in readings(tuple(norms), index, below=1000)) or norms[index] == "et"
    )


def _valid(kept: list[str], region: str) -> list[str]:
    """The valid numbers among the readings: of the whole, else after the last correction, else of its repair."""
    parts: list[list[str]] = [[]]
    for norm in kept:
        if norm == "|":
            parts.append([])
        else:
            parts[-1].append(norm)
    parts = [part for part in parts if part]
    if not parts:
        return []
    tries = [parts[-1]] if len(parts) == 1 else [parts[-1], *_repairs(parts)]
    for words in tries:
        if found := _check(words, region):
            return found
    return []


def _repairs(parts: list[list[str]]) -> Iterator[list[str]]:
    """ "… douze trente-cinq, non trente-quatre …": the words after the correction replace the last ones before it."""
    before, after = parts[-2], parts[-1]
    for dropped in range(1, len(before)):
        yield before[:-dropped] + after


def _check(words: list[str], region: str) -> list[str]:
    plus = words[0] == "plus"
    found: dict[str, None] = {}
    for digits in _digits(tuple(word for word in words if word != "plus"), 0, ""):
        text = f"+{digits}" if plus else digits
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            found[phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)] = None
    return list(found)


def _digits(norms: tuple[str, ...], index: int, done: str) -> Iterator[str]:
    """Every string of digits that the words may stand for."""
    if len(done) > _LONGEST:
        return
    if index == len(norms):
        yield done
        return
    if norms[index] == "et":
        yield from _digits(norms, index + 1, done)
        return
    times, at = _times(norms, index)
    if times > 1 and at < len(norms):
        for piece, end in _pieces(norms, at):
            yield from _digits(norms, end, done + piece * times)
    for piece, end in _pieces(norms, index):
        yield from _digits(norms, end, done + piece)


def _times(norms: tuple[str, ...], index: int) -> tuple[int, int]:
    if norms[index] in _TIMES:
        return _TIMES[norms[index]], index + 1
    pair = " ".join(norms[index : index + 2])
    return (_TIMES[pair], index + 2) if pair in _TIMES else (1, index)


def _pieces(norms: tuple[str, ...], index: int) -> Iterator[tuple[str, int]]:
    if norms[index].isdecimal():
        yield norms[index], index + 1
        return
    if norms[index] in ("zero", "zeros"):
        yield "0", index + 1
        return
    for value, end in readings(norms, index, below=1000):
        yield str(value), end
