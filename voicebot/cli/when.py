"""``voicebot when``: read French time expressions, one or a stream of them."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, cast

from voicebot.cli.common import Clock, emit, minute, parse_now
from voicebot.errors import ConfigurationError
from voicebot.french.when import WhenSettings, read
from voicebot.ports import When
from voicebot.practice import load_practice


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.epilog = (
        "Times that suit, within 120 days, as half-open windows; opening hours are ignored. Only a reading that is "
        "sure may be booked without asking; the words that were not understood are in leftover. On a terminal the "
        "reading is shown in French, elsewhere or with --json as one JSON object a line."
    )
    parser.add_argument("text", metavar="TEXT", nargs="+", help="what a caller said, or - to read one text a line")
    parser.add_argument(
        "--offered",
        metavar="ISO,…",
        default="",
        help="the start times that were just offered, in order (for instance 2026-11-24T09:00,2026-11-24T10:30)",
    )


def run(args: argparse.Namespace) -> int:
    """Read each text and print its reading."""
    practice = load_practice(args.practice)
    zone = cast(Literal["A", "B", "C"] | None, practice.school_zone)
    settings = WhenSettings(school_zone=zone) if zone else WhenSettings()
    clock = Clock(practice.zone, parse_now(args.now))
    offered = _offered(args.offered)
    text = " ".join(args.text)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    lines: Iterable[str] = (line.rstrip("\r\n") for line in sys.stdin) if text == "-" else [text]
    for line in lines:
        when = read(line, now=clock.now(), offered=offered, settings=settings)
        if args.json or text == "-" or not sys.stdout.isatty():
            emit(as_json(when))
        else:
            _show(when)
    return 0


def as_json(when: When) -> dict[str, object]:
    """The JSON object of a reading; times are practice-local ``YYYY-MM-DDTHH:MM``."""
    return {
        "windows": [[minute(start), minute(end)] for start, end in when.windows],
        "prefer": when.prefer,
        "leftover": list(when.leftover),
        "sure": when.sure,
        "reading": when.reading,
    }


def _offered(text: str) -> list[datetime]:
    offers = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        try:
            value = datetime.fromisoformat(part)
        except ValueError:
            raise ConfigurationError(f"--offered: {part!r} is not a time like 2026-11-24T09:00") from None
        if value.tzinfo is not None:
            raise ConfigurationError(f"--offered: {part!r} carries an offset; give practice-local time without one")
        offers.append(value)
    return offers


def _show(when: When) -> None:
    print(when.reading or "(aucun moment)")
    for start, end in when.windows:
        print(f"  {minute(start)} … {minute(end)}")
    if when.leftover:
        print(f"  pas compris : {', '.join(when.leftover)}")
    print("  sûr" if when.sure else "  à relire et à demander")
