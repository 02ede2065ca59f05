"""The audit trail: who read or changed what. Append-only, chained by hash, anchored outside the database.

A row holds opaque ids and codes. What must name a person is sealed with that person's own key (AES-256-GCM): destroying
the key erases it everywhere, and the chain, which is taken over the sealed form, still verifies.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from voicebot.vault.anchor import Anchor, AnchorFile
from voicebot.vault.chain import Verification, link, verify
from voicebot.vault.transaction import write

NONCE_BYTES = 12
DETAIL_TEXT = 200
"""Longest text of one detail, characters; the texts of rules (action ``rule.…``) may be as long as they are."""

_COLUMNS = "seq, at, actor, action, subject, detail, sealed"


class Clock(Protocol):
    """Practice-local wall time."""

    def now(self) -> datetime:
        """The time now, naive."""


@dataclass(frozen=True)
class Entry:
    """One row of the trail."""

    seq: int
    at: str
    """Practice-local, ``YYYY-MM-DDTHH:MM:SS``."""
    actor: str
    """Who: ``user:ID`` (an account of the desk), ``terminal:LOGIN``, ``call:ID`` or ``service``."""
    action: str
    """A code: ``patient.read``, ``transcript.read``, ``rule.changed``…; ``labels.toml`` has their French."""
    subject: str | None
    """The opaque id of the patient or call that it is about."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    personal: Mapping[str, Any] | None = None
    """What was sealed: None when there was nothing or its key is destroyed."""
    erased: bool = False
    """Something was sealed and its key is destroyed."""


