"""The same callers against the program ``voicebot chat --json``, several at once on one agenda."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.caller import HANG_UP, Caller
from tests.conversations.script import Script, scripts
from tests.conversations.world import agrees, place, standing
from tests.thinking.callers import KEY, MONDAY, open_cabinet

GREETED_WITHIN, ANSWERED_WITHIN = 150.0, 60.0
"""Of a busy machine, s."""


@pytest.mark.timeout(300)
async def test_callers_at_the_program_leave_the_agenda_that_they_wanted(tmp_path: Path) -> None:
    wanted = [script for script in scripts() if script.program]
    key = tmp_path / "key"
    key.write_text(KEY.hex() + "\n", encoding="ascii")
    key.chmod(0o600)
    cabinet = open_cabinet(tmp_path / "data")
    for row in (row for script in wanted for row in script.before):
        start, motive, practitioner, patient = row.split(" ", 3)
        place(cabinet, datetime.fromisoformat(start), motive, practitioner, patient)
    cabinet.agenda.close()
    calls = await asyncio.gather(*(call(script, tmp_path / "data", key) for script in wanted))
    for script, turns in zip(wanted, calls, strict=True):
        assert turns[-1]["outcome"] in script.outcomes, turns
        assert turns[-1]["asks"] is None
        assert all(turn["outcome"] is None for turn in turns[:-1])
        if script.outcomes in (("booked",), ("moved",)):
            assert turns[-1]["appointment"]["status"] == "booked"
    cabinet = open_cabinet(tmp_path / "data")
    rows, holds = standing(cabinet), [row for row in cabinet.agenda.appointments() if row.status != "booked"]
    cabinet.agenda.close()
    assert not holds
    assert agrees(rows, [row for script in wanted for row in (script.before if script.rows is None else script.rows)])


async def call(script: Script, data: Path, key: Path) -> list[dict[str, Any]]:
    """Play one call; every object that the program wrote."""
    chat = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voicebot", "chat", "--json", "--data", str(data), "--key-file", str(key)),
        *("--now", MONDAY.isoformat()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert chat.stdin is not None
    assert chat.stdout is not None
    caller, turns = Caller(script), []
    try:
        line = await asyncio.wait_for(chat.stdout.readline(), GREETED_WITHIN)
        while line:
            turns.append(json.loads(line))
            if turns[-1]["outcome"] is None:
                offers = [datetime.fromisoformat(offer) for offer in turns[-1]["offers"]]
                text = caller.answer(turns[-1]["asks"], offers)
                chat.stdin.write(f"{'#hangup' if text == HANG_UP else text}\n".encode())
                await chat.stdin.drain()
            line = await asyncio.wait_for(chat.stdout.readline(), ANSWERED_WITHIN)
        assert await asyncio.wait_for(chat.wait(), ANSWERED_WITHIN) == 0
    finally:
        if chat.returncode is None:
            chat.kill()
            await chat.wait()
    return turns
