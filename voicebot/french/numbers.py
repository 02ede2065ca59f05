"""French numbers inside sentences: words to integers (text2num) and integers to words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from text_to_num import find_numbers

from voicebot.french.words import Word, split

_UNITS = (
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize"),
    *("quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"),
)
_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}

NUMBER_WORDS = frozenset(
    (
        *("zero", "zeros", "un", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
        *("onze", "douze", "treize", "quatorze", "quinze", "seize", "vingt", "vingts", "trente", "quarante"),
        *("cinquante", "soixante", "septante", "huitante", "octante", "nonante", "cent", "cents", "mille"),
    )
)
"""Folded words that a cardinal number may hold."""

_LONGEST = 7
"""Words of the longest number below 1000 (« neuf cent quatre vingt dix sept »), with one to spare."""

_ALONE = frozenset({"un", "une"})
_ACCENTED = {"zero": "zéro", "zeros": "zéro"}


@dataclass(frozen=True, slots=True)
class Number:
    """A cardinal number found among words: ``value``, and the words ``start`` to ``end`` (exclusive)."""

    value: int
    start: int
    end: int


class _Part:
    """A word as text2num wants it (its ``Token`` protocol)."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def text(self) -> str:
        return self._text

    def nt_separated(self, previous: object) -> bool:
        return False

    def not_a_number_part(self) -> bool:
        return self._text not in NUMBER_WORDS and self._text != "et" and self._text not in _ACCENTED.values()


def find(norms: Sequence[str]) -> list[Number]:
    """Find cardinal numbers among folded words, in order.

    Digits count; ``un`` and ``une`` alone do not (they are articles). ``et`` belongs to a number only where French
    puts it (``vingt et un``).
    """
    found: list[Number] = []
    run: list[str] = []
    for index, norm in enumerate([*norms, ""]):
        if norm in NUMBER_WORDS or (norm == "et" and run):
            run.append(norm)
            continue
        if run:
            found.extend(_in_run(tuple(run), index - len(run)))
            run = []
        if norm.isdecimal():
            found.append(Number(int(norm), index, index + 1))
    return found


def _in_run(run: tuple[str, ...], offset: int) -> list[Number]:
    return [Number(n.value, n.start + offset, n.end + offset) for n in _run_numbers(run)]


@lru_cache(maxsize=4096)
def _run_numbers(run: tuple[str, ...]) -> tuple[Number, ...]:
    parts = [_Part(_ACCENTED.get(norm, norm)) for norm in run]
    numbers = []
    for hit in find_numbers(parts, "fr", 0.0):
        if hit.is_ordinal or (hit.end - hit.start == 1 and run[hit.start] in _ALONE):
            continue
        numbers.append(Number(int(hit.value), hit.start, hit.end))
    return tuple(numbers)


def compounds(words: Sequence[Word], text: str) -> list[Word]:
    """Join words that a hyphen makes one number: « quatre-vingt-un » becomes a single word, its parts spaced.

    Who writes hyphens tells « soixante-dix-huit » (78) from « soixante dix-huit » (60 18).
    """
    composed = unicodedata.normalize("NFC", text)
    joined: list[Word] = []
    for word in words:
        last = joined[-1] if joined else None
        if last is not None and composed[last.end : word.start] in ("-", "‐", "‑") and word.norm in NUMBER_WORDS:
            joined[-1] = Word(f"{last.text}-{word.text}", f"{last.norm} {word.norm}", last.start, word.end)
        else:
            joined.append(word)
    return [part for word in joined for part in ([word] if _is_compound(word.norm) else _parts(word))]


def _is_compound(norm: str) -> bool:
    return " " not in norm or tuple(norm.split()) in _spellings()


def _parts(word: Word) -> list[Word]:
    parts, start = [], word.start
    for text, norm in zip(word.text.split("-"), word.norm.split(), strict=True):
        parts.append(Word(text, norm, start, start + len(text)))
        start += len(text) + 1
    return parts


def readings(norms: tuple[str, ...], start: int, *, below: int = 100) -> Iterator[tuple[int, int]]:
    """Every number that folded words may mean from ``start`` on, longest first: (value, end).

    ``soixante dix huit`` gives 78, 70 and 60: who reads digits said in groups weighs them all. ``zéro cinq`` gives 5.
    """
    if start >= len(norms):
        return
    if norms[start].isdecimal():
        if int(norms[start]) < below:
            yield int(norms[start]), start + 1
        return
    if norms[start] in ("zero", "zeros"):
        for value, end in readings(norms, start + 1, below=10):
            yield value, end
        yield 0, start + 1
        return
    table = _spellings()
    for end in range(min(start + _LONGEST, len(norms)), start, -1):
        words = tuple(" ".join(norms[start:end]).split())
        if 0 < (value := table.get(words, 0)) < below and _may_join(norms[start:end]):
            yield value, end


def _may_join(norms: tuple[str, ...]) -> bool:
    """Words that hyphens left apart are one number only around « et » and « cent »."""
    return len(norms) == 1 or not any(" " in norm for norm in norms) or bool({"et", "cent", "cents"} & set(norms))


@lru_cache(maxsize=1)
def _spellings() -> dict[tuple[str, ...], int]:
    """Every way to say 1 to 999, as folded words."""
    table: dict[tuple[str, ...], int] = {("une",): 1, ("quatre", "vingt"): 80, ("cents",): 100}
    for ten, name in ((70, "septante"), (80, "huitante"), (80, "octante"), (90, "nonante")):
        table[(name,)] = ten
        for unit in range(1, 10):
            table[(name, to_words(unit))] = table[(name, "et", to_words(unit))] = ten + unit
    for value in range(1, 1000):
        words = tuple(word.norm for word in split(to_words(value)))
        for variant in (words, tuple(w for w in words if w != "et")):
            table.setdefault(variant, value)
            table.setdefault(tuple("cents" if w == "cent" and i else w for i, w in enumerate(variant)), value)
    return table


def to_words(value: int, *, feminine: bool = False) -> str:
    """Spell a cardinal from 0 to 999 999 as France says it: ``71`` → ``"soixante et onze"``.

    ``feminine`` makes a final *un* agree (``vingt et une heures``). Raises ValueError outside the range.
    """
    if not 0 <= value < 1_000_000:
        raise ValueError(f"{value} is outside 0…999999")
    words = _spell(value)
    return words + "e" if feminine and (words == "un" or words.endswith((" un", "-un"))) else words


def _spell(value: int) -> str:
    if value < 20:
        return _UNITS[value]
    if value < 100:
        return _below_hundred(value)
    if value < 1000:
        return _join(value // 100, "cent", value % 100)
    return _join(value // 1000, "mille", value % 1000)


def _join(count: int, unit: str, rest: int) -> str:
    head = unit if count == 1 else f"{_spell(count)} {unit}"
    if rest == 0:
        return head + "s" if unit == "cent" and count > 1 else head
    return f"{head} {_spell(rest)}"


def _below_hundred(value: int) -> str:
    if value >= 80:
        return "quatre-vingts" if value == 80 else f"quatre-vingt-{_UNITS[value - 80]}"
    ten = min(value // 10 * 10, 60)
    unit = value - ten
    if unit == 0:
        return _TENS[ten]
    return f"{_TENS[ten]} et {_UNITS[unit]}" if unit in (1, 11) else f"{_TENS[ten]}-{_UNITS[unit]}"
