"""How many calls this machine takes at once, from the time that its recogniser needs for one short utterance. Pure.

A caller whose words wait behind other callers' words hears silence, so a call too many harms every call; one that finds
the lines busy reaches the secretary instead.
"""

from __future__ import annotations

MOST = 20
"""The dialogue was measured with as many at once, calls by sound with ten (`python -m benchmarks.at_once`)."""
LEAST = 2
"""Even the slowest machine can ask a second caller to wait."""
PACE = 4.0
"""A call asks for one recognition in so many seconds: a turn and its reply take about eight, and what is said is
recognised at a pause and often again at its end."""
BUSY = 0.5
"""Share of the time for which the recognisers may be busy; beyond half, what is said often waits for its turn."""


def calls_at_once(seconds: float, recognisers: int) -> int:
    """The ceiling for ``recognisers`` that each need ``seconds`` for an utterance while all of them work."""
    return max(LEAST, min(MOST, int(recognisers * PACE * BUSY / seconds)))
