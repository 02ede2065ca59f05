"""A write transaction on a connection of the vault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from voicebot.errors import UnavailableError


@contextmanager
def write(connection: Any) -> Iterator[Any]:
    """BEGIN IMMEDIATE … COMMIT; all of it or nothing.

    Raises:
        UnavailableError: the disk is full, or another writer did not finish in time; nothing was changed.
    """
    try:
        connection.execute("begin immediate")
        try:
            yield connection
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
    except connection.OperationalError as error:
        raise UnavailableError(f"the database: {error}; nothing was changed; check the disk, then try again") from None
