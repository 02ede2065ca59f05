"""The database: encrypted, private, migrated with a backup, and clear about what is wrong."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from voicebot import database
from voicebot.database import FILE_NAME, Lease, open_database
from voicebot.errors import ConfigurationError, UnavailableError

KEY = bytes(range(32))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_private_and_unreadable_without_the_key(tmp_path: Path) -> None:
    data = tmp_path / "data"
    connection = open_database(data, KEY)()
    connection["secret"].insert({"name": "Roussel"})
    assert mode(data) == 0o700
    for file in data.iterdir():
        assert mode(file) == 0o600, file.name
        content = file.read_bytes()
        assert b"Roussel" not in content
        assert b"CREATE TABLE" not in content
    connection.close()


def test_a_wrong_key_is_said_with_its_mend(tmp_path: Path) -> None:
    open_database(tmp_path, KEY)
    with pytest.raises(ConfigurationError, match=r"the key does not open it; give the --key-file"):
        open_database(tmp_path, bytes(32))
    with pytest.raises(ConfigurationError, match="31 bytes"):
        open_database(tmp_path, bytes(31))


def test_a_plain_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"SQLite format 3\0" + bytes(5000))
    with pytest.raises(ConfigurationError, match="not encrypted"):
        open_database(tmp_path, KEY)


def test_every_connection_keeps_the_rules(tmp_path: Path) -> None:
    connection = open_database(tmp_path, KEY)()
    settings = {
        name: connection.execute(f"pragma {name}").fetchone()[0]
        for name in ("journal_mode", "foreign_keys", "secure_delete", "synchronous", "busy_timeout")
    }
    expected = {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "synchronous": 2, "busy_timeout": 10_000}
    assert settings == expected
    for table in connection.tables:
        assert table.strict or table.name == "sqlite_sequence", table.name
    connection.close()


def test_each_migration_is_preceded_by_an_encrypted_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "create table pet(name text not null) strict;\ninsert into pet values('Médor');"
    monkeypatch.setattr(database, "migrations", lambda: [(1, script)])
    open_database(tmp_path, KEY)
    second = (
        "alter table pet add column age integer;\ncreate trigger t after insert on pet begin select 1; select 2; end;"
    )
    monkeypatch.setattr(database, "migrations", lambda: [(1, script), (2, second)])
    connection = open_database(tmp_path, KEY)()
    assert list(connection.query("select * from pet")) == [{"name": "Médor", "age": None}]
    connection.close()
    backup = tmp_path / "backups" / "before-0002.db"
    assert mode(backup) == 0o600
    assert b"SQLite format 3" not in backup.read_bytes()
    old = database.connect(backup, KEY)
    assert list(old.query("select * from pet")) == [{"name": "Médor"}]
    old.close()


def test_a_migration_that_fails_leaves_the_version_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "migrations", lambda: [(1, "create table a(x) ;")])
    open_database(tmp_path, KEY)
    broken = [(1, ""), (2, "create table b(x);\ncreate table a(x);")]
    monkeypatch.setattr(database, "migrations", lambda: broken)
    with pytest.raises(UnavailableError, match="already exists"):
        open_database(tmp_path, KEY)
    monkeypatch.setattr(database, "migrations", lambda: broken[:1])
    connection = open_database(tmp_path, KEY)()
    assert connection.table_names() == ["a"]
    connection.close()


def test_a_newer_database_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_database(tmp_path, KEY)
    monkeypatch.setattr(database, "migrations", lambda: [(1, "")])
    with pytest.raises(ConfigurationError, match="newer version"):
        open_database(tmp_path, KEY)


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from voicebot.database import open_database;"
        "open_database(Path(sys.argv[1]), bytes(range(32)))().close()"
    )
    children = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "data")]) for _ in range(4)]
    assert [child.wait(60) for child in children] == [0] * 4


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigurationError, match="--data"):
        open_database(tmp_path / "data", KEY)


def test_a_file_in_the_place_of_the_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigurationError, match="--data"):
        open_database(tmp_path / "data", KEY)


def test_nobody_replaces_a_database_that_is_open(tmp_path: Path) -> None:
    connections = open_database(tmp_path, KEY)
    connection = connections()
    with pytest.raises(UnavailableError, match="is in use"):
        Lease(tmp_path, alone=True)
    del connections
    with pytest.raises(UnavailableError, match="is in use"):
        Lease(tmp_path, alone=True)
    connection.close()
    del connection
    Lease(tmp_path, alone=True).close()


def test_a_change_of_key_leaves_nothing_that_the_old_one_opens(tmp_path: Path) -> None:
    connection = open_database(tmp_path, KEY)()
    connection["secret"].insert({"name": "Roussel"})
    copied = tmp_path / "copy.db"
    database.copy(connection, copied)
    connection.close()
    new = bytes(range(1, 33))
    database.change_key(copied, KEY, new)
    with pytest.raises(ConfigurationError, match="key does not open"):
        database.connect(copied, KEY, read_only=True)
    fresh = database.connect(copied, new, read_only=True)
    assert list(fresh["secret"].rows) == [{"name": "Roussel"}]
    assert database.problems_of(fresh) == []
    fresh.close()
    assert sorted(file.name for file in tmp_path.glob("copy*")) == ["copy.db"]


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    connection = open_database(tmp_path, KEY)()
    copied = tmp_path / "copy.db"
    database.copy(connection, copied)
    connection.close()
    content = bytearray(copied.read_bytes())
    content[20 * 4096 + 1000] ^= 1
    copied.write_bytes(content)
    damaged = database.connect(copied, KEY, read_only=True)
    assert len(database.problems_of(damaged)) == 1
    damaged.close()


OPEN_WITHOUT_ROOM = """
import resource, signal, sys
from pathlib import Path
from voicebot.database import connect
from voicebot.errors import UnavailableError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
try:
    connect(Path(sys.argv[1]), bytes(range(32)))
except UnavailableError as error:
    print(error)
"""


def test_a_disk_that_is_full_before_the_first_look_is_not_called_a_wrong_key(tmp_path: Path) -> None:
    open_database(tmp_path, bytes(range(32)))().close()
    command = [sys.executable, "-c", OPEN_WITHOUT_ROOM, str(tmp_path / "voicebot.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "make room" in done.stdout, done.stderr
