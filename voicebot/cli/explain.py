"""``voicebot explain``: whether a time is bookable and which rule decides."""

from __future__ import annotations

import argparse

from voicebot.cli.common import emit, minute
from voicebot.cli.options import add_query, local_time
from voicebot.cli.setup import open_workspace
from voicebot.ports import SlotQuery


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    add_query(parser)
    parser.add_argument("--at", required=True, type=local_time, metavar="ISO", help="the start that is asked about")


def run(args: argparse.Namespace) -> int:
    """Print the answer; 1 for no."""
    space = open_workspace(args)
    found = space.agenda.explain(SlotQuery(args.motive, args.patient, args.practitioner), args.at)
    verdict, where = found.verdict, found.verdict.where
    following = minute(found.next.start) if found.next else None
    if args.json:
        emit(
            {
                "bookable": verdict.bookable,
                "reason": verdict.reason,
                "file": where.file if where else None,
                "line": where.line if where else None,
                "next": following,
            }
        )
    else:
        print(f"{'oui' if verdict.bookable else 'non'} : {verdict.reason}")
        if where:
            print(f"règle : {where.file}:{where.line}: {where.key}")
        if not verdict.bookable:
            print(f"prochain créneau possible : {following or 'aucun'}")
    return 0 if verdict.bookable else 1
