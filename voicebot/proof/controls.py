"""Positive controls: each planted leak runs under the same trace and the same scan as a call, and must be caught."""

from __future__ import annotations

import os
import resource
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from voicebot.database import open_database
from voicebot.errors import UnavailableError
from voicebot.proof.files import files_of, scan_files
from voicebot.proof.findings import Finding, Kind
from voicebot.proof.rows import scan_rows
from voicebot.proof.rules import Policy, judge, written_files
from voicebot.proof.trace import Trace, strace

CAUGHT_BY: dict[str, frozenset[tuple[str, Kind]]] = {
    "none": frozenset(),
    "wav": frozenset({("trace", "file"), ("scan", "canary")}),
    "log-base64": frozenset({("trace", "file"), ("scan", "canary")}),
    # Writing to the database is lawful: only its decrypted rows tell.
    "database": frozenset({("scan", "canary")}),
    # These two leave nothing behind: only the trace tells.
    "unlinked": frozenset({("trace", "vanished-file")}),
    "shared-mapping": frozenset({("trace", "shared-memory")}),
    "elsewhere": frozenset({("trace", "egress")}),
    "look-up": frozenset({("trace", "look-up")}),
    "core-dump": frozenset({("trace", "core-dump"), ("scan", "canary")}),
}
"""What each proof must find of each leak, at least; of none, nothing at all."""

CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")


@dataclass(frozen=True)
class Control:
    """One planted leak and what was found of it."""

    leak: str
    findings: tuple[Finding, ...]
    excused: frozenset[tuple[str, Kind]] = frozenset()
    """What this machine keeps from being planted: where the kernel pipes core dumps away, no file can be scanned."""

    @property
    def missed(self) -> frozenset[tuple[str, Kind]]:
        """What should have been found and was not."""
        found = {(finding.proof, finding.kind) for finding in self.findings}
        return CAUGHT_BY[self.leak] - found - self.excused

    @property
    def holds(self) -> bool:
        """Whether the proofs did what they must."""
        return not self.missed and (self.leak != "none" or not self.findings)


def plant(leak: str, folder: Path) -> Control:
    """Run one leak in a new folder and look for it with both proofs. Blocking, about a second.

    Raises:
        UnavailableError: strace cannot run here.
    """
    (folder / "home").mkdir(parents=True)
    key = secrets.token_bytes(32)
    open_database(folder / "data", key)
    output = folder.with_name(folder.name + ".trace")
    command = [
        sys.executable,
        "-m",
        "voicebot.proof.leaks",
        leak,
        str(folder / "home"),
        str(folder / "data"),
        key.hex(),
    ]
    done = subprocess.run(  # noqa: S603
        [*strace(output), *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(folder / "home"), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if not output.exists() or (done.returncode and leak != "core-dump"):
        raise UnavailableError(
            f"strace could not trace a planted leak: {(done.stderr.strip() or '?').splitlines()[-1]}"
        )
    trace = Trace.read(output)
    findings = [
        *judge(trace, Policy(roles={}, data=folder / "data")),
        *scan_files(files_of([folder], written_files(trace))),
        *scan_rows(folder / "data", key),
    ]
    excused: frozenset[tuple[str, Kind]] = frozenset()
    if leak == "core-dump":
        excused = _not_here()
    return Control(leak, tuple(findings), excused)


def _not_here() -> frozenset[tuple[str, Kind]]:
    """What of a core dump cannot be planted here: nothing can where it is forbidden, or piped to another program."""
    pattern = CORE_PATTERN.read_text().strip()
    written = resource.getrlimit(resource.RLIMIT_CORE)[1] != 0 and pattern and pattern[0] not in "|/@"
    return frozenset() if written else CAUGHT_BY["core-dump"]
