"""``voicebot backup``: write an encrypted, verified copy of the database, beside a running service too."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from voicebot.cli.common import emit
from voicebot.cli.keys import actor
from voicebot.cli.setup import open_workspace
from voicebot.vault.backups import expire


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.description = (
        "Write a copy of the database, encrypted with its own key, read it back whole, and delete the copies there that"
        " are older than [retention] backups_days. The key is not in it: keep the recovery key elsewhere."
    )
    parser.add_argument("--to", type=Path, metavar="DIR", help="where (default: backups in the data directory)")


def run(args: argparse.Namespace) -> int:
    """Back up, and say where."""
    directory = args.to or args.data / "backups"
    space = open_workspace(args)
    try:
        made = space.vault.backup(directory, actor=actor())
        doubt = space.vault.doubt_about_clock()
        expired = 0 if doubt else expire(directory, space.clock.now(), space.practice.retention.backups)
    finally:
        space.close()
    if args.json:
        emit({"file": str(made.path), "bytes": made.bytes, "anchor": made.audit.code, "expired": expired})
    else:
        print(f"{made.path}  {made.bytes / 1e6:.1f} MB, read back; audit trail up to {made.audit.code}")
    if doubt:
        print(f"voicebot: no older backup was deleted: {doubt}", file=sys.stderr)
    return 0
