"""``voicebot papers``: the papers that a practice owes, filled in from its file."""

from __future__ import annotations

import argparse
from pathlib import Path

from voicebot.cli.common import Clock, emit, parse_now
from voicebot.papers import write_papers
from voicebot.practice import load_practice


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the papers are written (HTML)")


def run(args: argparse.Namespace) -> int:
    """Write the papers and print their paths."""
    practice = load_practice(args.practice)
    today = Clock(practice.zone, parse_now(args.now)).now().date()
    for path in write_papers(practice, args.out, today):
        if args.json:
            emit({"paper": str(path)})
        else:
            print(path)
    return 0
