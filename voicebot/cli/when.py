"""``voicebot when``: read French time expressions, one or a stream of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from voicebot.cli.common import Clock, emit, minute, parse_now
from voicebot.errors import ConfigurationError
from voicebot.french.when import read
from voicebot.ports import When

_PRACTICE_ZONE = ZoneInfo("Europe/Paris")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.epilog = (
        "Exit status: 0 when every text gave at least one window, 1 when one gave none. Only a reading that is sure "
        "may be booked without asking; what was not understood is in leftover."
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
    offered = _offered(args.offered)
    clock = Clock(_PRACTICE_ZONE, parse_now(args.now))
    text = " ".join(args.text)
    lines: Iterable[str] = (line.rstrip("\r\n") for line in sys.stdin) if text == "-" else [text]
    status = 0
    for line in lines:
        when = read(line, now=clock.now(), offered=offered)
        if args.json or text == "-":
            emit(as_json(when))
        else:
            _show(when)
        status = status or int(not when.windows)
    return status


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
    print(when.reading or "(rien compris)")
    for start, end in when.windows:
        print(f"  {minute(start)} … {minute(end)}")
    if when.leftover:
        print(f"  pas compris : {', '.join(when.leftover)}")
    print("  sûr" if when.sure else "  à relire et à demander")
