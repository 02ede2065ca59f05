"""When: a French time expression to windows of start times, and what of it was not understood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from voicebot.french.time import (
    celebrations,
    clocks,
    compose,
    dates,
    durations,
    hours,
    moments,
    moves,
    offers,
    polarity,
    ranges,
    reading,
    reasons,
    spans,
    weekdays,
)
from voicebot.french.time.feasts import school_holidays
from voicebot.french.time.grammar import PASSES
from voicebot.french.time.lexer import pieces_of, understood, without_stutter
from voicebot.french.time.nodes import Context
from voicebot.french.time.patterns import Piece
from voicebot.french.time.settings import DEFAULT, WhenSettings
from voicebot.french.words import Word, split
from voicebot.ports import When

__all__ = ["DEFAULT", "WhenSettings", "prepare", "read"]

RULES = (clocks, hours, weekdays, durations, dates, spans, celebrations, ranges, moments, moves, offers)
"""The modules that hold the rules of the grammar: importing them makes it."""

_LONGEST = 400
"""Words of an utterance that are read; a longer one is never sure."""


def read(
    text: str,
    *,
    now: datetime,
    offered: Sequence[datetime] = (),
    claimed: Sequence[tuple[int, int]] = (),
    settings: WhenSettings = DEFAULT,
) -> When:
    """Read when a caller wants to come.

    Args:
        text: what the recogniser wrote: digits or words, with or without accents and punctuation.
        now: practice-local wall time, naive.
        offered: start times that were just offered, in the order in which they were said.
        claimed: spans of ``text`` (end exclusive) that another reader of the dialogue has understood.
        settings: what time words mean in this practice.

    Returns:
        Windows of local start times within 120 days, half-open, sorted and merged. ``sure`` is False when a content
        word was not understood (it is in ``leftover``), when the words allow two readings, and when nothing fits.
    """
    words = without_stutter(split(text))
    cx = Context(now, tuple(offered), settings)
    if len(words) > _LONGEST:
        words = words[:_LONGEST]
        cx.doubt("trop de mots pour une seule demande")
    pieces = pieces_of(cx, words, claimed)
    for grammar in PASSES:
        pieces = grammar.reduce(cx, pieces)
    pieces = reasons.without_reasons(cx, pieces)
    builder = polarity.TermBuilder(cx)
    built = builder.build(pieces)
    soonest = builder.soonest or any(p.kind == "EARLIEST" for p in pieces)
    result = compose.compose(cx, built, universe=soonest or builder.any)
    windows = () if cx.impossible else compose.windows(cx, result)
    leftover = _leftover(words, pieces)
    return When(
        windows=windows,
        prefer="soonest" if soonest else None,
        leftover=leftover,
        sure=bool(windows) and not leftover and not cx.doubts,
        reading=reading.describe(cx, result, soonest=soonest) if windows else "",
        timed=bool(built) or soonest,
        doubts=tuple(dict.fromkeys(cx.doubts)),
    )


def prepare(now: datetime, settings: WhenSettings = DEFAULT) -> None:
    """Load the calendar of school holidays (about a second, once a process), so that no caller waits for it."""
    school_holidays("vacances", settings.school_zone, now.date())


def _leftover(words: Sequence[Word], pieces: Sequence[Piece]) -> tuple[str, ...]:
    return tuple(
        word.text
        for piece in pieces
        if not understood(piece)
        for word in words[piece.start : piece.end]
        if not word.is_mark
    )
