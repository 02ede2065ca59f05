"""The ledger of erasures, kept beside the database and with each backup: a restore brings nobody back.

One JSON object a line, opaque ids only. The database has the same list; the file outlives a database that is replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from voicebot.errors import UnavailableError

FILE_NAME = "erasures.jsonl"


@dataclass(frozen=True)
class Erasure:
    """One patient or call that was erased."""

    receipt: str
    kind: Literal["patient", "call"]
    id: str
    at: str


def read_ledger(path: Path) -> list[Erasure]:
    """The erasures of a file; a line that was cut off by a power failure is skipped (the database has it)."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            value = json.loads(line)
            found.append(Erasure(str(value["receipt"]), value["kind"], str(value["id"]), str(value["at"])))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def add_to_ledger(path: Path, erasures: Iterable[Erasure]) -> None:
    """Append those that the file does not have yet.

    Raises:
        UnavailableError: it cannot be written.
    """
    known = {erasure.receipt for erasure in read_ledger(path)}
    fresh = [erasure for erasure in erasures if erasure.receipt not in known]
    if not fresh:
        return
    text = "".join(json.dumps(asdict(erasure)) + "\n" for erasure in fresh)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            # A line that was cut off before must not swallow ours.
            os.write(descriptor, ("\n" + text).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnavailableError(f"{path}: {error.strerror}; make room on the disk, then try again") from None


def stored_erasures(connection: Any) -> list[Erasure]:
    """The erasures that a database knows of."""
    return [Erasure(*row) for row in connection.execute("select receipt, kind, id, at from erasure order by rowid")]


def store_erasure(connection: Any, erasure: Erasure) -> None:
    """Inside a write transaction: note an erasure."""
    connection.execute(
        "insert or ignore into erasure values(?, ?, ?, ?)", (erasure.receipt, erasure.kind, erasure.id, erasure.at)
    )