class Audit:
    """Writes and reads the trail. Threads may share it.

    Args:
        connect: opens a connection to the database (``Workspace.connect``).
        clock: whose time is written.
        anchor: the file that repeats where the trail ends; without it a truncation at the end does not show.
    """

    def __init__(self, connect: Callable[[], Any], clock: Clock, *, anchor: AnchorFile | None = None) -> None:
        self._database = connect()
        self._clock = clock
        self._anchor = anchor
        self._lock = threading.RLock()

    def record(
        self,
        actor: str,
        action: str,
        subject: str | None = None,
        detail: Mapping[str, Any] | None = None,
        *,
        personal: Mapping[str, Any] | None = None,
    ) -> int:
        """Append one row and return its number. Call it before a disclosure and after a change has been committed.

        Do not call it inside a write transaction of another connection: it would wait for it. ``append`` is for that.

        Args:
            actor: ``user:ID``, ``terminal:LOGIN``, ``call:ID`` or ``service``; never a name.
            action: a code such as ``patient.read``.
            subject: the opaque id of the patient or call.
            detail: codes, ids, counts and times. Never a name, a number, a birth date or words.
            personal: what must name the person, sealed with the subject's key; needs a subject.

        Raises:
            ValueError: a detail is no code (a defect of the caller).
        """
        with self._lock:
            with self.transaction() as connection:
                seq = self.append(connection, actor, action, subject, detail, personal=personal)
            self.write_anchor()
        return seq

    def record_each(self, actor: str, action: str, subjects: Iterable[str]) -> None:
        """Append one row a subject, in one transaction: for a list that shows several people."""
        with self._lock:
            with self.transaction() as connection:
                for subject in subjects:
                    self.append(connection, actor, action, subject)
            self.write_anchor()

    def append(
        self,
        connection: Any,
        actor: str,
        action: str,
        subject: str | None = None,
        detail: Mapping[str, Any] | None = None,
        *,
        personal: Mapping[str, Any] | None = None,
    ) -> int:
        """The same inside an open write transaction of ``connection``; call ``write_anchor`` after its commit."""
        _check(action, detail or {})
        sealed = None
        if personal:
            if subject is None:
                raise ValueError(f"{action}: personal fields need a subject, whose key seals them")
            sealed = _seal(_key(connection, subject, make=True), subject, personal)
        row = (
            self._clock.now().isoformat(timespec="seconds"),
            actor,
            action,
            subject,
            json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
            sealed,
        )
        head = _head(connection)
        seq = head.seq + 1
        connection.execute("insert into audit values(?, ?, ?, ?, ?, ?, ?, ?)", (seq, *row, link(head.hash, seq, *row)))
        return seq

    def entries(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> list[Entry]:
        """The newest rows that match, oldest first; ``action`` may be the part before the dot, ``before`` is a row."""
        wanted: list[tuple[str, str | int | None]] = [
            ("subject = ?", subject),
            ("(action = ? or action like ? || '.%')", action),
            ("actor = ?", actor),
            ("at >= ?", since.isoformat(timespec="seconds") if since else None),
            ("seq < ?", before),
        ]
        where: list[str] = ["1"]
        values: list[str | int] = []
        for condition, value in wanted:
            if value is not None:
                where.append(condition)
                values += [value] * condition.count("?")
        with self._lock:
            rows = self._database.conn.execute(
                f"select {_COLUMNS} from audit where {' and '.join(where)} order by seq desc limit ?",  # noqa: S608
                (*values, -1 if limit is None else limit),
            ).fetchall()
            return [_entry(self._database.conn, row) for row in reversed(rows)]

    def began(self) -> datetime | None:
        """When the oldest row that is kept was written."""
        with self._lock:
            row = self._database.conn.execute("select at from audit order by seq limit 1").fetchone()
        return None if row is None else datetime.fromisoformat(row[0])

    def head(self) -> Anchor:
        """Where the trail ends."""
        with self._lock:
            return _head(self._database.conn)

    def verify(self, *, others: tuple[Anchor, ...] = (), kept_since: datetime | None = None) -> Verification:
        """Recompute the whole chain and compare its end with the anchor file and with ``others``.

        ``kept_since``: rows from then on may not have been trimmed.
        """
        with self._lock:
            # The anchor first: the trail may only have grown since.
            anchors, problems = list(others), []
            if self._anchor is not None:
                anchor, problem = self._anchor.read()
                anchors += [anchor] if anchor else []
                # A trail that has no row yet was never anchored.
                problems += [problem] if problem and (self._anchor.path.exists() or self.head().seq) else []
            return verify_rows(self._database.conn, anchors, problems, kept_since)

    def write_anchor(self) -> None:
        """Repeat the end of the trail in the anchor file."""
        if self._anchor is not None:
            with self._lock:
                self._anchor.write(_head(self._database.conn))

    def base(self, connection: Any) -> int:
        """The last row that was let go, 0 for none."""
        return int(connection.execute("select seq from audit_base").fetchone()[0])

    def trim(self, connection: Any, before: datetime) -> int:
        """Inside a write transaction: let go of the rows older than ``before`` and return how many there were.

        The row of the purge must say up to which: ``trimmed_to``, that is ``base()`` afterwards.
        """
        last = connection.execute(
            # Up to the first row that must stay: the clock may have been set back in between.
            "select seq, hash, at from audit where seq < (select coalesce(min(seq), 0) from audit where at >= ?1)"
            " or not exists(select 1 from audit where at >= ?1) order by seq desc limit 1",
            (before.isoformat(timespec="seconds"),),
        ).fetchone()
        if last is None:
            return 0
        connection.execute("update audit_base set seq = ?, hash = ?, at = ?", last)
        return int(connection.execute("delete from audit where seq <= ?", (last[0],)).rowcount)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A write transaction on the trail's own connection, for acts that must stand or fall with their row."""
        with self._lock, write(self._database.conn) as connection:
            yield connection

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()


def verify_rows(
    connection: Any,
    anchors: Sequence[Anchor] = (),
    problems: Sequence[str] = (),
    kept_since: datetime | None = None,
) -> Verification:
    """Recompute the chain of a database, the live one or a copy, as it stood at one moment."""
    connection.execute("begin")
    try:
        base = connection.execute("select seq, hash, at from audit_base").fetchone()
        rows = connection.execute(f"select {_COLUMNS}, hash from audit order by seq")  # noqa: S608
        return verify(rows, Anchor(*base), anchors, problems, kept_since)
    finally:
        connection.execute("rollback")


def _head(connection: Any) -> Anchor:
    row = connection.execute("select seq, hash, at from audit order by seq desc limit 1").fetchone()
    return Anchor(*(row or connection.execute("select seq, hash, at from audit_base").fetchone()))


def _check(action: str, detail: Mapping[str, Any]) -> None:
    for name, value in detail.items():
        for item in value if isinstance(value, list | tuple) else (value,):
            if item is None or isinstance(item, bool | int | float):
                continue
            # What a rule says is the practice's own text; anything else with a blank in it is prose.
            if isinstance(item, str) and (
                action.startswith("rule.") or (len(item) <= DETAIL_TEXT and not any(c.isspace() for c in item))
            ):
                continue
            raise ValueError(f"{action}: the detail {name!r} is no code, id, count or time; seal it as personal")


def _key(connection: Any, subject: str, *, make: bool = False) -> bytes | None:
    row = connection.execute("select key from subject_key where subject = ?", (subject,)).fetchone()
    if row is None and make:
        key = secrets.token_bytes(32)
        connection.execute("insert into subject_key values(?, ?)", (subject, key))
        return key
    return None if row is None else bytes(row[0])


def _seal(key: bytes | None, subject: str, personal: Mapping[str, Any]) -> str:
    if key is None:
        raise ValueError("no key to seal with")
    nonce = secrets.token_bytes(NONCE_BYTES)
    plain = json.dumps(personal, ensure_ascii=False, sort_keys=True).encode()
    return (nonce + AESGCM(key).encrypt(nonce, plain, subject.encode())).hex()


def _entry(connection: Any, row: tuple[Any, ...]) -> Entry:
    seq, at, actor, action, subject, detail, sealed = row
    personal = None
    if sealed is not None and subject is not None and (key := _key(connection, subject)) is not None:
        blob = bytes.fromhex(sealed)
        try:
            personal = json.loads(AESGCM(key).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], subject.encode()))
        except InvalidTag:
            # Sealed with a key that has been destroyed since; the person came back and has another one.
            personal = None
    erased = sealed is not None and personal is None
    return Entry(seq, at, actor, action, subject, json.loads(detail), personal, erased)
