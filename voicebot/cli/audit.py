"""``voicebot audit``: verify the trail of who read or changed what, or show it."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from voicebot.cli.common import emit
from voicebot.cli.setup import Workspace, open_workspace
from voicebot.errors import ConfigurationError
from voicebot.vault.anchor import FILE_NAME as ANCHOR
from voicebot.vault.anchor import Anchor, AnchorFile

CODE = re.compile(r"(\d+)-([0-9a-f]{16})")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.description = (
        "verify: recompute the chain and compare its end with the anchors beside the database and its backups, and with"
        " any code or file given; 1 when it was changed or cut short. log: show the trail."
    )
    parser.add_argument("action", choices=("verify", "log"))
    parser.add_argument(
        "--anchor",
        action="append",
        default=[],
        metavar="CODE|FILE",
        help="verify: an end of the trail that was written down or kept elsewhere, as verify prints it; repeatable",
    )
    parser.add_argument("--subject", metavar="ID", help="log: about this patient or call only")
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="log: the newest N rows (default: 200)")


def run(args: argparse.Namespace) -> int:
    """Verify or show."""
    space = open_workspace(args)
    try:
        return _verify(args, space) if args.action == "verify" else _log(args, space)
    finally:
        space.close()


def _verify(args: argparse.Namespace, space: Workspace) -> int:
    anchors = [anchor for text in args.anchor if (anchor := _anchor(text)) is not None]
    beside, _ = AnchorFile(args.data / "backups" / ANCHOR).read()
    anchors += [beside] if beside else []
    kept_since = space.clock.now() - timedelta(days=space.practice.retention.audit)
    found = space.audit.verify(others=tuple(anchors), kept_since=kept_since)
    if args.json:
        emit({"ok": found.ok, "rows": found.rows, "anchor": found.head.code, "problems": list(found.problems)})
    else:
        print(f"{found.rows} rows, the last is {found.head.code}")
        for problem in found.problems:
            print(f"voicebot: {problem}", file=sys.stderr)
    return 0 if found.ok else 1


def _anchor(text: str) -> Anchor:
    if match := CODE.fullmatch(text.strip().lower()):
        return Anchor(int(match[1]), match[2], "the date of the code")
    anchor, problem = AnchorFile(Path(text)).read()
    if anchor is None:
        raise ConfigurationError(f"--anchor {text}: {problem or 'is no anchor'}; give a code like 812-0f3a… or a file")
    return anchor


def _log(args: argparse.Namespace, space: Workspace) -> int:
    entries = space.audit.entries(subject=args.subject, limit=args.limit)
    for entry in entries:
        if args.json:
            emit(asdict(entry))
        else:
            detail = " ".join(f"{key}={value}" for key, value in entry.detail.items())
            print(f"{entry.seq:7} {entry.at} {entry.actor:20} {entry.action:20} {entry.subject or '-':18} {detail}")
    return 0 if entries else 1
