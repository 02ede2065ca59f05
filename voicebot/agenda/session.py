"""One connection shared by threads: reads and write transactions, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from voicebot.errors import AgendaError, SlotTakenError, UnavailableError


class Connection(Protocol):
    """What the agenda uses of a ``sqlite_utils.Database``."""

    conn: Any

    def execute(self, sql: str, parameters: Any = None) -> Any:
        """Run one statement."""

    def query(self, sql: str, params: Any = None) -> Any:
        """Run a query; rows are dictionaries."""

    def close(self) -> None:
        """Close the connection."""

    def __getitem__(self, table: str) -> Any:
        """A table."""


class Session:
    """Serialises the threads of one process on one connection; other processes wait on SQLite's own lock."""

    def __init__(self, factory: Callable[[], Connection]) -> None:
        self.database = factory()
        self._lock = threading.RLock()

    def rows(self, sql: str, parameters: Mapping[str, object]) -> list[dict[str, Any]]:
        """All rows of a query with named parameters."""
        with self._lock:
            return list(self.database.query(sql, dict(parameters)))

    def tuples(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query as tuples, for the hot paths."""
        with self._lock:
            return list(self.database.conn.execute(sql, parameters).fetchall())

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Change rows inside a write transaction that is open."""
        with self._lock:
            if not self.database.conn.in_transaction:
                raise AgendaError("a change outside a write transaction; this is a defect of the program")
            self.database.conn.execute(sql, parameters)

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """A write transaction (BEGIN IMMEDIATE: writers queue up before they read, so nobody decides on old rows).

        A durable one is on the disk when it ends. One that is not survives the end of the process, but not a power cut:
        good enough for holds, which nobody was promised.

        Raises:
            SlotTakenError: a granule or span is taken.
            UnavailableError: the disk is full, or another writer did not finish in time.
        """
        with self._lock:
            connection = self.database.conn
            try:
                connection.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
                connection.execute("begin immediate")
                try:
                    yield self.database
                    connection.execute("commit")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("rollback")
                    raise
            except connection.IntegrityError as error:
                raise _integrity(str(error)) from None
            except connection.OperationalError as error:
                raise UnavailableError(_operational(str(error))) from None

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self.database.close()


def _integrity(message: str) -> AgendaError:
    if "slot_taken" in message or "granule." in message:
        return SlotTakenError("the slot was taken meanwhile; search again")
    return AgendaError(f"the agenda refused an inconsistent row ({message})")


def _operational(message: str) -> str:
    if "full" in message:
        return "the agenda's disk is full: nothing was changed; make room, then try again"
    if "locked" in message or "busy" in message:
        return "another process kept the agenda locked: nothing was changed; try again"
    return f"the agenda's database failed ({message}): nothing was changed; check the disk"
