"""The service as a whole, without its children: what is done before it says READY."""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.cli.setup import open_workspace
from voicebot.practice import calendars
from voicebot.practice.schema import Transfer
from voicebot.service import Ports, Service


@pytest_asyncio.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """A service on a copy of the sample practice; its children are not started."""
    key = tmp_path / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    cabinet = shutil.copytree(SAMPLE_PRACTICE, tmp_path / "cabinet")
    asked = argparse.Namespace(
        practice=cabinet, data=tmp_path / "data", key_file=key, now="2026-11-23T08:00", passphrase_fd=None
    )
    made = Service(open_workspace(asked), Ports())
    yield made
    await made.stop()


async def test_the_calendars_are_loaded_before_anyone_looks_at_the_agenda(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Which of them a first turn would load depends on the motives; the agenda must not depend on that.
    monkeypatch.setattr("voicebot.service.prepare", lambda *_: None)
    calendars.public_holidays.cache_clear()
    calendars.school_holidays.cache_clear()
    await asyncio.to_thread(service._prepare)
    before = calendars.public_holidays.cache_info().misses, calendars.school_holidays.cache_info().misses
    practice = service.workspace.practice
    for year in (2025, 2026, 2027):  # as far as an agenda of ninety days goes, and back to what is past
        calendars.public_holidays(practice.holiday_zone or "", year)
        calendars.school_holidays(practice.school_zone or "", year)
    after = calendars.public_holidays.cache_info().misses, calendars.school_holidays.cache_info().misses
    assert before == after == (3, 3)


async def test_telephony_is_told_of_numbers_that_the_desk_has_changed_and_read_again_itself(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicebot.service.REREAD_SECONDS", 0.01)
    told: asyncio.Queue[Transfer] = asyncio.Queue()
    service._telephony.tell_contacts = told.put_nowait  # type: ignore[method-assign]
    following = asyncio.create_task(service._reread())
    await asyncio.sleep(0)  # it has looked at the rules as they are at first
    file = service.workspace.practice.directory / "practice.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('secretary = "+33465710011"', 'secretary = "+33465710099"'), encoding="utf-8")
    assert service.workspace.rules.refresh(), "as the desk does at once after a change"
    async with asyncio.timeout(30):
        assert (await told.get()).secretary == "+33465710099"
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
