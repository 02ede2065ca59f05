"""Birth dates as callers say them: words, digits, keys; every segmentation is weighed, the century is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from voicebot.french.numbers import NUMBER_WORDS, compounds, readings
from voicebot.french.phrases import Phrases, load
from voicebot.french.words import fold, split

OLDEST_YEARS = 115
"""Nobody who calls is older, years."""

_DATA = load("naissance.toml")
_AROUND = Phrases.from_lists({key: _DATA[key] for key in ("autour", "correction")})
_SLIPS: dict[str, str] = _DATA["glissements"]
_MONTHS = {fold(name).rstrip("."): int(number) for number, names in load("mois.toml").items() for name in names}
_SEPARATORS = frozenset("/.-,:;?!…")
_FUZZY_LENGTH = 4


@dataclass(frozen=True)
class BirthDate:
    """What a birth date may be."""

    candidates: tuple[date, ...]
    """Every date that fits, most likely first: two when the century must be asked for."""
    sure: bool
    """Exactly one candidate, nothing left over and no word repaired."""
    leftover: tuple[str, ...] = ()

    @property
    def century_asked(self) -> bool:
        """Whether the candidates differ by their century only."""
        days = {(d.day, d.month, d.year % 100) for d in self.candidates}
        return len(self.candidates) > 1 and len(days) == 1


@dataclass(frozen=True)
class _Parse:
    day: int
    month: int
    years: tuple[int, ...]
    end: int


def read_birth_date(text: str, *, today: date) -> BirthDate:
    """Read a birth date out of an utterance, or out of the keys ``DDMMYYYY``."""
    words = compounds([word for word in split(text) if word.norm not in _SEPARATORS], text)
    kept: list[tuple[str, str]] = []
    before: list[tuple[str, str]] = []
    norms = [word.norm for word in words]
    index = 0
    while index < len(words):
        around = _AROUND.at(norms, index)
        if around is None:
            kept.append((norms[index], words[index].text))
            index += 1
            continue
        if around[1] == "correction" and kept:
            before, kept = kept, []
        index += around[0]
    best = _best(tuple(norm for norm, _ in kept))
    mended = _best(tuple(_mend(norm) for norm, _ in kept))
    repaired = mended is not None and (best is None or _size(mended) > _size(best))
    best = mended if repaired else best
    if best is None and before and kept:
        return _repaired(before, kept, today)
    if best is None:
        return BirthDate((), sure=False, leftover=tuple(text for _, text in kept))
    start, parses = best
    dates = [d for parse in parses for d in _dates(parse, today)]
    found = tuple(dict.fromkeys(dates))
    leftover = tuple(text for i, (_, text) in enumerate(kept) if not start <= i < parses[0].end)
    return BirthDate(found, sure=len(found) == 1 and not leftover and not repaired, leftover=leftover)


def _repaired(before: list[tuple[str, str]], after: list[tuple[str, str]], today: date) -> BirthDate:
    """ "Le douze mars 1979, non 78": what follows the correction replaces the end of what stood before it."""
    for dropped in range(1, len(before)):
        words = before[:-dropped] + after
        best = _best(tuple(norm for norm, _ in words))
        if best is not None and best[1][0].end - best[0] == len(words):
            dates = tuple(dict.fromkeys(day for parse in best[1] for day in _dates(parse, today)))
            return BirthDate(dates, sure=False)
    return BirthDate((), sure=False, leftover=tuple(text for _, text in after))


def _size(best: tuple[int, list[_Parse]]) -> int:
    return best[1][0].end - best[0]


def _best(norms: tuple[str, ...]) -> tuple[int, list[_Parse]] | None:
    """The parses that use the most words, with the word where they start."""
    best: tuple[int, int, list[_Parse]] | None = None
    for start in range(len(norms)):
        for parse in _parses(norms, start):
            size = parse.end - start
            if best is None or size > best[0]:
                best = (size, start, [parse])
            elif size == best[0] and start == best[1]:
                best[2].append(parse)
    return (best[1], best[2]) if best else None


def _parses(norms: tuple[str, ...], start: int) -> Iterator[_Parse]:
    if norms[start].isdecimal() and len(norms[start]) in (6, 8):
        keys = norms[start]
        yield _Parse(int(keys[:2]), int(keys[2:4]), _centuries(keys[4:]), start + 1)
        return
    for day, at in _day_readings(norms, start):
        for month, then in _month_readings(norms, at):
            for years, end in _year_readings(norms, then):
                yield _Parse(day, month, years, end)


def _day_readings(norms: tuple[str, ...], start: int) -> Iterator[tuple[int, int]]:
    if norms[start] == "premier":
        yield 1, start + 1
    for value, end in readings(norms, start):
        if 1 <= value <= 31:
            skip = end < len(norms) and value == 1 and norms[end] == "er"
            yield value, end + 1 if skip else end


def _month_readings(norms: tuple[str, ...], start: int) -> Iterator[tuple[int, int]]:
    if start >= len(norms):
        return
    if month := _MONTHS.get(norms[start]):
        yield month, start + 1
    for value, end in readings(norms, start):
        if 1 <= value <= 12:
            yield value, end


def _year_readings(norms: tuple[str, ...], start: int) -> Iterator[tuple[tuple[int, ...], int]]:
    if start >= len(norms):
        return
    if norms[start].isdecimal() and len(norms[start]) == 4:
        yield (int(norms[start]),), start + 1
    for head, century in ((("mille", "neuf"), 1900), (("dix", "neuf"), 1900), (("deux", "mille"), 2000)):
        end = next((e for e in (start + 1, start + 2) if tuple(" ".join(norms[start:e]).split()) == head), None)
        if end is None:
            continue
        hundred = end < len(norms) and norms[end] in ("cent", "cents")
        if century == 1900 and not hundred and head[0] == "mille":
            continue
        at = end + 1 if century == 1900 and hundred else end
        if century == 2000 or hundred:
            yield (century,), at
        more = at + 1 if at < len(norms) and norms[at] == "et" else at
        for value, stop in readings(norms, more):
            yield (century + value,), stop
    for value, end in readings(norms, start):
        yield _centuries(f"{value:02d}"), end


def _centuries(digits: str) -> tuple[int, ...]:
    return (int(digits),) if len(digits) == 4 else (1900 + int(digits), 2000 + int(digits))


def _dates(parse: _Parse, today: date) -> Iterator[date]:
    for year in parse.years:
        try:
            value = date(year, parse.month, parse.day)
        except ValueError:
            continue
        if value <= today and today.year - year <= OLDEST_YEARS:
            yield value


@lru_cache(maxsize=2048)
def _mend(norm: str) -> str:
    """A number or month that one slip of the recogniser away from this word; the word itself when there is none."""
    if norm in NUMBER_WORDS or norm in _MONTHS or norm.isdecimal() or " " in norm:
        return norm
    if norm in _SLIPS:
        return _SLIPS[norm]
    if len(norm) < _FUZZY_LENGTH:
        return norm
    known = [*NUMBER_WORDS, *(month for month in _MONTHS if len(month) >= _FUZZY_LENGTH)]
    near = {word for word in known if len(word) >= _FUZZY_LENGTH and DamerauLevenshtein.distance(norm, word) == 1}
    return near.pop() if len(near) == 1 else norm
