"""A turn of the dialogue, measured: text in to text out with the real Rasa and an encrypted agenda; Rasa's own costs.

Twenty callers talk at once, out of the scripts of ``tests/conversations``, with pauses between their turns (shorter
than people's, whose one turn takes five seconds and more), and then once more without any pause: everything that one
event loop and one Rasa process can do.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from random import Random
from time import perf_counter

from tests.conversations.caller import HANG_UP, Caller, UnexpectedQuestionError
from tests.conversations.script import Script, scripts
from tests.thinking.callers import Cabinet, open_cabinet
from voicebot.children import Child
from voicebot.french.when import WhenSettings
from voicebot.processes import rasa
from voicebot.processes.rasa_service import RasaService
from voicebot.thinking.conversation import prepare

CALLERS = 20
ROUNDS = 3
PAUSE = 1.5
"""Mean pause of a caller between two turns, s."""

MEDIAN_GOAL, P95_GOAL = 50.0, 120.0


def percentile(values: Sequence[float], percent: int) -> float:
    """The value below which so many in a hundred lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


async def caller(cabinet: Cabinet, script: Script, rng: Random, pause: float) -> list[float]:
    """One conversation; the time that each of its turns took, ms."""
    await asyncio.sleep(rng.random() * 2 * pause)
    call, who, taken = cabinet.call(), Caller(script), []
    reply = await call.greet()
    while reply.outcome is None and reply.asks is not None:
        await asyncio.sleep(rng.random() * 2 * pause)
        try:
            text = who.answer(reply.asks, reply.offers)
        except UnexpectedQuestionError:
            break
        if text == HANG_UP:
            break
        begun = perf_counter()
        reply = await (call.key(text[1:]) if text.startswith("#") else call.hear(text))
        taken.append((perf_counter() - begun) * 1000)
    await call.hang_up()
    return taken


async def talk(cabinet: Cabinet, wanted: Sequence[Script], pause: float) -> list[float]:
    """Conversations at once; the times of all their turns, ms."""
    rng = Random(1)
    talks = [caller(cabinet, script, Random(rng.random()), pause) for script in wanted]
    return [taken for turns in await asyncio.gather(*talks) for taken in turns]


async def bench(folder: Path) -> None:
    """Train, start, talk, and print."""
    begun = perf_counter()
    rasa.train_if_needed(folder / "rasa", announce=lambda line: None)
    print(f"  Rasa's training              {perf_counter() - begun:7.1f} s")
    service = RasaService(cache_dir=folder / "rasa")
    begun = perf_counter()
    await service.child.start()
    print(f"  Rasa's start                 {perf_counter() - begun:7.1f} s")
    try:
        before = memory(service.child)
        await talks(folder, service)
        print(f"  Rasa's memory, start → end   {before:7.0f} → {memory(service.child):.0f} MB")
    finally:
        await service.close()
        await service.child.stop()


async def talks(folder: Path, understander: RasaService) -> None:
    """The measures with one and with twenty callers."""
    plain = [script for script in scripts() if not script.events and not script.settings and not script.before]
    chosen = iter(cycle(plain))
    for callers, rounds, pause in ((1, 10, 0.0), (CALLERS, ROUNDS, PAUSE), (CALLERS, ROUNDS, 0.0)):
        cabinet = open_cabinet(folder / f"{callers}-{pause}")
        cabinet.understander = understander
        prepare(cabinet.practice, cabinet.agenda, cabinet.clock.now(), WhenSettings())
        turns: list[float] = []
        for _ in range(rounds):
            turns += await talk(cabinet, list(islice(chosen, callers)), pause)
        cabinet.agenda.close()
        median, p95 = percentile(turns, 50), percentile(turns, 95)
        goal = ""
        if pause:
            reached = "reached" if median <= MEDIAN_GOAL and p95 <= P95_GOAL else "MISSED"
            goal = f" (goal {MEDIAN_GOAL:.0f} and {P95_GOAL:.0f}: {reached})"
        what = f"{callers} at once" + (f", pauses of {pause} s" if pause else ", no pause")
        print(f"  {what:28} {median:7.1f} ms median, {p95:.1f} at 95 %, {len(turns)} turns{goal}", flush=True)


def memory(child: Child) -> float:
    """Resident memory of a child, MB."""
    status = Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1024


def main() -> int:
    print("A turn of the dialogue, text in to text out", flush=True)
    with tempfile.TemporaryDirectory(prefix="voicebot-bench-") as name:
        asyncio.run(bench(Path(name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
