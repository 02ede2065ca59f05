"""The options that every verb has, and what they stand for."""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from time import monotonic
from typing import Any

from voicebot.errors import ConfigurationError

SAMPLE_PRACTICE = Path(__file__).resolve().parent.parent / "practice" / "sample"


def add_common(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add ``--practice``, ``--data``, ``--key-file``, ``--now`` and ``--json``.

    ``again``: behind an action of a verb that has them already; what was given before the action then stands.
    """
    env = os.environ
    common = parser.add_argument_group("common options")

    def default(value: object) -> Any:
        return argparse.SUPPRESS if again else value

    common.add_argument(
        "--practice",
        type=Path,
        default=default(Path(env.get("VOICEBOT_PRACTICE") or SAMPLE_PRACTICE)),
        metavar="DIR",
        help="the practice's directory (default: $VOICEBOT_PRACTICE, else the sample practice)",
    )
    common.add_argument(
        "--data",
        type=Path,
        default=default(Path(env.get("VOICEBOT_DATA") or "data")),
        metavar="DIR",
        help="where the agenda is kept (default: $VOICEBOT_DATA, else ./data)",
    )
    key_file = env.get("VOICEBOT_KEY_FILE")
    common.add_argument(
        "--key-file",
        type=Path,
        default=default(Path(key_file) if key_file else None),
        metavar="FILE",
        help="the file that holds the database key, outside the data directory (default: $VOICEBOT_KEY_FILE)",
    )
    common.add_argument(
        "--passphrase-fd",
        type=int,
        default=default(None),
        metavar="N",
        help="read the passphrase of a protected key from this file descriptor (default: ask at the terminal)",
    )
    common.add_argument(
        "--now",
        default=default(None),
        metavar="ISO",
        help="start the clock at this practice-local time, for tests and rehearsals (for instance 2026-11-23T08:00)",
    )
    common.add_argument(
        "--json",
        action="store_true",
        default=default(False),
        help="print one JSON object a line on stdout and nothing else",
    )


class Clock:
    """Practice-local wall time (naive): the machine's, or one that starts at a given instant and runs."""

    def __init__(self, zone: tzinfo, start: datetime | None = None) -> None:
        self._zone = zone
        self._start = start
        self._origin = monotonic()

    def now(self) -> datetime:
        """The practice's wall time now."""
        if self._start is None:
            return datetime.now(self._zone).replace(tzinfo=None)
        begun = self._start.replace(tzinfo=self._zone).astimezone(UTC)
        return (begun + timedelta(seconds=monotonic() - self._origin)).astimezone(self._zone).replace(tzinfo=None)


def parse_now(text: str | None) -> datetime | None:
    """Read ``--now``: naive practice time. Raises ConfigurationError."""
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--now: {text!r} is not a time like 2026-11-23T08:00") from None
    if value.tzinfo is not None:
        raise ConfigurationError(f"--now: {text!r} carries an offset; give practice-local time without one")
    return value


def emit(value: object) -> None:
    """Print one JSON object on a line of stdout, flushed."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def minute(value: datetime) -> str:
    """The form of times in JSON: ``YYYY-MM-DDTHH:MM``."""
    return value.strftime("%Y-%m-%dT%H:%M")
