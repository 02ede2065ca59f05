"""Phone numbers said in any grouping, repaired by the speaker, checked by phonenumbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers

from voicebot.french.numbers import compounds, readings
from voicebot.french.phrases import Phrases, load
from voicebot.french.words import split

_DATA = load("telephone.toml")
_AROUND = Phrases.from_lists({key: _DATA[key] for key in ("autour", "correction", "plus")})
_TIMES = {"double": 2, "deux fois": 2, "triple": 3, "trois fois": 3}
_PLUS = re.compile(r"\+\s*(?=\d)")
_LONGEST = 24

_FICTION = re.compile(r"33(19900|26191|35301|46571|53649|63998)\d{4}")
"""Numbers kept for films and books (ARCEP, decision 2018-0881): rehearsals and samples use them."""


@dataclass(frozen=True)
class PhoneReading:
    """A phone number out of an utterance."""

    e164: str | None
    """For instance ``+33612345678``; None when no valid number was understood."""
    sure: bool
    """The numbers were taken as they were said, and nothing is left over."""
    leftover: tuple[str, ...] = ()


def read_phone(text: str, *, region: str = "FR") -> PhoneReading:
    """Read a phone number; ``region`` is where national numbers are dialled from (ISO 3166)."""
    text = _PLUS.sub("plus ", text)
    words = compounds(split(text), text)
    norms = [w.norm for w in words]
    kept: list[str] = []
    leftover: list[str] = []
    index = 0
    while index < len(norms):
        if (
            words[index].is_mark
            or norms[index] in ("double", "triple")
            or _is_times(norms, index)
            or _starts_number(norms, index)
        ):
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
    number, natural = _best(kept, region)
    return PhoneReading(number, sure=natural and not leftover, leftover=tuple(leftover))


def _is_times(norms: Sequence[str], index: int) -> bool:
    return norms[index] in ("fois", *_TIMES) or " ".join(norms[index : index + 2]) in _TIMES


def _starts_number(norms: Sequence[str], index: int) -> bool:
    return (
        norms[index].isdecimal() or any(True for _ in readings(tuple(norms), index, below=1000)) or norms[index] == "et"
    )


def _best(kept: list[str], region: str) -> tuple[str | None, bool]:
    """The number among the readings, and whether it is the natural one: of the whole, else of the last repair."""
    parts: list[list[str]] = [[]]
    for norm in kept:
        if norm == "|":
            parts.append([])
        else:
            parts[-1].append(norm)
    parts = [part for part in parts if any(norm[0].isalnum() for norm in part)]
    tries = [parts[-1], *_repairs(parts)] if parts else []
    found = [hit for words in tries for hit in _check(words, region)[:1]]
    natural = next((number for number, is_natural in found if is_natural), None)
    if natural is not None:
        return natural, True
    return (found[0][0], False) if found else (None, False)


def _repairs(parts: list[list[str]]) -> Iterator[list[str]]:
    """ "… douze trente-cinq, non trente-quatre …": the words after the correction replace the last ones before it."""
    if len(parts) < 2:
        return
    before, after = parts[-2], parts[-1]
    for dropped in range(1, len(before)):
        yield before[:-dropped] + after


def _check(words: list[str], region: str) -> list[tuple[str, bool]]:
    """The valid numbers that the words may stand for, each with whether its cut is the natural one, that one first.

    « soixante-dix-huit » is 78; that it is 60 18 needs a pause that a recogniser does not write. Where two cuts have as
    few pieces (« vingt quatre vingt un » is 24 21 or 20 81) none is natural.
    """
    plus = words[0] == "plus"
    found: dict[str, tuple[bool, int]] = {}
    for digits, natural, pieces in _digits(tuple(word for word in words if word != "plus"), 0, "", natural=True):
        number = _valid_number(f"+{digits}" if plus else digits, region)
        if number is not None and number not in found:
            found[number] = (natural, pieces)
    fewest = min((pieces for _, pieces in found.values()), default=0)
    rivals = sum(pieces == fewest for _, pieces in found.values())
    ranked = sorted(found.items(), key=lambda item: (not item[1][0], item[1][1]))
    return [(number, natural and rivals == 1) for number, (natural, _) in ranked]


def _valid_number(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    fictitious = _FICTION.fullmatch(f"{number.country_code}{number.national_number}")
    if not phonenumbers.is_valid_number(number) and not fictitious:
        return None
    if not text.startswith(("+", "00")):
        dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        if "".join(filter(str.isdecimal, dialled)) != text:
            return None  # the leading zero was not said: something is missing
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _digits(
    norms: tuple[str, ...], index: int, done: str, *, natural: bool, pieces: int = 0
) -> Iterator[tuple[str, bool, int]]:
    """Every string of digits that the words may stand for, natural or not, and in how many pieces."""
    if len(done) > _LONGEST:
        return
    if index == len(norms):
        yield done, natural, pieces
        return
    if norms[index] == "et" or not norms[index][0].isalnum():
        yield from _digits(norms, index + 1, done, natural=natural, pieces=pieces)
        return
    times, at = _times(norms, index)
    if times > 1 and at < len(norms):
        for piece, end in _pieces(norms, at):
            yield from _digits(norms, end, done + piece * times, natural=natural, pieces=pieces + 1)
            natural = False
    for piece, end in _pieces(norms, index):
        yield from _digits(norms, end, done + piece, natural=natural, pieces=pieces + 1)
        natural = False


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
