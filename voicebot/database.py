"""Alone opens the database: SQLCipher under sqlite-utils, with a raw key, migrated by version.

Others receive connections. Files are 0600 in a directory that is 0700; a backup is written beside the database (and
encrypted with the same key) before each migration. Whoever has the database open holds a shared lock on the directory;
who replaces the file (a restore, another key) holds it alone.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from weakref import WeakKeyDictionary

import sqlcipher3
from sqlcipher3 import dbapi2

from voicebot.errors import ConfigurationError, UnavailableError

# sqlite-utils takes a driver named pysqlite3 when there is one: this is how it comes to run on SQLCipher.
sys.modules.setdefault("pysqlite3", sqlcipher3)
sys.modules.setdefault("pysqlite3.dbapi2", dbapi2)

from sqlite_utils import Database  # noqa: E402

FILE_NAME = "voicebot.db"
BUSY_SECONDS = 10.0
"""How long a writer waits for another one before it gives up."""

KEY_BYTES = 32

SETTINGS = (
    "journal_mode = wal",
    "synchronous = full",  # what was said to be booked survives a power cut
    "foreign_keys = on",
    "secure_delete = on",
    "temp_store = memory",
    "trusted_schema = off",
    "cache_size = -16384",  # KiB: pages are decrypted once
)
"""Of every connection."""

ConnectionFactory = Callable[[], Database]
"""Opens one more connection to the same database; for one thread at a time."""


class Lease:
    """A lock on a data directory, held until it is let go or forgotten.

    Raises:
        UnavailableError: it was asked for alone, and someone has the database open.
        ConfigurationError: the directory cannot be used.
    """

    def __init__(self, data: Path, *, alone: bool = False) -> None:
        self._descriptor = -1
        self._descriptor = _lock_file(data / ".in-use")
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
        except BlockingIOError:
            self.close()
            raise UnavailableError(f"{data} is in use: stop voicebot and its verbs there, then try again") from None

    def close(self) -> None:
        """Let go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    __del__ = close


_leases: WeakKeyDictionary[Database, Lease] = WeakKeyDictionary()
"""What each connection keeps leased for as long as it is used."""


class Connections:
    """Opens connections to one database, whose directory stays leased as long as any of them is used."""

    def __init__(self, path: Path, key: bytes, lease: Lease) -> None:
        self._path, self._key, self._lease = path, key, lease

    def __call__(self) -> Database:
        """One more connection, for one thread at a time."""
        database = connect(self._path, self._key)
        _leases[database] = self._lease
        return database

    def copy(self, path: Path) -> Connections:
        """Write a copy with the same key, and return what opens it: for a rehearsal, thrown away after. Blocking."""
        database = self()
        try:
            copy(database, path)
        finally:
            database.close()
        return Connections(path, self._key, self._lease)

    def open_draft(self, path: Path) -> Database:
        """A copy of this database, with the same key, that nobody else has opened. Raises ConfigurationError."""
        return connect(path, self._key)

    def open_copy(self, path: Path) -> Database:
        """A copy of this database, with the same key, to be read only. Raises ConfigurationError."""
        return connect(path, self._key, read_only=True)


def open_database(data: Path, key: bytes) -> Connections:
    """Create or migrate the database of a data directory and return what opens connections to it.

    Args:
        data: the data directory, created 0700 when absent.
        key: raw, 32 bytes.

    Raises:
        ConfigurationError: the key does not open it, or the directory cannot be used.
        UnavailableError: the disk is full or broken.
    """
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"the database key has {len(key)} bytes instead of {KEY_BYTES}")
    private_directory(data)
    path = data / FILE_NAME
    lease = Lease(data)
    with _only_one(data / ".migrating"):
        path.touch(mode=0o600)
        migrate(path, key, backups=data / "backups")
    return Connections(path, key, lease)


def migrate(path: Path, key: bytes, *, backups: Path | None) -> None:
    """Bring a database file to the version of this program; a copy goes to ``backups`` before each step.

    Raises:
        ConfigurationError: the key does not open it, or it is newer than the program.
        UnavailableError: the disk is full or broken.
    """
    database = connect(path, key)
    try:
        _migrate(database, path, backups)
    except dbapi2.OperationalError as error:
        raise UnavailableError(f"{path}: {error}; make room on the disk, then start again") from None
    finally:
        database.close()


