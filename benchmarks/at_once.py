"""Reply time with more and more calls at once: `python -m benchmarks.at_once 1 5 10 20`.

The patients are processes of this machine and take a part of it, so a practice's own machine does better: what counts
is how the figures of one run grow from one line to the next.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from benchmarks.first_call import percentile
from benchmarks.service import PARTS, serving

LONGEST = 420
"""No patient stays on the line longer, s."""


async def measure(calls: int) -> None:
    async with serving() as service:
        told = await asyncio.gather(*(service.call(seed, LONGEST) for seed in range(2000, 2000 + calls)))
        answered = sum(any("call" in event for event in events) for events in told)
        latencies = [event["latency_ms"] for events in told for event in events if "latency_ms" in event]
        booked = sum(row["status"] == "booked" for row in service.show("appointments"))
        parts = service.parts
    middle = "  ".join(f"{percentile(parts[part], 50):5.0f} {percentile(parts[part], 95):6.0f}" for part in PARTS[1:])
    heard = f"{percentile(latencies, 50):6.0f} {percentile(latencies, 95):6.0f}"
    print(f"{calls:4} ({answered:2} taken, {booked:2} booked)  {heard}    {middle}", flush=True)


async def bench(counts: Sequence[int]) -> None:
    print("calls                    reply p50, p95 ms   recognition   dialogue   synthesis (p50, p95 ms)")
    for calls in counts:
        await measure(calls)


def main() -> None:
    asyncio.run(bench([int(word) for word in sys.argv[1:]] or [1, 5, 10, 20]))


if __name__ == "__main__":
    main()
