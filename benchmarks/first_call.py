"""The demo's call, measured: reply time on the sound itself, time to READY, memory of each process.

Reply time runs from the caller's last voiced sample to the first voiced sample of the reply, as the caller's own
WebRTC leg sends and receives them. The parts (silence waited for, recognition, dialogue, synthesis) come from the
journal's ``turn`` events of the same calls. One run starts the service once and lets several patients call in turn.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from voicebot.control import path_of

CALLS = 2
SEEDS = range(1000, 1000 + CALLS)
READY_GOAL = 45.0
MEMORY_GOAL = 1300.0

PARTS = ("silence_ms", "recognition_ms", "dialogue_ms", "synthesis_ms")


def percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")


async def bench() -> None:
    with tempfile.TemporaryDirectory(prefix="voicebot-bench-") as folder:
        data = Path(folder) / "data"
        begun = monotonic()
        service = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "voicebot", "serve", "--web-port", "0", "--http-port", "0"),
            *("--data", str(data), "--key-file", str(make_key(Path(folder)))),
            stderr=asyncio.subprocess.PIPE,
        )
        url = ""
        assert service.stderr is not None
        async for line in service.stderr:
            text = line.decode()
            if found := re.match(r"patient's page: (\S+)", text):
                url = found[1]
            if text.strip() == "READY":
                break
        else:
            raise SystemExit("the service did not become ready")
        ready = monotonic() - begun
        drain = asyncio.create_task(service.stderr.read())
        parts: dict[str, list[float]] = defaultdict(list)
        watching = asyncio.create_task(_watch(data, parts))
        try:
            latencies = [latency for seed in SEEDS for latency in await _call(seed, url, data)]
            memory = _memory(service.pid)
        finally:
            watching.cancel()
            service.send_signal(signal.SIGINT)
            stopping = monotonic()
            await service.wait()
            stopped = monotonic() - stopping
            drain.cancel()
    print(f"time to READY                {ready:7.1f} s    (goal ≤ {READY_GOAL:.0f})")
    print(f"time to stop                 {stopped:7.1f} s    (goal ≤ 2)")
    print(f"\nreply time, {len(latencies)} turns of {CALLS} calls    p50        p95")
    print(f"  heard by the caller     {percentile(latencies, 50):8.0f} ms {percentile(latencies, 95):8.0f} ms")
    for part in PARTS:
        print(f"  {part[:-3]:22}  {percentile(parts[part], 50):8.0f} ms {percentile(parts[part], 95):8.0f} ms")
    print(f"\nmemory (PSS)                 {sum(memory.values()):7.0f} MB   (goal ≤ {MEMORY_GOAL:.0f})")
    for name, megabytes in memory.items():
        print(f"  {name:22}  {megabytes:8.0f} MB")


def make_key(folder: Path) -> Path:
    key = folder / "bench.key"
    key.write_text(os.urandom(32).hex())
    key.chmod(0o600)
    return key


async def _call(seed: int, url: str, data: Path) -> list[float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voicebot.demo.caller", "--seed", str(seed), "--url", url, "--data", str(data)),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 240)
    events = [json.loads(line) for line in output.splitlines()]
    return [event["latency_ms"] for event in events if "latency_ms" in event]


async def _watch(data: Path, parts: dict[str, list[float]]) -> None:
    reader, writer = await asyncio.open_unix_connection(str(path_of(data)))
    writer.write(b'{"ask": "follow"}\n')
    async for line in reader:
        event = json.loads(line)
        if event.get("event") == "turn" and event["recognition_ms"]:
            for part in PARTS:
                parts[part].append(event[part])


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
