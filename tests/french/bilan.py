"""``python -m tests.french.bilan [-v]``: right, asked and silently wrong, by family, of both sets.

Of the blind set it prints counts only, so that the grammar's author may measure without reading.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.french.expressions import BLIND, DEVELOPMENT, EXAMINED, Expression, Verdict, judge, load
from voicebot.french.when import read
from voicebot.ports import When

VERDICTS: tuple[Verdict, ...] = ("juste", "demandée", "fausse en silence")


def measure(folder: Path) -> list[tuple[Expression, When, Verdict]]:
    """Read and judge every expression of a folder."""
    results = []
    for expression in load(folder):
        when = read(expression.text, now=expression.now, offered=expression.offered)
        results.append((expression, when, judge(expression, when)))
    return results


def table(results: list[tuple[Expression, When, Verdict]]) -> str:
    """Counts by family, and the total."""
    families = {expression.family: Counter[Verdict]() for expression, _, _ in results}
    for expression, _, verdict in results:
        families[expression.family][verdict] += 1
    total = sum(families.values(), Counter[Verdict]())
    lines = [f"{'famille':42}" + "".join(f"{v:>20}" for v in VERDICTS)]
    for name, counts in [*families.items(), ("total", total)]:
        lines.append(f"{name:42}" + "".join(f"{counts[v]:>20}" for v in VERDICTS))
    share = 100 * total["juste"] / max(total.total(), 1)
    return "\n".join([*lines, f"{share:.1f} % justes sur {total.total()}"])


def main() -> None:
    """Print both tables; with -v the development phrases that were not read right."""
    results = measure(DEVELOPMENT)
    if "-v" in sys.argv:
        for expression, when, verdict in results:
            if verdict != "juste":
                shown = " ".join(f"{a:%d/%m %H:%M}–{b:%d %H:%M}" for a, b in when.windows[:4])
                print(f"{verdict} {expression.where} {expression.text!r}: {shown} « {when.reading} » {when.leftover}")
    print(table(results))
    print("\nl'examen")
    print(table(measure(EXAMINED)))
    if BLIND.is_dir():
        print("\nà l'aveugle")
        print(table(measure(BLIND)))


if __name__ == "__main__":
    main()
