"""What keeps sound from being kept on this machine: each guard is tried in a process of its own and told as it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.errors import VoicebotError

TRY = (
    "import dataclasses, json; from voicebot.vault.sandbox import restrict; report = restrict(tcp=False); "
    "print(json.dumps({**dataclasses.asdict(report), 'problems': report.problems}))"
)
SWAPS = Path("/proc/swaps")
CGROUP = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class Guard:
    """One guard."""

    name: str
    holds: bool
    finding: str
    needed: bool = True
    """Whether calls should not be taken without it."""


def guards() -> list[Guard]:
    """Every guard of this machine. Raises VoicebotError when they cannot be tried."""
    done = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise VoicebotError("the sandbox could not be tried: " + (done.stderr.strip() or "?").splitlines()[-1])
    report = json.loads(done.stdout)
    return [_files(report), _dumps(report), _memory(report), _swap(report, swap_devices(SWAPS)), _proof()]


def _files(report: dict[str, Any]) -> Guard:
    name = "no file can be written by what hears"
    if report["landlock"] and report["refused"]:
        return Guard(name, True, f"Landlock (version {report['landlock']}) is enforced; a write was tried and refused")
    told = "; ".join(report["problems"]) or "a file could be written"
    mend = "run the service from packaging/voicebot.service, whose sandbox keeps the file system read-only"
    return Guard(name, False, f"{told}; {mend}")


def _dumps(report: dict[str, Any]) -> Guard:
    name = "no crash writes memory to the disk"
    holds = bool(report["no_core_dump"] and report["not_dumpable"])
    told = "core dumps are off and the memory cannot be read by other processes of this user"
    return Guard(name, holds, told if holds else "; ".join(report["problems"]))


def _memory(report: dict[str, Any]) -> Guard:
    name = "freed memory is overwritten"
    if report["freed_overwritten"]:
        return Guard(name, True, "the allocator overwrites what is freed", needed=False)
    return Guard(name, False, "this C library cannot; what is freed stays until it is used again", needed=False)


def _swap(report: dict[str, Any], devices: list[str]) -> Guard:
    name = "memory is never swapped to the disk"
    if not devices:
        return Guard(name, True, "this machine has no swap")
    if report["memory_locked"]:
        return Guard(name, True, "the memory of what hears is locked")
    if _unit_forbids_swap():
        return Guard(name, True, "the service unit forbids swap (MemorySwapMax=0)")
    mend = "run the service from packaging/voicebot.service (MemorySwapMax=0), or turn swap off: swapoff -a"
    return Guard(name, False, f"swap is on ({', '.join(devices)}): {mend}", needed=False)


def swap_devices(swaps: Path) -> list[str]:
    """Devices and files that memory is swapped to; compressed memory (zram) is no disk."""
    try:
        lines = swaps.read_text().splitlines()[1:]
    except OSError:
        return []
    return [name for name in (line.split()[0] for line in lines if line.strip()) if not name.startswith("/dev/zram")]


def _unit_forbids_swap() -> bool:
    try:
        group = CGROUP.read_text().strip().rpartition(":")[2]
        limit = (Path("/sys/fs/cgroup") / group.lstrip("/") / "memory.swap.max").read_text().strip()
    except OSError:
        return False
    return limit == "0"


def _proof() -> Guard:
    missing = [tool for tool in ("strace", "unshare") if shutil.which(tool) is None]
    told = f"make proof needs {' and '.join(missing)}: run scripts/install-peers" if missing else "make proof can run"
    return Guard("the proof can be repeated here", not missing, told, needed=False)
