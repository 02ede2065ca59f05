"""The service as a whole, without its children: what is done before it says READY."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.cli.setup import open_workspace
from voicebot.practice import calendars
from voicebot.service import Ports, Service


async def test_the_calendars_are_loaded_before_anyone_looks_at_the_agenda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    asked = argparse.Namespace(
        practice=SAMPLE_PRACTICE, data=tmp_path / "data", key_file=key, now="2026-11-23T08:00", passphrase_fd=None
    )
    service = Service(open_workspace(asked), Ports())
    # Which of them a first turn would load depends on the motives; the agenda must not depend on that.
    monkeypatch.setattr("voicebot.service.prepare", lambda *_: None)
    calendars.public_holidays.cache_clear()
    calendars.school_holidays.cache_clear()
    try:
        await asyncio.to_thread(service._prepare)
        before = calendars.public_holidays.cache_info().misses, calendars.school_holidays.cache_info().misses
        practice = service.workspace.practice
        for year in (2025, 2026, 2027):  # as far as an agenda of ninety days goes, and back to what is past
            calendars.public_holidays(practice.holiday_zone or "", year)
            calendars.school_holidays(practice.school_zone or "", year)
        after = calendars.public_holidays.cache_info().misses, calendars.school_holidays.cache_info().misses
        assert before == after == (3, 3)
    finally:
        await service.stop()
