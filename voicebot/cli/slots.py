"""``voicebot slots``: the slots that the assistant may book."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta

from voicebot.cli.common import emit, minute
from voicebot.cli.options import add_query, local_time
from voicebot.cli.setup import open_workspace
from voicebot.ports import Slot, SlotQuery


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    add_query(parser)
    parser.add_argument("--from", dest="first", type=local_time, metavar="ISO", help="earliest start (default: now)")
    parser.add_argument(
        "--to", dest="last", type=local_time, metavar="ISO", help="starts lie before this (default: the horizon)"
    )


def run(args: argparse.Namespace) -> int:
    """Print one slot a line, in order; 1 when there is none."""
    space = open_workspace(args)
    windows: tuple[tuple[datetime, datetime], ...] = ()
    if args.first or args.last:
        now = space.clock.now()
        windows = ((args.first or now - timedelta(days=1), args.last or datetime(9000, 1, 1)),)
    found = space.agenda.search(SlotQuery(args.motive, args.patient, args.practitioner, windows))
    for slot in found:
        if args.json:
            emit(as_json(slot))
        else:
            print(f"{slot.start:%a %Y-%m-%d %H:%M}–{slot.end:%H:%M}  {slot.practitioner}  {slot.motive}  {slot.site}")
    if not found:
        print("voicebot: no such slot is free or allowed; `voicebot explain` says which rule decides", file=sys.stderr)
    return 0 if found else 1


def as_json(slot: Slot) -> dict[str, str]:
    """A slot as one JSON object."""
    return {
        "start": minute(slot.start),
        "end": minute(slot.end),
        "practitioner": slot.practitioner,
        "motive": slot.motive,
        "site": slot.site,
    }
