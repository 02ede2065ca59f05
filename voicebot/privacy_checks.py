"""What keeps sound from being kept on this machine: each guard is tried in a process of its own and told as it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from voicebot.errors import VoicebotError
from voicebot.findings import Finding

TRY = (
    "import dataclasses, json; from voicebot.vault.sandbox import restrict; report = restrict(network=False); "
    "print(json.dumps({**dataclasses.asdict(report), 'problems': report.problems}))"
)
SWAPS = Path("/proc/swaps")
CGROUP = Path("/proc/self/cgroup")


def guards() -> list[Finding]:
    """Every guard of this machine. Raises VoicebotError when they cannot be tried."""
    done = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise VoicebotError("the sandbox could not be tried: " + (done.stderr.strip() or "?").splitlines()[-1])
    report = json.loads(done.stdout)
    return [
        _files(report),
        _network(report),
        _dumps(report),
        _memory(report),
        _swap(report, swap_devices(SWAPS)),
        _proof(),
    ]


def _files(report: dict[str, Any]) -> Finding:
    if report["landlock"] and report["refused"]:
        return Finding("files", "well", facts={"version": str(report["landlock"])})
    return Finding("files", "missing", facts={"why": "; ".join(report["problems"]) or "a file could be written"})


def _network(report: dict[str, Any]) -> Finding:
    return Finding("network", "well" if report["no_network"] else "weak")


def _dumps(report: dict[str, Any]) -> Finding:
    if report["no_core_dump"] and report["not_dumpable"]:
        return Finding("dumps", "well")
    return Finding("dumps", "missing", facts={"why": "; ".join(report["problems"])})


def _memory(report: dict[str, Any]) -> Finding:
    return Finding("memory", "well" if report["freed_overwritten"] else "weak")


def _swap(report: dict[str, Any], devices: list[str]) -> Finding:
    if not devices:
        return Finding("swap", "well", "none")
    if report["memory_locked"]:
        return Finding("swap", "well", "locked")
    if _unit_forbids_swap():
        return Finding("swap", "well", "unit")
    return Finding("swap", "weak", facts={"devices": ", ".join(devices)})


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


def _proof() -> Finding:
    missing = [tool for tool in ("strace", "unshare") if shutil.which(tool) is None]
    return Finding("proof", "weak" if missing else "well", facts={"tools": " et ".join(missing)})
