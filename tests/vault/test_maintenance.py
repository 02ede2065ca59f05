"""The daily work: at night or when it is late, between calls, and never twice."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

import pytest

from tests.vault.world import World
from voicebot.errors import UnavailableError
from voicebot.maintenance import DOUBT, Maintenance, note_rules
from voicebot.vault.backups import listed


class Office:
    def __init__(self, world: World, at: str) -> None:
        self.world, self.calls = world, 0
        world.clock.time = datetime.fromisoformat(at)
        self.work = Maintenance(
            world.vault, world.audit, world.clock, world.data, lambda: world.practice, lambda: self.calls
        )

    def due_at(self, at: str) -> bool:
        self.world.clock.time = datetime.fromisoformat(at)
        return self.work.due()


def test_it_is_done_at_night_once(world: World) -> None:
    office = Office(world, "2026-11-23T08:00")
    world.vault.purge(actor="service")
    assert not office.due_at("2026-11-23T18:00")
    assert not office.due_at("2026-11-24T02:59")
    assert office.due_at("2026-11-24T03:01")
    office.work.work()
    assert not office.due_at("2026-11-24T03:02")
    assert not office.due_at("2026-11-24T23:00")
    assert office.due_at("2026-11-25T03:30")


def test_a_machine_that_is_off_at_night_does_it_by_day(world: World) -> None:
    office = Office(world, "2026-11-23T08:00")
    assert not office.due_at("2026-11-23T08:05"), "a service that has just started answers calls first"
    assert office.due_at("2026-11-23T08:11")
    office.work.work()
    assert not office.due_at("2026-11-23T18:00")
    assert office.due_at("2026-11-24T14:30")


def test_calls_put_it_off_but_not_for_ever(world: World) -> None:
    office = Office(world, "2026-11-23T08:00")
    office.calls = 1
    assert not office.due_at("2026-11-23T08:11")
    assert not office.due_at("2026-11-23T09:11")
    assert office.due_at("2026-11-23T10:12")
    office.calls = 0
    assert office.due_at("2026-11-23T10:13")


def test_it_purges_then_backs_up_and_logs_where_the_trail_ends(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.call()
    office = Office(world, "2027-01-10T03:10")
    with caplog.at_level(logging.WARNING, "voicebot.maintenance"):
        office.work.work()
    assert world.count("call_event") == 0
    assert [path.name for _, path in listed(world.data / "backups")] == ["voicebot-20270110T031000.db"]
    assert f"audit trail {world.audit.head().code}" in caplog.text


def test_a_failure_is_tried_again_an_hour_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(world, "2026-11-23T08:00")
    assert office.due_at("2026-11-23T08:30")
    office.work._failed = datetime(2026, 11, 23, 8, 30)
    assert not office.due_at("2026-11-23T09:00")
    assert office.due_at("2026-11-23T09:31")


def test_a_doubtful_clock_keeps_everything_backs_up_and_says_so(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicebot.vault.retention.is_synchronised", lambda now: False)
    office = Office(world, "2026-11-23T03:10")
    world.call()
    office.work.work()
    assert office.due_at("2031-11-23T04:00")
    office.work.work()
    assert "1826 days after the last purge" in (world.data / DOUBT).read_text()
    assert "nothing is purged" in caplog.text
    assert world.count("call_event") == 6
    assert len(listed(world.data / "backups")) == 2, "the backup of before has not expired"
    assert not office.due_at("2031-11-23T04:30"), "once a day is enough"
    # The clock is set right: what was noted while it was wrong puts nothing off.
    assert office.due_at("2026-11-24T03:30")
    office.work.work()
    assert not (world.data / DOUBT).exists()
    assert world.count("call_event") == 6


async def test_a_failure_does_not_end_the_watch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(world, "2026-11-23T03:00")
    tries = []

    def fail() -> None:
        tries.append(1)
        raise UnavailableError("the disk is full")

    async def no_wait(seconds: float) -> None:
        if len(tries) == 1:
            world.clock.pass_days(1 / 12)
        if len(tries) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(office.work, "work", fail)
    monkeypatch.setattr("voicebot.maintenance.asyncio.sleep", no_wait)
    with pytest.raises(KeyboardInterrupt):
        await office.work.run()
    assert len(tries) == 2


def test_rules_that_were_changed_by_any_hand_are_in_the_trail_once(world: World) -> None:
    changed = replace(world.practice, version="0" * 64)
    for practice in (world.practice, world.practice, changed, world.practice):
        note_rules(world.audit, practice)
    versions = [entry.detail["version"] for entry in world.audit.entries(action="rule")]
    assert versions == [world.practice.version[:16], "0" * 16, world.practice.version[:16]]
