"""Backups: of a running service, verified, opened by the key only, replayed on restore, forgotten in time."""

from __future__ import annotations

import os
import signal
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.vault.world import KEY, SECRETS, World
from voicebot.database import connect
from voicebot.errors import ConfigurationError, UnavailableError
from voicebot.vault.backups import Backup, expire, listed, write_backup
from voicebot.vault.rekey import rekey
from voicebot.vault.restore import restore

OTHER = bytes(range(1, 33))


def backup(world: World, directory: Path | None = None) -> Backup:
    return write_backup(world.connect, directory or world.data / "backups", world.clock.now())


@pytest.fixture
def closed(world: World) -> World:
    """A practice with a patient and a backup, whose service has been stopped."""
    world.call(world.book(world.patient(), "2026-11-24T09:00"))
    world.audit.record("user:u1", "patient.read", "p1")
    backup(world)
    world.stop()
    return world


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_backup_of_a_running_service_is_whole(world: World) -> None:
    patient = world.patient()
    stop, errors = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            try:
                world.call()
            except Exception as error:
                errors.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [backup(world, world.data / "backups") for _ in range(3)]
    finally:
        stop.set()
        writer.join()
    assert errors == []
    assert len({b.path for b in made}) == 3
    for one in made:
        copy = connect(one.path, KEY, read_only=True)
        assert copy.execute("select count(*) from patient where id = ?", [patient.id]).fetchone() == (1,)
        # No call was cut in the middle of an event.
        assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
        copy.close()
        assert one.path.stat().st_mode & 0o777 == 0o600
    assert not list((world.data / "backups").glob(".*.part"))


def test_a_stolen_disk_shows_nothing(world: World) -> None:
    patient = world.patient()
    world.call(world.book(patient, "2026-11-24T09:00"), promise=True)
    world.audit.record("user:u1", "patient.changed", patient.id, personal={"phone": patient.phone})
    backup(world)
    world.vault.erase_call(world.call(), actor="service")
    seen = files(world.data)
    assert {"voicebot.db", "voicebot.db-wal", "audit.anchor", "erasures.jsonl"} <= set(seen)
    looked_for = [s.encode() for s in (*SECRETS, "Ysoline".upper(), "consultation", "CREATE TABLE", "quevrain")]
    looked_for += [KEY, KEY.hex().encode(), "Quévrain".encode("utf-16-le"), b"Roussel"]
    for name, content in seen.items():
        assert not [secret for secret in looked_for if secret in content], name
        assert not [secret for secret in SECRETS if secret in name]


def test_a_restore_brings_back_what_was_lost(closed: World, tmp_path: Path) -> None:
    [(_, saved)] = listed(closed.data / "backups")
    (closed.data / "voicebot.db").unlink()
    done = restore(closed.data, saved, KEY, closed.clock, actor="terminal:root")
    assert (done.set_aside, done.lost) == (None, 0)
    again = closed.reopen()
    assert len(again.agenda.appointments()) == 1
    assert again.audit.verify().ok
    assert [entry.action for entry in again.audit.entries()] == ["patient.read", "restore"]
    again.close()


def test_a_restore_on_another_machine_needs_the_key(closed: World, tmp_path: Path) -> None:
    [(_, saved)] = listed(closed.data / "backups")
    fresh = tmp_path / "fresh"
    with pytest.raises(ConfigurationError, match="the key does not open it"):
        restore(fresh, saved, OTHER, closed.clock, actor="terminal:root")
    assert not (fresh / "voicebot.db").exists()
    restore(fresh, saved, OTHER, closed.clock, actor="terminal:root", backup_key=KEY)
    again = World(fresh, OTHER)
    assert len(again.agenda.appointments()) == 1
    again.close()


def test_a_restore_replays_the_erasures_since_and_carries_the_trail_on(world: World) -> None:
    patient = world.patient()
    call = world.call(world.book(patient, "2026-11-24T09:00"))
    saved = backup(world)
    world.audit.record("user:u1", "patient.read", patient.id)
    world.vault.erase_call(call, actor="user:u1")
    world.vault.erase_patient(patient.id, actor="user:u1", even_booked=True)
    world.stop()
    done = restore(world.data, saved.path, KEY, world.clock, actor="terminal:root")
    assert (done.carried, done.lost) == (3, 0)
    assert done.erased_again > 0
    again = world.reopen()
    assert again.count("patient", "birth_name = 'Quévrain'") == 0
    assert again.count("call_event", "event = 'heard'") == 0
    assert [e.action for e in again.audit.entries()] == ["patient.read", "call.erased", "patient.erased", "restore"]
    assert again.audit.verify().ok
    again.close()


def test_erasures_are_replayed_from_the_ledger_when_the_database_is_gone(world: World, tmp_path: Path) -> None:
    patient = world.patient()
    saved = backup(world)
    world.vault.erase_patient(patient.id, actor="user:u1")
    world.stop()
    for file in world.data.glob("voicebot.db*"):
        file.unlink()
    done = restore(world.data, saved.path, KEY, world.clock, actor="terminal:root")
    assert (done.carried, done.lost) == (0, 1)
    again = world.reopen()
    assert again.count("patient", "birth_name = 'Quévrain'") == 0
    assert again.audit.entries()[-1].detail["lost"] == 1
    assert again.audit.verify().ok, "what is missing is said in the trail, which goes on"
    again.close()


