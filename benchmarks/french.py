"""Reading French, measured: processor time an expression, and how many are read right, asked or silently wrong.

Run with ``python -m benchmarks.french``. The goal is 1 ms for a time expression (p95, after a first pass that fills
the caches of word runs and calendars, as a call finds them).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from time import thread_time_ns

from tests.french.bilan import measure, table
from tests.french.expressions import BLIND, DEVELOPMENT, load
from voicebot.french.birth_dates import read_birth_date
from voicebot.french.names import read_name
from voicebot.french.phones import read_phone
from voicebot.french.when import read

GOAL = 1.0
ROUNDS = 5
TODAY = date(2026, 11, 23)

OTHERS: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "birth dates": (
        lambda text: read_birth_date(text, today=TODAY),
        ("le douze mars mille neuf cent soixante-dix-huit", "douze trois soixante dix huit", "12/03/1978"),
    ),
    "phone numbers": (
        read_phone,
        ("zéro six douze trente-quatre cinquante-six soixante-dix-huit", "06 12 34 56 78", "plus trente-trois six"),
    ),
    "names": (read_name, ("je m'appelle durand d u r a n d", "c'est au nom de le goff", "d comme daniel u p o n t")),
}


def milliseconds(work: Callable[[], object]) -> float:
    """Processor time that one piece of work takes, ms: other work on the machine does not count."""
    begun = thread_time_ns()
    work()
    return (thread_time_ns() - begun) / 1e6


def show(name: str, times: list[float]) -> float:
    """Print median, p95 and worst; return p95."""
    times.sort()
    p95 = times[len(times) * 95 // 100]
    print(f"  {name}: {times[len(times) // 2]:.2f} ms, p95 {p95:.2f}, worst {times[-1]:.2f} ({len(times)} readings)")
    return p95


def main() -> int:
    expressions = list(load(DEVELOPMENT))

    def pass_over() -> list[float]:
        return [
            milliseconds(lambda e=e: read(e.text, now=e.now, offered=e.offered))  # type: ignore[misc]
            for e in expressions
        ]

    print("Reading")
    show("time expressions, first time", pass_over())
    p95 = show("time expressions", [time for _ in range(ROUNDS) for time in pass_over()])
    print(f"  goal {GOAL:.0f} ms: {'kept' if p95 <= GOAL else 'MISSED'}")
    for name, (reader, texts) in OTHERS.items():
        for text in texts:
            reader(text)
        times = [milliseconds(lambda r=reader, t=t: r(t)) for _ in range(200) for t in texts]  # type: ignore[misc]
        show(name, times)
    print("\nUnderstanding, development set")
    print(table(measure(DEVELOPMENT)))
    if BLIND.is_dir():
        print("\nUnderstanding, blind set")
        print(table(measure(BLIND)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
