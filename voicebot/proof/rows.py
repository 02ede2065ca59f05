"""Scan what the encrypted database holds: its decrypted rows, column by column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from voicebot.database import FILE_NAME, open_database
from voicebot.proof.findings import Finding
from voicebot.proof.scan import scan


def columns(data: Path, key: bytes) -> Iterator[tuple[str, list[str | bytes]]]:
    """Name (``table.column``) and values of every column that holds text or bytes."""
    database = open_database(data, key)()
    try:
        for table in database.table_names():
            rows = list(database[table].rows)
            for column in rows[0] if rows else ():
                values = [row[column] for row in rows if isinstance(row[column], (str, bytes))]
                if values:
                    yield f"{table}.{column}", values
    finally:
        database.close()


def scan_rows(data: Path, key: bytes) -> list[Finding]:
    """The canary in the database, if it is there. Values of a column are also read in a row, as frames would lie."""
    found = []
    for name, values in columns(data, key):
        joined = b"".join(value if isinstance(value, bytes) else value.encode() + b"\n" for value in values)
        for hit in scan(joined):
            found.append(Finding("scan", "canary", f"{FILE_NAME} {name}", f"{hit.form} at {hit.rate} Hz"))
    return found
