"""From words to pieces: the lexicon's phrases, numbers, words without content, and words that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein

from voicebot.french import numbers
from voicebot.french.time.lexicon import HOUR_SLIPS, PHRASES, TOOLS
from voicebot.french.time.nodes import Context
from voicebot.french.time.patterns import Alphabet, Grammar, Piece
from voicebot.french.words import Word

ALPHABET = Alphabet()

_BOUNDS = {
    ",": "COMMA",
    ";": "STOP",
    ".": "STOP",
    "!": "STOP",
    "?": "STOP",
    "…": "COMMA",
    ":": "COLON",
    "/": "SLASH",
    "-": "DASH",
    "–": "DASH",
}
_FUZZY_CLASSES = ("WD", "MONTH")
_FUZZY_LENGTH = 5
_FUZZY: dict[str, tuple[str, Any]] = {
    words[0]: value
    for words, value in PHRASES.items()
    if value[0] in _FUZZY_CLASSES and len(words) == 1 and len(words[0]) >= _FUZZY_LENGTH
}
_MAKER = Grammar(ALPHABET)


def without_stutter(words: Sequence[Word]) -> list[Word]:
    """Drop what is said twice in a row (« à à dix heures ») and words broken off (« mer mercredi »)."""
    norms = [word.norm for word in words]
    kept: list[Word] = []
    index = 0
    while index < len(words):
        if size := _repeated(norms, index):
            index += size
        elif _broken_off(norms, index):
            index += 1
        else:
            kept.append(words[index])
            index += 1
    return kept


def _repeated(norms: Sequence[str], index: int) -> int:
    """The length of a run of words that comes again at once; hours are no stutter (« dix heures dix heures dix »)."""
    for size in (3, 2, 1):
        run = norms[index : index + size]
        if len(run) == size and run == norms[index + size : index + 2 * size] and not _HOURS & set(run):
            if size == 1 and _day_and_hour(norms, index):
                continue
            if all(norm.isdecimal() or not norm[0].isalnum() for norm in run):
                continue
            return size
    return 0


def _day_and_hour(norms: Sequence[str], index: int) -> bool:
    """« vendredi onze onze heures »: the day of the month, then the hour."""
    dated = index > 0 and (whole := PHRASES.at(norms, index - 1)) is not None and whole[1][0] == "WD"
    timed = index + 2 < len(norms) and norms[index + 2] in _HOURS
    return dated and timed and norms[index] in numbers.NUMBER_WORDS


def _broken_off(norms: Sequence[str], index: int) -> bool:
    if index + 1 >= len(norms) or not 2 <= len(norms[index]) < len(norms[index + 1]):
        return False
    whole = PHRASES.at(norms, index + 1)
    known = norms[index] in TOOLS or PHRASES.at(norms, index) or norms[index] in numbers.NUMBER_WORDS
    return (
        not known and whole is not None and whole[1][0] in _FUZZY_CLASSES and norms[index + 1].startswith(norms[index])
    )


_HOURS = frozenset({"heure", "heures", "h"})
_UNDERSTOOD = frozenset(
    (
        *("DAY", "HRS", "SET", "ANY", "SOON", "EARLIEST", "OR", "AND", "COMMA", "STOP", "BUT", "NOT", "PLUTOT", "CORR"),
        *("NO", "YES", "DONC", "CANT", "CAN", "BUSY", "BOOK", "CLAIM", "REASON", "SINCE", "MOVE", "TITLE", "WANT"),
        *("HAVE", "EVENTED", "LEAVE", "THIS", "EXACT", "SOFT", "DASH", "COLON", "SLASH", "AGO", "IS", "QUE"),
    )
)
"""Kinds of pieces that are no leftover once the grammar has passed."""


def understood(piece: Piece) -> bool:
    """Whether a piece is understood or without content; any other is given back to the caller of the reader."""
    return piece.kind in _UNDERSTOOD or (piece.kind == "word" and piece.value in TOOLS)


def pieces_of(cx: Context, words: Sequence[Word], claimed: Sequence[tuple[int, int]]) -> list[Piece]:
    """Pieces of an utterance; hesitations and politeness are left out, claimed spans are one ``CLAIM`` each."""
    norms = [word.norm for word in words]
    taken = [any(word.start < end and word.end > start for start, end in claimed) for word in words]
    found = {n.start: n for n in numbers.find(norms)}
    for at, (norm, following) in enumerate(pairwise(norms)):
        if norm in HOUR_SLIPS and following in ("heure", "heures"):
            found[at] = numbers.Number(HOUR_SLIPS[norm], at, at + 1)
    pieces: list[Piece] = []
    index = 0
    while index < len(words):
        if taken[index]:
            pieces.append(_MAKER.piece("CLAIM", None, index, index + 1))
            index += 1
            continue
        piece = _piece(words, norms, index, found)
        if any(taken[index : piece.end]):
            piece = _word(words, norms, index)
        if pieces and pieces[-1].kind == "TITLE" and piece.kind in ("MONTH", "FEAST"):
            piece = _MAKER.piece("UNKNOWN", norms[index], index, piece.end)  # « docteur Janvier », « madame Noël »
        if norms[index] == "…" or norms[index : index + 2] == [".", "."]:
            cx.hesitations.add(index)
        if piece.kind != "DROP":
            pieces.append(piece)
        elif piece.value == "hesitation":
            cx.hesitations.update(range(index, piece.end))
        index = piece.end
    return pieces


def _piece(words: Sequence[Word], norms: list[str], index: int, found: dict[int, numbers.Number]) -> Piece:
    phrase = PHRASES.at(norms, index)
    number = found.get(index)
    if phrase and (number is None or phrase[0] > number.end - number.start or phrase[0] > 1):
        length, (kind, value) = phrase
        if kind == "PREV" and words[index].text.lower() == "passe":
            return _word(words, norms, index)  # « le bus passe », not « mardi passé »
        return _MAKER.piece(kind, value, index, index + length)
    if number is not None:
        return _MAKER.piece("NUM", number.value, index, number.end)
    return _word(words, norms, index)


def _word(words: Sequence[Word], norms: list[str], index: int) -> Piece:
    norm = norms[index]
    if words[index].is_mark:
        return _MAKER.piece(_BOUNDS[norm], norm, index, index + 1)
    code = ALPHABET.known(norm)
    if code is not None:
        return Piece("word", norm, index, index + 1, code)
    if norm in TOOLS:
        return _MAKER.piece("DROP", norm, index, index + 1)
    near = _near(norm)
    if near is not None:
        return _MAKER.piece(near[0], near[1], index, index + 1)
    return _MAKER.piece("UNKNOWN", norm, index, index + 1)


@lru_cache(maxsize=4096)
def _near(norm: str) -> tuple[str, Any] | None:
    """A weekday or month that is one slip away from a word nobody knows."""
    if len(norm) < _FUZZY_LENGTH:
        return None
    near = {value for word, value in _FUZZY.items() if DamerauLevenshtein.distance(norm, word, score_cutoff=1) == 1}
    return near.pop() if len(near) == 1 else None
