"""``voicebot calls``: the events of calls, kept ones or live. No audio."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from voicebot.cli.common import emit
from voicebot.cli.keys import actor
from voicebot.cli.setup import open_workspace
from voicebot.control import follow
from voicebot.journal import WORDS

KEPT = 10_000
"""Most kept events that are listed."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--follow", action="store_true", help="show the live events of the running service")


def run(args: argparse.Namespace) -> int:
    """List or follow. Exit 1 when there is nothing."""
    if args.follow:
        for event in follow(args.data):
            show(event, as_json=args.json)
        return 0
    workspace = open_workspace(args)
    try:
        events = workspace.events.recent(KEPT)
        read = dict.fromkeys(event["call"] for event in events if event["event"] in WORDS)
        workspace.audit.record_each(actor(), "transcript.read", read)
    finally:
        workspace.close()
    for event in events:
        show(event, as_json=args.json)
    return 0 if events else 1


def show(event: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one event."""
    if as_json:
        emit(dict(event))
        return
    rest = " ".join(f"{key}={value}" for key, value in event.items() if key not in ("call", "at", "event"))
    print(f"{event['at']} {str(event['call'])[:8]} {event['event']} {rest}", flush=True)
