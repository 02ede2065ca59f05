"""Who was erased is gone from the backups too, which stay whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vault.pages import decrypted
from tests.vault.world import KEY, SECRETS, World
from voicebot.database import connect
from voicebot.vault.backups import listed
from voicebot.vault.forgetting import Forgotten, forget
from voicebot.vault.restore import restore


def names_in(path: Path) -> list[str]:
    content = decrypted(path, KEY)
    return [secret for secret in SECRETS[:4] if secret.encode() in content]


def saved(world: World) -> Path:
    world.clock.pass_days(1)
    return world.vault.backup(world.data / "backups", actor="service").path


def test_whoever_was_erased_is_gone_from_the_backups_with_the_next_one(world: World) -> None:
    patient = world.patient()
    erased, kept = world.call(), world.call(world.book(patient, "2026-11-24T09:00"), promise=True)
    first, second = saved(world), saved(world)
    assert names_in(first) == names_in(second) == list(SECRETS[:4])
    world.vault.erase_patient(patient.id, actor="user:u1", even_booked=True)
    world.vault.erase_call(erased, actor="user:u1")
    third = saved(world)
    assert names_in(first) == names_in(second) == names_in(third) == []
    assert world.audit.entries(action="backup")[-1].detail["rewritten"] == 2
    assert kept not in [row[0] for row in connect(first, KEY, read_only=True).execute("select call from call_event")]
    # Nothing more is to be done, and nothing is done again.
    before = first.stat().st_ino
    assert forget(world.connect, world.data / "backups") == Forgotten(0, 0)
    assert first.stat().st_ino == before
    assert [path.name for path in (world.data / "backups").glob(".*") if path.suffix != ".anchor"] == []
    world.stop()
    restore(world.data, first, KEY, world.clock, actor="terminal:root")
    again = world.reopen()
    assert again.audit.verify().ok
    again.close()


def test_a_call_that_was_erased_the_same_day_rewrites_no_backup(world: World) -> None:
    first = saved(world)
    before = first.stat().st_ino
    world.vault.erase_call(world.call(), actor="user:u1")
    saved(world)
    assert first.stat().st_ino == before


def test_a_backup_that_cannot_be_read_is_left_and_stops_nothing(world: World) -> None:
    patient = world.patient()
    first, second, third = saved(world), saved(world), saved(world)
    content = bytearray(second.read_bytes())
    content[-5000:] = bytes(5000)
    second.write_bytes(content)
    third.write_bytes(b"another key" * 1000)
    world.vault.erase_patient(patient.id, actor="user:u1")
    saved(world)
    assert world.audit.entries(action="backup")[-1].detail["left"] == 2
    assert names_in(first) == []
    assert second.read_bytes() == content


def test_a_rewriting_that_fails_leaves_the_backup_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = world.patient()
    first = saved(world)
    before = first.read_bytes()
    world.vault.erase_patient(patient.id, actor="user:u1")

    def full(source: Path, target: Path) -> None:
        raise OSError("no room")

    monkeypatch.setattr("voicebot.vault.forgetting.os.replace", full)
    assert forget(world.connect, world.data / "backups") == Forgotten(0, 1)
    assert first.read_bytes() == before
    assert len(listed(world.data / "backups")) == 1
