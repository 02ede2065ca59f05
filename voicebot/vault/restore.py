"""Put a backup in the place of the database: verified before, erasures replayed, the trail carried on, all or nothing.

Until the last step, one rename, the database is the one of before. A process that is killed leaves a draft that the
next attempt replaces.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.database import FILE_NAME, Lease, change_key, connect, copy, migrate, private_directory
from voicebot.errors import ConfigurationError
from voicebot.vault.anchor import FILE_NAME as ANCHOR
from voicebot.vault.anchor import AnchorFile
from voicebot.vault.audit import Audit, Clock
from voicebot.vault.backups import STAMP, verify_backup
from voicebot.vault.erase import replay
from voicebot.vault.erasures import FILE_NAME as LEDGER
from voicebot.vault.erasures import Erasure, add_to_ledger, read_ledger, stored_erasures

DRAFT = ".restoring.db"


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    set_aside: Path | None
    """The database of before, encrypted as it was; it expires like a backup."""
    erased_again: int
    """Rows that the backup had brought back and that were erased again."""
    carried: int
    """Rows of the audit trail that were carried over from the database of before."""
    lost: int
    """Rows of the audit trail that nobody has any more."""


def restore(
    data: Path,
    backup: Path,
    key: bytes,
    clock: Clock,
    *,
    actor: str,
    backup_key: bytes | None = None,
    set_unreadable_aside: bool = False,
    step: Callable[[str], None] = lambda name: None,
) -> Restored:
    """Replace the database of ``data`` by a backup.

    Args:
        key: the database's own, which the restored one will have.
        backup_key: the one that the backup was written with, where it is another.
        set_unreadable_aside: go on though the database of now is damaged or has another key.
        step: called before each step; for tests that stop there.

    Raises:
        UnavailableError: the database is in use, the backup is damaged, the disk is full.
        ConfigurationError: the key does not open the backup, or the database of now.
    """
    private_directory(data)
    lease = Lease(data, alone=True)
    try:
        return _Restore(data, backup, key, clock, step).run(actor, backup_key or key, set_unreadable_aside)
    finally:
        lease.close()


class _Restore:
    def __init__(self, data: Path, backup: Path, key: bytes, clock: Clock, step: Callable[[str], None]) -> None:
        self._data, self._backup, self._key, self._clock, self._step = data, backup, key, clock, step
        self._live, self._draft = data / FILE_NAME, data / DRAFT

    def run(self, actor: str, backup_key: bytes, set_unreadable_aside: bool) -> Restored:
        self._step("verify")
        verify_backup(connect(self._backup, backup_key, read_only=True))
        self._step("copy")
        self._clear_draft()
        source = connect(self._backup, backup_key, read_only=True)
        try:
            copy(source, self._draft)
        finally:
            source.close()
        if backup_key != self._key:
            change_key(self._draft, backup_key, self._key)
        self._step("migrate")
        migrate(self._draft, self._key, backups=None)
        now = self._open_live(set_unreadable_aside)
        try:
            self._step("replay")
            erased, carried, lost = self._bring_up(now, actor)
        finally:
            if now is not None:
                # Everything into the file itself, so that no log of the old database is left to be read into the new.
                now.execute("pragma wal_checkpoint(truncate)")
                now.close()
        self._step("set aside")
        aside = self._set_aside()
        self._step("replace")
        os.replace(self._draft, self._live)
        self._step("anchor")
        self._write_anchors()
        return Restored(aside, erased, carried, lost)

    def _open_live(self, set_unreadable_aside: bool) -> Any:
        if not self._live.exists() or self._live.stat().st_size == 0:
            return None
        try:
            return connect(self._live, self._key)
        except ConfigurationError:
            if set_unreadable_aside:
                return None
            raise

    def _bring_up(self, now: Any, actor: str) -> tuple[int, int, int]:
        """Erase again, carry the trail on, and note the restore, in one transaction of the draft."""
        draft = connect(self._draft, self._key)
        try:
            connection = draft.conn
            known, _ = AnchorFile(self._data / ANCHOR).read()
            connection.execute("begin immediate")
            carried = _carry(now.conn, connection) if now is not None else 0
            erased = replay(connection, self._erasures(now))
            _keep_out(now.conn if now is not None else None, connection)
            head = connection.execute("select max(seq) from audit").fetchone()[0] or 0
            lost = max(0, known.seq - head) if known is not None else 0
            detail = {"file": self._backup.name, "erased_again": erased, "carried": carried, "lost": lost}
            audit = Audit(lambda: draft, self._clock)
            audit.append(connection, actor, "restore", None, {**detail, "file": "".join(self._backup.name.split())})
            connection.execute("commit")
            connection.execute("pragma journal_mode = delete")
        finally:
            draft.close()
        return erased, carried, lost

    def _erasures(self, now: Any) -> list[Erasure]:
        files = [self._data / LEDGER, self._backup.parent / LEDGER]
        found = [erasure for file in files for erasure in read_ledger(file)]
        return found + (stored_erasures(now.conn) if now is not None else [])

    def _set_aside(self) -> Path | None:
        if not self._live.exists() or self._live.stat().st_size == 0:
            return None
        directory = self._data / "backups"
        private_directory(directory)
        aside = directory / f"before-restore-{self._clock.now().strftime(STAMP)}.db"
        aside.unlink(missing_ok=True)
        try:
            os.link(self._live, aside)
        except OSError:
            shutil.copyfile(self._live, aside)
            aside.chmod(0o600)
        for end in ("-wal", "-shm"):
            # Of a database that could not be opened, the log is all that says what was written last.
            with suppress(FileNotFoundError):
                os.replace(self._live.with_name(self._live.name + end), aside.with_name(aside.name + end))
        return aside

    def _write_anchors(self) -> None:
        restored = connect(self._live, self._key)
        try:
            audit = Audit(lambda: restored, self._clock)
            head, erasures = audit.head(), stored_erasures(restored.conn)
        finally:
            restored.close()
        # What is missing is noted in the trail itself, which goes on from here.
        AnchorFile(self._data / ANCHOR).write(head, reset=True)
        if (self._data / "backups").exists():
            AnchorFile(self._data / "backups" / ANCHOR).write(head, reset=True)
        add_to_ledger(self._data / LEDGER, erasures)

    def _clear_draft(self) -> None:
        for end in ("", "-wal", "-shm", "-journal"):
            self._draft.with_name(DRAFT + end).unlink(missing_ok=True)


def _carry(now: Any, draft: Any) -> int:
    """Append to the draft's trail what the database of now has after it, if the one goes on from the other."""
    seq, hash = draft.execute(
        "select seq, hash from (select seq, hash from audit union select seq, hash from audit_base)"
        " order by seq desc limit 1"
    ).fetchone()
    ours = now.execute(
        "select hash from audit where seq = ?1 union select hash from audit_base where seq = ?1", (seq,)
    ).fetchone()
    if ours is None or ours[0] != hash:
        return 0
    rows = now.execute("select * from audit where seq > ? order by seq", (seq,)).fetchall()
    draft.executemany("insert into audit values(?, ?, ?, ?, ?, ?, ?, ?)", rows)
    keys = now.execute("select subject, key from subject_key").fetchall()
    draft.executemany("insert or ignore into subject_key values(?, ?)", keys)
    return len(rows)


def _keep_out(now: Any, draft: Any) -> None:
    """Nobody comes back in with the backup: sessions end; passwords and blocks given since then hold."""
    draft.execute("delete from desk_session")
    if now is None or not now.execute("select 1 from sqlite_master where name = 'desk_account'").fetchone():
        return
    draft.executemany(
        "update desk_account set password = ?, totp_secret = ?, totp_step = ?, disabled = ? where id = ?",
        now.execute("select password, totp_secret, totp_step, disabled, id from desk_account").fetchall(),
    )
