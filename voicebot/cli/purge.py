"""``voicebot purge``: delete what has served its time, now."""

from __future__ import annotations

import argparse
import sys

from voicebot.cli.common import emit
from voicebot.cli.keys import actor
from voicebot.cli.setup import open_workspace
from voicebot.maintenance import DOUBT
from voicebot.vault.backups import expire


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.description = (
        "Delete what is older than [retention] of practice.toml allows, rewrite the database so that nothing of it is"
        " left in free pages or in its log, and print a receipt that counts and names no one. The service does the same"
        " once a day. Where the last purge is more than five weeks ago and no time server keeps this machine's clock,"
        " the clock may be wrong: nothing is deleted until somebody says that it is right."
    )
    parser.add_argument("--clock-is-right", action="store_true", help="purge though the last one was long ago")


def run(args: argparse.Namespace) -> int:
    """Purge, and say how much."""
    space = open_workspace(args)
    try:
        receipt = space.vault.purge(actor=actor(), clock_is_right=args.clock_is_right)
        (args.data / DOUBT).unlink(missing_ok=True)
        expired = expire(args.data / "backups", space.clock.now(), space.practice.retention.backups)
    finally:
        space.close()
    counts = {**receipt.counts, "backups": expired}
    if args.json:
        emit({**receipt.as_json(), "counts": counts})
    else:
        print(f"{receipt.code}  {receipt.at:%Y-%m-%d %H:%M}")
        for name, count in counts.items():
            print(f"  {count:6}  {name}")
    if not receipt.clean:
        print(
            "voicebot: the log could not be emptied: someone was reading; it is emptied by the next one",
            file=sys.stderr,
        )
    return 0