def test_a_restore_does_not_bring_back_a_file_that_was_put_into_an_erased_one(world: World) -> None:
    kept, dropped = world.patient(), world.patient()
    saved = backup(world)
    world.merge(kept, dropped)
    world.vault.erase_patient(kept.id, actor="user:u1")
    world.stop()
    restore(world.data, saved.path, KEY, world.clock, actor="terminal:root")
    again = world.reopen()
    assert again.count("patient", "birth_name = 'Quévrain'") == 0
    again.close()


def test_nobody_comes_back_in_with_a_backup(world: World) -> None:
    database = world.connect()
    account = {"id": "u1", "login": "n", "name": "N", "roles": "secretary", "password": "old", "created_at": 0}
    database["desk_account"].insert(account)
    database["desk_session"].insert({"token": "t", "account_id": "u1", "stage": "open", "opened_at": 0, "seen_at": 0})
    saved = backup(world)
    database["desk_account"].update("u1", {"password": "new", "disabled": 1})
    database.close()
    del database
    world.stop()
    restore(world.data, saved.path, KEY, world.clock, actor="terminal:root")
    again = world.reopen()
    assert again.count("desk_session") == 0
    assert again.count("desk_account", "password = 'new' and disabled = 1") == 1
    again.close()


def test_nothing_is_restored_while_the_service_runs(world: World) -> None:
    saved = backup(world)
    before = (world.data / "voicebot.db").stat().st_ino
    with pytest.raises(UnavailableError, match="is in use"):
        restore(world.data, saved.path, KEY, world.clock, actor="terminal:root")
    with pytest.raises(UnavailableError, match="is in use"):
        rekey(world.data, KEY, OTHER, world.clock, actor="terminal:root")
    assert (world.data / "voicebot.db").stat().st_ino == before


def test_a_damaged_backup_is_refused(closed: World) -> None:
    [(_, saved)] = listed(closed.data / "backups")
    content = bytearray(saved.read_bytes())
    content[20 * 4096 + 100] ^= 1
    saved.write_bytes(content)
    with pytest.raises(UnavailableError, match="damaged"):
        restore(closed.data, saved, KEY, closed.clock, actor="terminal:root")
    closed.reopen().close()


def test_a_database_of_another_key_is_set_aside_only_when_asked(closed: World) -> None:
    [(_, saved)] = listed(closed.data / "backups")
    (closed.data / "voicebot.db").write_bytes(os.urandom(8192))
    (closed.data / "voicebot.db-wal").write_bytes(os.urandom(100))
    with pytest.raises(ConfigurationError, match="key does not open"):
        restore(closed.data, saved, KEY, closed.clock, actor="terminal:root")
    done = restore(closed.data, saved, KEY, closed.clock, actor="terminal:root", set_unreadable_aside=True)
    assert done.set_aside is not None
    again = closed.reopen()
    assert len(again.agenda.appointments()) == 1
    again.close()


@pytest.mark.parametrize("at", ["verify", "copy", "migrate", "replay", "set aside", "replace", "anchor"])
def test_a_restore_that_is_killed_loses_nothing(closed: World, at: str) -> None:
    [(_, saved)] = listed(closed.data / "backups")
    live = closed.reopen()
    live.book(live.agenda.find_patients("Quévrain")[0], "2026-11-25T09:00")
    live.stop()
    killed_at(at, lambda step: restore(closed.data, saved, KEY, closed.clock, actor="terminal:root", step=step))
    again = closed.reopen()
    assert len(again.agenda.appointments()) == (1 if at == "anchor" else 2)
    assert again.audit.verify().ok
    again.stop()
    restore(closed.data, saved, KEY, closed.clock, actor="terminal:root")
    again = closed.reopen()
    assert len(again.agenda.appointments()) == 1
    assert again.audit.verify().ok
    again.close()


@pytest.mark.parametrize("at", ["copied", "changed", "replace", "anchor", "backup", "done"])
def test_a_change_of_key_that_is_killed_loses_nothing(closed: World, at: str) -> None:
    killed_at(at, lambda step: rekey(closed.data, KEY, OTHER, closed.clock, actor="terminal:root", step=step))
    key = OTHER if at in ("anchor", "backup", "done") else KEY
    again = World(closed.data, key)
    assert len(again.agenda.appointments()) == 1
    again.stop()
    done = rekey(closed.data, KEY, OTHER, closed.clock, actor="terminal:root")
    assert (done.backups, done.other_key) == (1, ())
    again = World(closed.data, OTHER)
    assert len(again.agenda.appointments()) == 1
    assert again.audit.verify().ok
    assert [entry.action for entry in again.audit.entries()] == ["patient.read", "key.changed"]
    again.close()
    with pytest.raises(ConfigurationError):
        World(closed.data, KEY)
    for _, saved in listed(closed.data / "backups"):
        connect(saved, OTHER, read_only=True).close()
    assert not [path for path in closed.data.rglob("*") if "rekeying" in path.name]


def test_old_backups_expire_but_never_the_last(world: World) -> None:
    directory = world.data / "backups"
    first = backup(world)
    world.clock.pass_days(1)
    second = backup(world)
    (directory / "notes.txt").write_text("not ours")
    assert expire(directory, world.clock.now() + timedelta(days=29.5), 30) == 1
    assert not first.path.exists()
    assert expire(directory, world.clock.now() + timedelta(days=300), 30) == 0
    assert second.path.exists()
    assert (directory / "notes.txt").exists()


def killed_at(name: str, act: Any) -> None:
    """Run in a child that is killed by SIGKILL before a step."""

    def step(reached: str) -> None:
        if reached == name:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            act(step)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the step was never reached"
