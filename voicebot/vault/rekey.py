"""Another key for the database and its backups. Each file changes by one rename; a killed process loses nothing.

While it goes on, the new key lies beside the old one as ``FILE.next``: whatever was reached, one of the two opens each
file, and running it again finishes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.database import FILE_NAME, Lease, change_key, connect, copy, problems_of
from voicebot.errors import ConfigurationError, UnavailableError
from voicebot.vault.anchor import FILE_NAME as ANCHOR
from voicebot.vault.anchor import AnchorFile
from voicebot.vault.audit import Audit, Clock
from voicebot.vault.backups import listed


@dataclass(frozen=True)
class Rekeyed:
    """What was encrypted anew."""

    backups: int
    other_key: tuple[Path, ...]
    """Backups that neither key opens: they were made with an earlier one."""


def rekey(
    data: Path, key: bytes, new_key: bytes, clock: Clock, *, actor: str, step: Callable[[str], None] = lambda name: None
) -> Rekeyed:
    """Encrypt the database and the backups beside it with a new key.

    Args:
        step: called before each step; for tests that stop there.

    Raises:
        UnavailableError: the database is in use, or the disk is full.
        ConfigurationError: neither key opens the database.
    """
    lease = Lease(data, alone=True)
    try:
        live = data / FILE_NAME

        def note(connection: Any) -> None:
            connection.execute("begin immediate")
            Audit(lambda: None, clock).append(connection, actor, "key.changed")
            connection.execute("commit")

        _change(live, key, new_key, step, note)
        step("anchor")
        database = connect(live, new_key)
        try:
            AnchorFile(data / ANCHOR).write(Audit(lambda: database, clock).head())
        finally:
            database.close()
        others, done = [], 0
        for _, backup in listed(data / "backups"):
            step("backup")
            try:
                _change(backup, key, new_key, step)
                done += 1
            except ConfigurationError:
                others.append(backup)
        step("done")
        return Rekeyed(done, tuple(others))
    finally:
        lease.close()


def _change(
    path: Path,
    key: bytes,
    new_key: bytes,
    step: Callable[[str], None],
    note: Callable[[Any], None] = lambda connection: None,
) -> None:
    if _opens(path, new_key):
        return
    draft = path.with_name(f".{path.name}.rekeying")
    database = connect(path, key)
    try:
        # Everything into the file itself: a log in the old key must not be left beside a file in the new one.
        if database.execute("pragma wal_checkpoint(truncate)").fetchone()[0]:
            raise UnavailableError(f"{path} is in use: stop voicebot and its verbs, then try again")
        copy(database, draft)
    finally:
        database.close()
    step("copied")
    change_key(draft, key, new_key)
    step("changed")
    fresh = connect(draft, new_key)
    try:
        if problems := problems_of(fresh):
            raise UnavailableError(f"{draft}: {problems[0]}; nothing was changed; check the disk, then try again")
        note(fresh.conn)
        fresh.execute("pragma journal_mode = delete")
    finally:
        fresh.close()
    step("replace")
    os.replace(draft, path)


def _opens(path: Path, key: bytes) -> bool:
    try:
        connect(path, key, read_only=True).close()
    except ConfigurationError:
        return False
    return True
