"""The same conversations with the real Rasa beside the words: it may add, and must spoil nothing."""

from __future__ import annotations

import pytest

from tests.thinking.callers import Cabinet, talk
from tests.thinking.test_conversations import SCENARIOS, Scenario, check
from voicebot.errors import UnavailableError
from voicebot.ports import Asks, Understander, Understanding


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("scenario", SCENARIOS[::3], ids=lambda scenario: scenario.name.replace(" ", "_"))
async def test_a_conversation_ends_the_same_with_rasa(
    scenario: Scenario, cabinet: Cabinet, understander: Understander
) -> None:
    cabinet.understander = understander
    for outcome, answers in scenario.booked:
        before = await talk(cabinet.call(), answers)
        assert before.last.outcome == outcome, str(before)
    check(scenario, await talk(cabinet.call(caller=scenario.caller), scenario.answers), cabinet)


class Flickering:
    """Rasa that dies and comes back in the middle of calls."""

    def __init__(self, real: Understander) -> None:
        self._real = real
        self._turn = 0

    async def understand(self, text: str, *, asks: Asks | None, conversation: str) -> Understanding:
        self._turn += 1
        if self._turn % 3 == 0:
            raise UnavailableError("killed")
        return await self._real.understand(text, asks=asks, conversation=conversation)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("scenario", SCENARIOS[:3], ids=lambda scenario: scenario.name)
async def test_a_call_goes_on_while_rasa_dies_and_comes_back(
    scenario: Scenario, cabinet: Cabinet, understander: Understander
) -> None:
    cabinet.understander = Flickering(understander)
    happened = await talk(cabinet.call(), scenario.answers)
    assert happened.last.outcome == "booked", str(happened)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    "text",
    ["j'ai des douleurs qui irradient et je suis en sueur", "ma grand-mère est bizarre elle a un côté qui pend"],
)
async def test_rasa_hears_emergencies_that_no_list_holds(
    text: str, cabinet: Cabinet, understander: Understander
) -> None:
    cabinet.understander = understander
    call = cabinet.call()
    await call.greet()
    reply = await call.hear(text)
    assert reply.asks == "emergency" or reply.outcome == "emergency"
