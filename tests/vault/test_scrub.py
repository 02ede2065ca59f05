"""Why the purge rewrites the database: SQLite's secure_delete alone leaves copies in the gaps of rearranged pages."""

from __future__ import annotations

import random
from pathlib import Path

from tests.vault.pages import decrypted
from tests.vault.world import KEY
from voicebot.database import open_database
from voicebot.vault.scrub import scrub


def test_a_rewrite_leaves_nothing_where_secure_delete_leaves_copies(tmp_path: Path) -> None:
    database = open_database(tmp_path, KEY)()
    connection, chance = database.conn, random.Random(5)
    connection.execute("create table t(id integer primary key, k text, v text) strict")
    connection.execute("create index tk on t(k)")
    alive: dict[int, str] = {}
    gone: set[str] = set()
    connection.execute("begin")
    for n in range(1200):
        tag = f"TAG{n:06d}Z"
        id = chance.choice(list(alive)) if alive and chance.random() > 0.6 else None
        key, value = tag + "y" * chance.randrange(200), tag * chance.randrange(1, 60)
        if id is None:
            cursor = connection.execute("insert into t(k, v) values(?, ?)", (key, value))
            alive[cursor.lastrowid] = tag
        elif chance.random() < 0.5:
            connection.execute("delete from t where id = ?", (id,))
            gone.add(alive.pop(id))
        else:
            connection.execute("update t set k = ?, v = ? where id = ?", (key, value, id))
            gone.add(alive[id])
            alive[id] = tag
    connection.execute("commit")
    assert scrub(connection, rewrite=False)
    assert left(tmp_path, gone), "the copies that this test is about are gone: is the rewrite still needed?"
    assert scrub(connection)
    assert left(tmp_path, gone) == []
    database.close()


def test_a_reader_keeps_the_log_and_that_is_told(tmp_path: Path) -> None:
    connections = open_database(tmp_path, KEY)
    writer, reader = connections(), connections()
    writer.execute("pragma busy_timeout = 50")
    reader.execute("begin")
    reader.execute("select count(*) from patient").fetchone()
    writer.execute("insert into call_event(call, at, event) values('c', 't', 'e')")
    assert not scrub(writer.conn, rewrite=False)
    reader.execute("rollback")
    assert scrub(writer.conn, rewrite=False)
    reader.close()
    writer.close()


def left(data: Path, gone: set[str]) -> list[str]:
    pages = decrypted(data / "voicebot.db", KEY)
    return [tag for tag in gone if tag.encode() in pages]