def connect(path: Path, key: bytes, *, read_only: bool = False) -> Database:
    """Open one encrypted file. ``read_only`` leaves no trace beside it: for a backup that nobody else writes.

    Raises:
        ConfigurationError: absent, not encrypted, or the key does not open it.
        UnavailableError: the disk is full or broken.
    """
    name = f"{path.absolute().as_uri()}?mode={'ro&immutable=1' if read_only else 'rw'}"
    try:
        connection = dbapi2.connect(name, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except dbapi2.OperationalError as error:
        raise ConfigurationError(f"{path}: {error}; check that this user may read and write it") from None
    try:
        connection.execute("pragma cipher_log_level = none")  # what is wrong is said once, by us
        connection.execute(f"pragma key = \"x'{key.hex()}'\"")
        connection.execute("select count(*) from sqlite_master").fetchone()
        for setting in SETTINGS if not read_only else ():
            connection.execute(f"pragma {setting}")
    except dbapi2.OperationalError as error:
        # Even the first look needs room beside the file: a full disk is no wrong key.
        connection.close()
        raise UnavailableError(f"{path}: {error}; check the disk and make room on it, then try again") from None
    except dbapi2.DatabaseError:
        connection.close()
        raise ConfigurationError(_unreadable(path)) from None
    return Database(connection)


def _unreadable(path: Path) -> str:
    with path.open("rb") as file:
        plain = file.read(16) == b"SQLite format 3\0"
    if plain:
        return f"{path}: is not encrypted, so it is not ours; move it away or give another --data"
    return f"{path}: the key does not open it; give the --key-file it was created with (or another --data)"


@cache
def migrations() -> list[tuple[int, str]]:
    """Version and SQL of each migration, ascending."""
    found: dict[int, str] = {}
    for file in (resources.files("voicebot") / "migrations").iterdir():
        if match := re.fullmatch(r"(\d{4})_\w+\.sql", file.name):
            version = int(match[1])
            if version in found:
                raise ConfigurationError(f"two migrations have the number {version:04}: renumber one")
            found[version] = file.read_text(encoding="utf-8")
    return sorted(found.items())


def _migrate(database: Database, path: Path, backups: Path | None) -> None:
    have = int(database.execute("pragma user_version").fetchone()[0])
    latest = migrations()[-1][0]
    if have > latest:
        raise ConfigurationError(
            f"{path}: written by a newer version ({have} > {latest}); update voicebot or restore a backup"
        )
    existed = have > 0
    for version, sql in migrations():
        if version <= have:
            continue
        if existed and backups is not None:
            copy(database, backups / f"before-{version:04}.db")
        database.conn.execute("begin immediate")
        try:
            for statement in _statements(sql):
                database.conn.execute(statement)
            database.conn.execute(f"pragma user_version = {version}")
            database.conn.execute("commit")
        except BaseException:
            if database.conn.in_transaction:
                database.conn.execute("rollback")
            raise
        have = version


def _statements(sql: str) -> Iterator[str]:
    """Cut a script at the semicolons that end statements (those inside triggers do not)."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if dbapi2.complete_statement(pending):
            yield pending
            pending = ""
    if re.sub(r"--[^\n]*", "", pending).strip():
        raise ConfigurationError("a migration ends in the middle of a statement: add the missing semicolon")


def copy(database: Database, path: Path) -> None:
    """Write a copy, encrypted with the same key, without free pages. An older one of the same name is replaced.

    Raises:
        UnavailableError: the disk is full or broken.
    """
    private_directory(path.parent)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    try:
        database.execute("vacuum into ?", [str(path)])
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except (dbapi2.OperationalError, OSError) as error:
        path.unlink(missing_ok=True)
        raise UnavailableError(f"{path}: {error}; make room on the disk, then try again") from None


def change_key(path: Path, key: bytes, new_key: bytes) -> None:
    """Encrypt a file anew in place; never the live database's, whose other connections know nothing of it.

    Raises:
        ConfigurationError: ``key`` does not open it.
    """
    database = connect(path, key)
    try:
        # Not in the log's mode: pages of the two keys must not lie in two files.
        database.execute("pragma journal_mode = delete")
        database.execute(f"pragma rekey = \"x'{new_key.hex()}'\"")
    finally:
        database.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def problems_of(database: Database) -> list[str]:
    """What is damaged: pages whose authentication fails, broken trees, references to nothing."""
    found = [str(row[0]) for row in database.execute("pragma cipher_integrity_check").fetchall()]
    if not found:
        found = [str(row[0]) for row in database.execute("pragma integrity_check(5)").fetchall() if row[0] != "ok"]
        found += [f"a row of {row[0]} refers to nothing" for row in database.execute("pragma foreign_key_check")]
    return found[:5]


def private_directory(path: Path) -> None:
    """Make a directory that only this user may enter. Raises ConfigurationError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; give a --data directory that this user owns") from None


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold a lock file, so that two processes that start together do not migrate at once."""
    descriptor = _lock_file(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lock_file(path: Path) -> int:
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; give a --data directory that this user owns") from None
