"""Encrypted local backups: written while the service runs, verified on writing, and forgotten in time.

A backup is a SQLCipher file with the database's own key, which is never in it nor beside it. Beside it lie the anchor
of the audit trail and the ledger of erasures, so that a restore shows what is missing and brings nobody back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from voicebot.database import Connections, copy, problems_of
from voicebot.errors import UnavailableError
from voicebot.vault.anchor import FILE_NAME as ANCHOR
from voicebot.vault.anchor import Anchor, AnchorFile
from voicebot.vault.audit import verify_rows
from voicebot.vault.erasures import FILE_NAME as LEDGER
from voicebot.vault.erasures import add_to_ledger, stored_erasures

STAMP = "%Y%m%dT%H%M%S"
NAME = re.compile(r"(?:voicebot|before-restore|before-rekey)-(\d{8}T\d{6})(?:-\d+)?\.db")
"""The backups that this program writes by itself or on demand; the time is in the name."""

MIGRATION = re.compile(r"before-\d{4}\.db")
"""What is written before a migration; its time is the file's."""


@dataclass(frozen=True)
class Backup:
    """One verified backup."""

    path: Path
    at: datetime
    bytes: int
    audit: Anchor
    """Where its audit trail ends."""


def write_backup(connections: Connections, directory: Path, now: datetime, *, prefix: str = "voicebot") -> Backup:
    """Write a backup of a database that others may be writing to, read it back whole, and only then give it its name.

    Raises:
        UnavailableError: the disk is full, or what was read back is not what was written.
        ConfigurationError: the directory cannot be used.
    """
    path = _free_name(directory, f"{prefix}-{now.strftime(STAMP)}")
    draft = path.with_name(f".{path.name}.part")
    database = connections()
    try:
        copy(database, draft)
        erasures = stored_erasures(database.conn)
    finally:
        database.close()
    try:
        head = verify_backup(connections.open_copy(draft))
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(directory)
    AnchorFile(directory / ANCHOR).write(head)
    add_to_ledger(directory / LEDGER, erasures)
    return Backup(path, now, path.stat().st_size, head)


def verify_backup(database: Any) -> Anchor:
    """Read every page and the whole audit trail of a copy, close it, and return where its trail ends.

    Raises:
        UnavailableError: it is damaged.
    """
    try:
        if problems := problems_of(database):
            raise UnavailableError(f"the backup is damaged ({problems[0]}); use another one")
        found = verify_rows(database.conn)
    finally:
        database.close()
    if not found.ok:
        raise UnavailableError(f"the backup's audit trail is not whole ({found.problems[0]}); use another one")
    return found.head


def listed(directory: Path) -> list[tuple[datetime, Path]]:
    """The backups of a directory with their times, oldest first; those before migrations included."""
    found = []
    for path in directory.glob("*.db") if directory.is_dir() else ():
        if match := NAME.fullmatch(path.name):
            found.append((datetime.strptime(match[1], STAMP), path))
        elif MIGRATION.fullmatch(path.name):
            found.append((datetime.fromtimestamp(path.stat().st_mtime), path))
    return sorted(found)


def expire(directory: Path, now: datetime, days: int) -> int:
    """Delete the backups that are older than ``days``, and drafts that a crash has left; returns how many.

    The newest ordinary one stays whatever its age: a practice that was closed for a month must not come back to none.
    """
    backups = listed(directory)
    ordinary = [path for _, path in backups if path.name.startswith("voicebot-")]
    old = [path for at, path in backups if at < now - timedelta(days=days) and path not in ordinary[-1:]]
    drafts = [
        path
        for path in (directory.glob(".*.part") if directory.is_dir() else ())
        if datetime.fromtimestamp(path.stat().st_mtime) < datetime.now() - timedelta(hours=1)
    ]
    _remove([*old, *drafts])
    return len(old)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            file.unlink(missing_ok=True)


def _free_name(directory: Path, stem: str) -> Path:
    number, path = 1, directory / f"{stem}.db"
    while path.exists():
        number += 1
        path = directory / f"{stem}-{number}.db"
    return path


def _sync(directory: Path) -> None:
    """Have the directory's entries on the disk, so that a power cut does not lose a name."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
