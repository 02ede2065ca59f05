"""Alone opens the database: SQLCipher under sqlite-utils, with a raw key, migrated by version.

Others receive connections. Files are 0600 in a directory that is 0700; a backup is written beside the database (and
encrypted with the same key) before each migration.
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


def open_database(data: Path, key: bytes) -> ConnectionFactory:
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
    _private_directory(data)
    path = data / FILE_NAME
    with _only_one(data / ".migrating"):
        path.touch(mode=0o600)
        database = _connect(path, key)
        try:
            _migrate(database, data)
        except dbapi2.OperationalError as error:
            raise UnavailableError(f"{path}: {error}; make room on the disk, then start again") from None
        finally:
            database.close()
    return lambda: _connect(path, key)


def _connect(path: Path, key: bytes) -> Database:
    try:
        connection = dbapi2.connect(str(path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except dbapi2.OperationalError as error:
        raise ConfigurationError(f"{path}: {error}; check that this user may read and write it") from None
    try:
        connection.execute(f"pragma key = \"x'{key.hex()}'\"")
        connection.execute("select count(*) from sqlite_master").fetchone()
    except dbapi2.DatabaseError:
        connection.close()
        raise ConfigurationError(_unreadable(path)) from None
    try:
        for setting in SETTINGS:
            connection.execute(f"pragma {setting}")
    except dbapi2.OperationalError as error:
        connection.close()
        raise UnavailableError(f"{path}: {error}; check the disk and make room on it, then try again") from None
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


def _migrate(database: Database, data: Path) -> None:
    have = int(database.execute("pragma user_version").fetchone()[0])
    latest = migrations()[-1][0]
    if have > latest:
        raise ConfigurationError(
            f"{data / FILE_NAME}: written by a newer version ({have} > {latest}); update voicebot or restore a backup"
        )
    existed = have > 0
    for version, sql in migrations():
        if version <= have:
            continue
        if existed:
            _backup(database, data / "backups" / f"before-{version:04}.db")
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


def _backup(database: Database, path: Path) -> None:
    """Write an encrypted copy. An older one of the same name is replaced."""
    _private_directory(path.parent)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    database.execute("vacuum into ?", [str(path)])


def _private_directory(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; give a --data directory that this user owns") from None


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold a lock file, so that two processes that start together do not migrate at once."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; give a --data directory that this user owns") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
