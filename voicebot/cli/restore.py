"""``voicebot restore``: put a backup in the place of the database."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from voicebot.cli.common import Clock, emit, parse_now
from voicebot.cli.keys import Passphrase, actor, database_key
from voicebot.cli.setup import open_workspace
from voicebot.practice import load_practice
from voicebot.vault.key import read_key
from voicebot.vault.restore import restore
from voicebot.vault.retention import DoubtfulClockError


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.description = (
        "Replace the database by a backup, while no service runs. The backup is verified first; whoever was erased"
        " since stays erased; what has served its time is purged; the database of before is set aside in backups."
    )
    parser.add_argument("file", type=Path, help="the backup")
    parser.add_argument(
        "--backup-key-file",
        type=Path,
        metavar="FILE",
        help="the key that the backup was made with, where it is another",
    )
    parser.add_argument(
        "--set-aside-unreadable", action="store_true", help="go on though the present database is damaged"
    )


def run(args: argparse.Namespace) -> int:
    """Restore, and say what that meant."""
    key = database_key(args)
    clock = Clock(load_practice(args.practice).zone, parse_now(args.now))
    done = restore(
        args.data,
        args.file,
        key,
        clock,
        actor=actor(),
        backup_key=read_key(args.backup_key_file, args.data, Passphrase(args)) if args.backup_key_file else None,
        set_unreadable_aside=args.set_aside_unreadable,
    )
    space = open_workspace(args, key)
    purged, doubt = 0, None
    try:
        purged = sum(space.vault.purge(actor=actor()).counts.values())
    except DoubtfulClockError as error:
        doubt = error
    finally:
        space.close()
    result = {
        "erased_again": done.erased_again,
        "purged": purged,
        "audit_carried": done.carried,
        "audit_lost": done.lost,
        "set_aside": os.fspath(done.set_aside) if done.set_aside else None,
    }
    if args.json:
        emit(result)
    else:
        print(f"restored; {done.erased_again} rows erased again, {purged} purged")
        if done.set_aside:
            print(f"the database of before: {done.set_aside}")
    if done.lost:
        print(f"voicebot: {done.lost} rows of the audit trail are lost; the trail says so", file=sys.stderr)
    if doubt:
        print(f"voicebot: what has served its time is not purged: {doubt}", file=sys.stderr)
    return 0
