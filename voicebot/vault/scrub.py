"""Leave nothing of what was deleted: neither in free pages nor in the write-ahead log.

SQLite's ``secure_delete`` overwrites deleted cells, but a page that was rearranged may keep an older copy of one in its
gaps. ``VACUUM`` writes every page afresh; the checkpoint carries them into the file and empties the log.
"""

from __future__ import annotations

from typing import Any

SMALL = 5000
"""Pages (20 MB): a database of that size is rewritten in a fraction of a second, so that no caller notices."""


def is_small(connection: Any) -> bool:
    """Whether a rewrite may be done while calls go on; it keeps every writer waiting."""
    return int(connection.execute("pragma page_count").fetchone()[0]) <= SMALL


def scrub(connection: Any, *, rewrite: bool = True) -> bool:
    """Rewrite the database and empty its log; False when a reader or a full disk kept it from that.

    ``rewrite=False`` only empties the log: milliseconds, for use while calls go on; the daily purge does the rest.
    Never inside a transaction.
    """
    try:
        if rewrite:
            connection.execute("vacuum")
        busy = connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    except connection.OperationalError:
        # What was deleted stays deleted; the next purge rewrites.
        return False
    return not busy
