"""Whoever was erased is erased from the backups too: each that still holds someone is written anew, verified, and takes
the place of the old one by one rename."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.database import Connections, copy, migrations
from voicebot.errors import VoicebotError
from voicebot.vault.backups import listed, verify_backup
from voicebot.vault.erase import replay
from voicebot.vault.erasures import Erasure, stored_erasures
from voicebot.vault.scrub import scrub
from voicebot.vault.transaction import write

HELD = {
    "patient": "select exists(select 1 from patient where id = :id)"
    " or exists(select 1 from patient_merge where kept = :id or dropped = :id)",
    "call": "select exists(select 1 from call_event where call = :id)",
}
"""Whether a backup holds anything of an erasure, by kind."""


@dataclass(frozen=True)
class Forgotten:
    """What became of the backups of one directory."""

    rewritten: int
    left: int
    """Those that could not be read or written: another key, another version, damaged. They expire."""


def forget(connections: Connections, directory: Path) -> Forgotten:
    """Bring the backups of a directory to what has been erased since each was written. Blocking."""
    database = connections()
    try:
        erasures = stored_erasures(database.conn)
    finally:
        database.close()
    rewritten = left = 0
    for _, path in listed(directory) if erasures else ():
        try:
            rewritten += _forget(connections, path, erasures)
        except (VoicebotError, database.conn.Error, OSError):
            left += 1
    return Forgotten(rewritten, left)


def _forget(connections: Connections, path: Path, erasures: Sequence[Erasure]) -> bool:
    draft = path.with_name(f".{path.name}.part")
    backup = connections.open_copy(path)
    try:
        if backup.execute("pragma user_version").fetchone()[0] != migrations()[-1][0]:
            raise VoicebotError(f"{path}: is of another version; it is brought up when it is restored")
        held = _held(backup.conn, erasures)
        if not held:
            return False
        copy(backup, draft)
    finally:
        backup.close()
    try:
        fresh = connections.open_draft(draft)
        try:
            with write(fresh.conn) as connection:
                replay(connection, held)
            scrub(fresh.conn)
            fresh.execute("pragma journal_mode = delete")
        finally:
            fresh.close()
        verify_backup(connections.open_copy(draft))
        os.replace(draft, path)
    finally:
        for end in ("", "-wal", "-shm"):
            draft.with_name(draft.name + end).unlink(missing_ok=True)
    return True


def _held(connection: Any, erasures: Sequence[Erasure]) -> list[Erasure]:
    known = {erasure.receipt for erasure in stored_erasures(connection)}
    return [
        erasure
        for erasure in erasures
        if erasure.receipt not in known and connection.execute(HELD[erasure.kind], {"id": erasure.id}).fetchone()[0]
    ]
