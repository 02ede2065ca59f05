"""Options that several verbs of the agenda share."""

from __future__ import annotations

import argparse
from datetime import date, datetime


def add_query(parser: argparse.ArgumentParser) -> None:
    """Add ``--motive``, ``--practitioner`` and ``--patient``."""
    parser.add_argument("--motive", required=True, help="what for, by its id in practice.toml")
    parser.add_argument("--practitioner", help="with whom, by id (default: anyone who takes the motive)")
    parser.add_argument("--patient", choices=("new", "known"), default="new", help="kind of patient (default: new)")


def local_time(text: str) -> datetime:
    """Read a practice-local time or date."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-11-24T09:00") from None
    if value.tzinfo is not None:
        raise argparse.ArgumentTypeError(f"{text!r} carries an offset; give practice-local time without one")
    if not 1970 < value.year < 9000:
        raise argparse.ArgumentTypeError(f"{text!r} is of no year that an agenda has; give one like 2026-11-24T09:00")
    return value


def birth_date(text: str) -> date:
    """Read a date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 1978-03-12") from None
