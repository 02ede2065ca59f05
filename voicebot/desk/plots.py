"""Geometry of the board's plots: numbers to rectangles. Colours and type are the style sheet's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Part:
    """One piece of a bar; SVG user units."""

    kind: str
    """A class of ``board.css``."""
    value: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One bar, with its label and the sentence that a reader of the screen hears."""

    label: str
    spoken: str
    x: float
    width: float
    parts: tuple[Part, ...]
    total: int
    top: float


@dataclass(frozen=True)
class Plot:
    """A bar chart of ``width`` × ``height`` units; its base line lies at ``floor``."""

    width: int
    height: int
    floor: int
    bars: tuple[Bar, ...]
    lines: tuple[tuple[int, float], ...]
    """Value and y of each horizontal line."""


def bars(columns: Sequence[tuple[str, str, Sequence[tuple[str, int]]]], *, width: int = 640, height: int = 220) -> Plot:
    """A plot of stacked bars.

    Args:
        columns: label, spoken sentence and parts (kind and value, from the bottom up).
    """
    left, top, floor = 34, 18, height - 24
    highest = scale(max((sum(value for _, value in parts) for _, _, parts in columns), default=0))
    room = (width - left) / max(1, len(columns))
    drawn = []
    for place, (label, spoken, parts) in enumerate(columns):
        y, pieces = float(floor), []
        for kind, value in parts:
            tall = value / highest * (floor - top)
            y -= tall
            if value:
                pieces.append(Part(kind, value, round(y, 1), round(tall, 1)))
        total = sum(value for _, value in parts)
        x = left + place * room + room * 0.18
        drawn.append(Bar(label, spoken, round(x, 1), round(room * 0.64, 1), tuple(pieces), total, round(y, 1)))
    lines = tuple((part, floor - part / highest * (floor - top)) for part in sorted({0, highest // 2, highest}))
    return Plot(width, height, floor, tuple(drawn), lines)


def scale(highest: int) -> int:
    """The smallest of 2, 4, 10, 20, 40, 100… that holds a value: its half is a whole number."""
    step = 1
    while True:
        for factor in STEPS:
            if highest <= 2 * factor * step:
                return 2 * factor * step
        step *= 10
