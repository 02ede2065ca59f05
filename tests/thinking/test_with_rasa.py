"""The same conversations with the real Rasa beside the words: it may add, and must spoil nothing."""

from __future__ import annotations

import pytest

from tests.thinking.callers import Cabinet, talk
from tests.thinking.test_conversations import SCENARIOS, Scenario, check
from voicebot.thinking.rasa import RasaUnderstander


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name.replace(" ", "_"))
async def test_a_conversation_ends_the_same_with_rasa(
    scenario: Scenario, cabinet: Cabinet, understander: RasaUnderstander
) -> None:
    cabinet.understander = understander
    for outcome, answers in scenario.booked:
        before = await talk(cabinet.call(), answers)
        assert before.last.outcome == outcome, str(before)
    check(scenario, await talk(cabinet.call(caller=scenario.caller), scenario.answers), cabinet)
