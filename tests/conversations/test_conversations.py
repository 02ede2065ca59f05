"""Whole conversations with the real Rasa, judged on the agenda that they leave. The scripts are in ``scripts/``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversations.script import ASKS, OUTCOMES, Script, scripts
from tests.conversations.world import judge, play, prepare
from tests.thinking.callers import Cabinet, open_cabinet
from voicebot.ports import Understander


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    """The sample practice on Monday 23 November 2026 at 8:00."""
    found = open_cabinet(tmp_path / "data")
    yield found
    found.agenda.close()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name.replace(" ", "_"))
async def test_the_call_ends_well(script: Script, cabinet: Cabinet, understander: Understander) -> None:
    switch = prepare(cabinet, script, understander)
    judge(script, await play(cabinet, script, switch), cabinet)


def test_the_scripts_cover_every_question_outcome_and_more_than_sixty_calls() -> None:
    assert len(scripts()) >= 60
    assert {outcome for script in scripts() for outcome in script.outcomes} == set(OUTCOMES.values())
    answered = {asks for script in scripts() for asks in (*script.answers, *script.defaults)}
    assert answered == set(ASKS.values())
