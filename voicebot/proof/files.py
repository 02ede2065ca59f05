"""Scan what a run left on the disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from voicebot.database import FILE_NAME
from voicebot.proof.findings import Finding
from voicebot.proof.scan import scan_file


def files_of(folders: Iterable[Path], also: Iterable[str]) -> Iterator[Path]:
    """Every regular file under the folders, and those of ``also`` that still exist; each once."""
    seen: set[Path] = set()
    for folder in folders:
        seen |= {path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    seen |= {Path(name) for name in also if Path(name).is_file()}
    yield from sorted(seen)


def scan_files(files: Iterable[Path]) -> list[Finding]:
    """The canary in files. The encrypted database is read by its rows instead."""
    found = []
    for path in files:
        if path.name.startswith(FILE_NAME):
            continue
        for hit in scan_file(path):
            found.append(Finding("scan", "canary", str(path), f"{hit.form} at {hit.rate} Hz"))
    return found
