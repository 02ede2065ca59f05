"""The audit trail: append-only, chained, anchored; what is sealed in it goes with its key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from voicebot.database import ConnectionFactory, open_database
from voicebot.errors import UnavailableError
from voicebot.vault.anchor import AnchorFile
from voicebot.vault.audit import Audit

KEY = bytes(range(32))
START = datetime(2026, 11, 23, 9, 0)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture
def connect(tmp_path: Path) -> ConnectionFactory:
    return open_database(tmp_path / "data", KEY)


@pytest.fixture
def anchor(tmp_path: Path) -> AnchorFile:
    return AnchorFile(tmp_path / "data" / "audit.anchor")


@pytest.fixture
def audit(connect: ConnectionFactory, anchor: AnchorFile) -> Iterator[Audit]:
    made = Audit(connect, Clock(), anchor=anchor)
    yield made
    made.close()


@pytest.fixture
def intruder(connect: ConnectionFactory) -> Iterator[Any]:
    """Someone with the key and SQL, who has removed the triggers."""
    database = connect()
    for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        database.execute(f"drop trigger {name}")
    yield database.conn
    database.close()


def fill(audit: Audit, rows: int = 6) -> None:
    for n in range(rows):
        audit.record("user:u1", "patient.read", f"p{n}", {"view": "card", "n": n})


def trim(audit: Audit, before: datetime) -> int:
    """What a purge does to the trail."""
    with audit.transaction() as connection:
        gone = audit.trim(connection, before)
        audit.append(connection, "service", "purge", None, {"trimmed_to": audit.base(connection)})
    audit.write_anchor()
    return gone


def test_rows_are_read_back_by_subject_action_and_actor(audit: Audit) -> None:
    audit.record("user:u1", "patient.read", "p1")
    audit.record("user:u2", "patient.changed", "p1", {"fields": ["phone"]}, personal={"phone": "+33639980101"})
    audit.record("terminal:root", "rule.changed", None, {"before": "fermé le lundi", "after": "ouvert le lundi"})
    assert [entry.action for entry in audit.entries(subject="p1")] == ["patient.read", "patient.changed"]
    assert [entry.seq for entry in audit.entries(action="patient")] == [1, 2]
    assert [entry.seq for entry in audit.entries(action="rule.changed")] == [3]
    assert audit.entries(actor="user:u2")[0].personal == {"phone": "+33639980101"}
    assert [entry.seq for entry in audit.entries(limit=2)] == [2, 3]


def test_prose_is_refused_outside_the_seal(audit: Audit) -> None:
    with pytest.raises(ValueError, match="no code"):
        audit.record("user:u1", "patient.read", "p1", {"why": "Madame Roussel a appelé"})
    with pytest.raises(ValueError, match="need a subject"):
        audit.record("user:u1", "patient.read", personal={"name": "Roussel"})
    assert audit.entries() == []


def test_a_whole_trail_verifies(audit: Audit) -> None:
    fill(audit)
    found = audit.verify()
    assert found.ok, found.problems
    assert (found.rows, found.head.seq) == (6, 6)


@pytest.mark.parametrize(
    "statement",
    ["update audit set actor = 'user:x' where seq = 2", "delete from audit where seq = 6", "delete from audit_base"],
)
def test_the_database_refuses_to_change_or_shorten_it(audit: Audit, connect: ConnectionFactory, statement: str) -> None:
    fill(audit)
    database = connect()
    with pytest.raises(database.conn.IntegrityError, match="append-only"):
        database.execute(statement)
    with pytest.raises(database.conn.IntegrityError, match="out of order"):
        database.execute("insert into audit values(99, '', '', '', null, '{}', null, '')")
    with pytest.raises(database.conn.IntegrityError, match="base"):
        database.execute("update audit_base set seq = 99, hash = 'x'")
    database.close()


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "sealed", "hash"])
def test_a_changed_row_shows(audit: Audit, intruder: Any, column: str) -> None:
    fill(audit)
    intruder.execute(f"update audit set {column} = 'x' where seq = 3")
    assert any("row 3" in problem or "row 4" in problem for problem in audit.verify().problems)


def test_a_removed_row_shows_even_when_the_rest_is_renumbered(audit: Audit, intruder: Any) -> None:
    fill(audit)
    intruder.execute("delete from audit where seq = 3")
    assert "missing" in audit.verify().problems[0]
    intruder.execute("update audit set seq = seq - 1 where seq > 3")
    assert "row 3 was changed" in audit.verify().problems[0]


def test_rows_in_another_order_show(audit: Audit, intruder: Any) -> None:
    fill(audit)
    intruder.execute("update audit set seq = 100 where seq = 3")
    intruder.execute("update audit set seq = 3 where seq = 4")
    intruder.execute("update audit set seq = 4 where seq = 100")
    assert not audit.verify().ok


def test_a_trail_that_was_cut_short_shows_through_the_anchor(audit: Audit, anchor: AnchorFile, intruder: Any) -> None:
    fill(audit)
    intruder.execute("delete from audit where seq > 4")
    assert "its end is missing" in audit.verify().problems[0]
    kept, _ = anchor.read()
    anchor.path.unlink()
    assert "missing" in audit.verify().problems[0]
    assert kept is not None
    assert "its end is missing" in audit.verify(others=(kept,)).problems[-1]


def test_a_trail_that_was_cut_and_grown_again_shows(audit: Audit, intruder: Any) -> None:
    fill(audit)
    intruder.execute("delete from audit where seq > 4")
    fill(audit, 2)
    assert any("rewritten" in problem for problem in audit.verify().problems)


def test_a_trail_without_a_row_is_whole(audit: Audit, anchor: AnchorFile, intruder: Any) -> None:
    assert audit.verify().ok
    fill(audit, 1)
    intruder.execute("delete from audit")
    assert "its end is missing" in audit.verify().problems[0]


def test_a_damaged_anchor_shows(audit: Audit, anchor: AnchorFile) -> None:
    fill(audit)
    anchor.path.write_text("{")
    assert "damaged" in audit.verify().problems[0]


def test_the_anchor_never_moves_back(audit: Audit, anchor: AnchorFile) -> None:
    fill(audit, 2)
    early, _ = anchor.read()
    assert early is not None
    fill(audit, 2)
    anchor.write(early)
    kept, _ = anchor.read()
    assert kept is not None
    assert kept.seq == 4


def test_what_is_sealed_goes_with_its_key_and_the_chain_still_verifies(
    audit: Audit, connect: ConnectionFactory
) -> None:
    audit.record("user:u1", "patient.changed", "p1", personal={"phone": "+33639980101"})
    audit.record("user:u1", "patient.changed", "p2", personal={"phone": "+33639980102"})
    database = connect()
    stored = json.dumps(database.execute("select * from audit").fetchall())
    assert "3363998" not in stored
    with audit.transaction() as connection:
        connection.execute("delete from subject_key where subject = 'p1'")
    first, second = audit.entries()
    assert (first.personal, first.erased) == (None, True)
    assert (second.personal, second.erased) == ({"phone": "+33639980102"}, False)
    assert audit.verify().ok
    # Someone who comes back has another key: the earlier row stays closed.
    audit.record("user:u1", "patient.changed", "p1", personal={"phone": "+33639980103"})
    assert [entry.erased for entry in audit.entries(subject="p1")] == [True, False]
    database.close()


def test_old_rows_leave_by_retention_only_and_the_rest_verifies(audit: Audit, intruder: Any) -> None:
    fill(audit)
    assert trim(audit, START + timedelta(seconds=4)) == 3
    found = audit.verify(kept_since=START + timedelta(seconds=4))
    assert found.ok, found.problems
    assert found.rows == 4
    fill(audit, 1)
    assert audit.verify().ok
    assert "before their time" in audit.verify(kept_since=START).problems[0]
    assert trim(audit, START + timedelta(days=1)) == 5
    fill(audit, 1)
    assert audit.verify().ok
    assert audit.head().seq == 10


def test_a_trail_whose_beginning_was_cut_off_shows_whatever_its_base_says(audit: Audit, intruder: Any) -> None:
    fill(audit)
    trim(audit, START + timedelta(seconds=3))
    intruder.execute(
        "update audit_base set (seq, hash, at) = (select seq, hash, '2020-01-01T00:00:00' from audit where seq = 4)"
    )
    intruder.execute("delete from audit where seq <= 4")
    assert audit.verify(kept_since=START).problems == (
        "rows up to 4 are missing, and the last purge let go of those up to 2 only",
    )


def test_two_processes_share_one_chain(audit: Audit, connect: ConnectionFactory, anchor: AnchorFile) -> None:
    other = Audit(connect, Clock(), anchor=anchor)
    for _ in range(5):
        fill(audit, 1)
        fill(other, 1)
    assert audit.verify().ok
    assert audit.head().seq == 10
    other.close()


def test_a_database_that_someone_else_keeps_locked_is_said_and_nothing_is_written(
    audit: Audit, connect: ConnectionFactory
) -> None:
    audit._database.execute("pragma busy_timeout = 20")
    other = connect()
    other.execute("begin immediate")
    with pytest.raises(UnavailableError, match="nothing was changed"):
        fill(audit, 1)
    other.execute("rollback")
    fill(audit, 1)
    assert audit.head().seq == 1
    other.close()
