"""How many synthetic patients book the right thing, and none a wrong one: `python -m benchmarks.patients`.

Each patient calls over WebRTC as in the demonstration; the verdict is read from the database. Wrong bookings are told
apart from calls that end in a call-back, as a misunderstood person's call should.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from benchmarks.service import serving
from voicebot.demo.patient import Patient, fold

LONGEST = 420
"""No patient stays on the line longer, s."""


def verdict(seed: int, rows: list[dict[str, Any]]) -> str:
    """``right``, ``wrong`` or ``none``, for the rows that one call committed."""
    wish = Patient(seed).wish
    if not rows:
        return "none"
    (row, *more) = rows
    who = row["patient"]
    right = (
        not more
        and fold(who["birth_name"]) == fold(wish.birth_name)
        and fold(who["first_name"]) == fold(wish.first_name)
        and who["birth_date"] == wish.birth_date.isoformat()
        and row["motive"] == wish.motive
        and wish.suits(datetime.fromisoformat(row["start"]))
    )
    return "right" if right else "wrong"


async def run(seeds: Sequence[int], at_once: int, transcripts: bool) -> Counter[str]:
    """Start the service, let one patient a seed call, ``at_once`` at a time."""
    tally: Counter[str] = Counter()
    async with serving() as service:
        gate = asyncio.Semaphore(at_once)

        async def one(seed: int) -> None:
            async with gate:
                told = await service.call(seed, LONGEST)
            call_id = next((event["call"] for event in told if "call" in event), None)
            events = [event for event in await asyncio.to_thread(service.show, "calls") if event["call"] == call_id]
            committed = {event["appointment"] for event in events if event["event"] == "committed"}
            rows = [row for row in await asyncio.to_thread(service.show, "appointments") if row["id"] in committed]
            outcome = next((event["outcome"] for event in events if event["event"] == "outcome"), None)
            judged = verdict(seed, rows)
            tally[judged] += 1
            turns = sum(event["event"] == "heard" for event in events)
            print(f"{seed}: {judged:5} outcome {outcome}, {turns} utterances", flush=True)
            if transcripts and judged != "right":
                print("   ", Patient(seed).wish)
                for event in events:
                    if event["event"] in ("heard", "said"):
                        print("   ", "▸" if event["event"] == "heard" else "◂", event["text"], event.get("logprob", ""))

        await asyncio.gather(*(one(seed) for seed in seeds))
    return tally


def main() -> None:
    """Parse, run, print the tally; exit 1 when a wrong booking was made or fewer than four in five booked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=5000, help="first seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--only", type=int, nargs="+", metavar="SEED", help="these seeds instead")
    parser.add_argument("--at-once", type=int, default=1, help="calls at once")
    parser.add_argument(
        "--transcripts", action="store_true", help="print the calls that did not book (invented patients)"
    )
    args = parser.parse_args()
    seeds = args.only or range(args.first, args.first + args.seeds)
    tally = asyncio.run(run(seeds, args.at_once, args.transcripts))
    print(f"right {tally['right']}, wrong {tally['wrong']}, not booked {tally['none']} of {len(seeds)}")
    sys.exit(1 if tally["wrong"] or tally["right"] * 5 < len(seeds) * 4 else 0)


if __name__ == "__main__":
    main()
