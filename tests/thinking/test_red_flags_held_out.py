"""Signs of an emergency in phrases written apart from the list and from the training data (`red_flag_phrases/`).

Each phrase opens a call of its own, with the real Rasa. ``pytest -s`` prints figures, never a phrase of the blind half.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from tests.halves import HALVES, half, rows
from tests.thinking.callers import Cabinet, open_cabinet
from voicebot.ports import Understander

HANDS = Path(__file__).with_name("red_flag_phrases")

Heard = Counter[tuple[str, str]]
"""How often a phrase of one verdict (clear, doubtful, none) led to what: ``told``, ``asked``, ``goes on``."""

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def _open_with(cabinet: Cabinet, phrase: str) -> str:
    call = cabinet.call()
    await call.greet()
    reply = await call.hear(phrase)
    if reply.outcome == "emergency":
        assert "15" in reply.say
        return "told"
    await call.hang_up()
    return "asked" if reply.asks == "emergency" else "goes on"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def heard(
    tmp_path_factory: pytest.TempPathFactory, understander: Understander
) -> AsyncIterator[Mapping[str, Heard]]:
    cabinet = open_cabinet(tmp_path_factory.mktemp("cabinet") / "data")
    cabinet.understander = understander
    found: dict[str, Heard] = {name: Counter() for name in HALVES}
    for path in sorted(HANDS.glob("*.tsv")):
        for verdict, phrase in rows(path, 2):
            found[half(phrase, path.name)][verdict, await _open_with(cabinet, phrase)] += 1
    for name, counts in found.items():
        print(f"\n{name}: " + ", ".join(f"{verdict} {did} {n}" for (verdict, did), n in sorted(counts.items())))
    yield found
    cabinet.agenda.close()


def _of(heard: Heard, verdict: str) -> int:
    return sum(count for (given, _), count in heard.items() if given == verdict)


@pytest.mark.parametrize("name", HALVES)
async def test_no_sign_goes_unheard(heard: Mapping[str, Heard], name: str) -> None:
    counts = heard[name]
    assert _of(counts, "clear") >= 25
    assert counts["clear", "goes on"] == 0
    assert counts["doubtful", "goes on"] <= 0.1 * _of(counts, "doubtful")


@pytest.mark.parametrize("name", HALVES)
async def test_most_clear_signs_are_told_the_number_at_once(heard: Mapping[str, Heard], name: str) -> None:
    assert heard[name]["clear", "told"] >= 0.65 * _of(heard[name], "clear")


@pytest.mark.parametrize("name", HALVES)
async def test_what_only_sounds_like_a_sign_goes_on(heard: Mapping[str, Heard], name: str) -> None:
    counts = heard[name]
    assert _of(counts, "none") >= 20
    # The phrases are written to tempt. A false alarm is a question, or advice that was not needed; a miss is worse.
    assert counts["none", "goes on"] >= 0.6 * _of(counts, "none")
    assert counts["none", "told"] <= 0.15 * _of(counts, "none")
