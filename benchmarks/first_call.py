"""The demo's call, measured: reply time on the sound itself, time to READY, memory of each process.

Reply time runs from the caller's last voiced sample to the first voiced sample of the reply, as the caller's own
WebRTC leg sends and receives them. The parts (silence waited for, recognition, dialogue, synthesis) come from the
journal's ``turn`` events of the same calls. One run starts the service once and lets several patients call in turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from benchmarks.service import PARTS, serving

CALLS = 2
SEEDS = range(1000, 1000 + CALLS)
READY_GOAL = 45.0
MEMORY_GOAL = 1300.0

LONGEST = 240
"""No patient stays on the line longer, s."""


def percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")


async def bench() -> None:
    async with serving() as service:
        told = [await service.call(seed, LONGEST) for seed in SEEDS]
        memory = _memory(service.process.pid)
    latencies = [event["latency_ms"] for events in told for event in events if "latency_ms" in event]
    ready, stopped, parts = service.ready_seconds, service.stop_seconds, service.parts
    print(f"time to READY                {ready:7.1f} s    (goal ≤ {READY_GOAL:.0f})")
    print(f"time to stop                 {stopped:7.1f} s    (goal ≤ 2)")
    print(f"\nreply time, {len(latencies)} turns of {CALLS} calls    p50        p95")
    print(f"  heard by the caller     {percentile(latencies, 50):8.0f} ms {percentile(latencies, 95):8.0f} ms")
    for part in PARTS:
        print(f"  {part[:-3]:22}  {percentile(parts[part], 50):8.0f} ms {percentile(parts[part], 95):8.0f} ms")
    print(f"\nmemory (PSS)                 {sum(memory.values()):7.0f} MB   (goal ≤ {MEMORY_GOAL:.0f})")
    for name, megabytes in memory.items():
        print(f"  {name:22}  {megabytes:8.0f} MB")


def _memory(parent: int) -> dict[str, float]:
    """Proportional set size of the service and its children, MB."""
    found = {"voicebot": _pss(parent)}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "stat").read_text()
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if int(status.rsplit(")", 1)[1].split()[1]) != parent:
            continue
        line = " ".join(words)
        names = {"processes.speech": "speech", "processes.telephony": "telephony", "assistant": "rasa"}
        name = next((short for part, short in names.items() if part in line), entry.name)
        found[name] = _pss(int(entry.name))
    return found


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    except (OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> None:
    asyncio.run(bench())


if __name__ == "__main__":
    main()
