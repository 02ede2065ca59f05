"""Many processes at once, a process killed at any point, a disk that is full."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import threading
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.agenda.helpers import MONDAY, NEWCOMER, MakeAgenda, StandingClock, slot_at
from voicebot.agenda.store import Store
from voicebot.database import ConnectionFactory
from voicebot.errors import AgendaError, UnavailableError
from voicebot.ports import Hold, Slot, SlotQuery
from voicebot.practice import Practice

BEGIN = """
import random, sys
from datetime import date, datetime
from pathlib import Path
from voicebot.agenda.store import Store
from voicebot.database import open_database
from voicebot.errors import AgendaError, UnavailableError
from voicebot.ports import PatientClaim, SlotQuery
from voicebot.practice import load_practice

class Clock:
    def now(self):
        return datetime(2026, 11, 23, 8, 0)

practice = load_practice(Path(sys.argv[1]))
agenda = Store(lambda: practice, open_database(Path(sys.argv[2]), bytes(range(32))), Clock())
seed = int(sys.argv[3])
dice = random.Random(seed)

def book(number):
    # Everyone wants the same few hours, and a caller is a newcomer with a name of his own.
    slots = agenda.search(SlotQuery("consultation"), limit=60)
    if not slots:
        return None
    hold = agenda.hold(dice.choice(slots), patient="new", owner=f"{seed}-{number}")
    claim = PatientClaim("N" + "abcdefghij"[seed % 10] * (number + 1), "Paul", date(1980, 1, 1))
    return agenda.book(hold, claim, source="phone", idempotency_key=f"{seed}-{number}")
"""

RACE = (
    BEGIN
    + """
booked = refused = 0
for number in range(12):
    try:
        booked += book(number) is not None
    except AgendaError:
        refused += 1
print(booked, refused, flush=True)
"""
)

BOOK_UNTIL_KILLED = (
    BEGIN
    + """
for number in range(10_000):
    row = book(number)
    if row is not None:
        print(row.id, flush=True)
"""
)

FILL_THE_DISK = (
    BEGIN
    + """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
done = [book(number).id for number in range(3)]
size = max(file.stat().st_size for file in Path(sys.argv[2]).iterdir())
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, unlimited[1]))
try:
    for number in range(3, 300):
        done.append(book(number).id)
    raise SystemExit("the disk never filled")
except UnavailableError as error:
    print(error, file=sys.stderr)
assert [agenda.appointment(id).status for id in done] == ["booked"] * len(done)
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
agenda.release(f"{seed}-{number}")
done.append(book(1000).id)
print(*done, sep="\\n")
"""
)


def run(program: str, practice: Practice, data: Path, seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(program), str(practice.directory), str(data), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def assert_sound(connect: ConnectionFactory) -> None:
    """No double, no orphan, nothing broken."""
    database = connect()
    assert database.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert database.execute("pragma foreign_key_check").fetchall() == []
    doubles = database.execute(
        "select count(*) from appointment a join appointment b on a.practitioner = b.practitioner and a.id < b.id"
        " and a.start_utc < b.end_utc and b.start_utc < a.end_utc"
        " where a.status in ('held', 'booked') and b.status in ('held', 'booked')"
    ).fetchone()[0]
    assert doubles == 0
    bare = database.execute(
        "select count(*) from appointment a where status = 'booked' and (select count(*) from granule g"
        " where g.appointment_id = a.id and g.resource = a.practitioner) * 5 <> end_utc - start_utc"
    ).fetchone()[0]
    assert bare == 0, "every booking occupies its granules"
    database.close()


def test_eight_processes_that_race_for_the_same_hours_never_double_book(
    practice: Practice, connect: ConnectionFactory, tmp_path: Path
) -> None:
    children = [run(RACE, practice, tmp_path / "data", seed) for seed in range(8)]
    outcomes = []
    for child in children:
        out, errors = child.communicate(timeout=100)
        assert child.returncode == 0, errors
        outcomes.append([int(word) for word in out.split()])
    assert_sound(connect)
    booked = sum(booked for booked, _ in outcomes)
    assert booked + sum(refused for _, refused in outcomes) == 8 * 12
    database = connect()
    assert database.execute("select count(*) from appointment where status = 'booked'").fetchone()[0] == booked
    database.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_at_any_point_loses_no_committed_booking_and_leaves_no_lasting_hold(
    practice: Practice,
    connect: ConnectionFactory,
    tmp_path: Path,
    make_agenda: MakeAgenda,
    clock: StandingClock,
    seed: int,
) -> None:
    child = run(BOOK_UNTIL_KILLED, practice, tmp_path / "data", seed)
    assert child.stdout is not None
    told = [child.stdout.readline().strip()]
    # A moment that no step of the transaction chooses: it is the machine's scheduling that is tested.
    time.sleep(random.Random(seed).random() / 5)
    child.kill()
    told += child.stdout.read().split()
    child.communicate()
    assert_sound(connect)
    agenda = make_agenda(practice)
    assert {agenda.appointment(id).status for id in told} == {"booked"}
    clock.set(MONDAY + timedelta(minutes=6))
    assert {row.status for row in agenda.appointments()} == {"booked"}
    held = slot_at(agenda, MONDAY.replace(day=25, hour=9), kind="new")
    agenda.hold(held, patient="new", owner="next call")


def test_a_disk_that_fills_up_is_said_and_changes_nothing(
    practice: Practice, connect: ConnectionFactory, tmp_path: Path
) -> None:
    child = run(FILL_THE_DISK, practice, tmp_path / "data", 1)
    out, errors = child.communicate(timeout=100)
    assert child.returncode == 0, errors
    assert "nothing was changed" in errors
    assert_sound(connect)
    database = connect()
    booked = {row["id"] for row in database.query("select id from appointment where status = 'booked'")}
    assert booked == set(out.split()), "what was said to be booked is what is booked"
    database.close()


def test_a_full_database_is_called_a_full_disk(agenda: Store, clock: StandingClock) -> None:
    database = agenda._session.database
    pages = database.execute("pragma page_count").fetchone()[0]
    database.execute(f"pragma max_page_count = {pages}")

    def fill() -> None:
        for number in range(2000):
            agenda.add_patient(NEWCOMER, source="desk", used_name="x" * 500 + str(number))

    with pytest.raises(UnavailableError, match="disk is full: nothing was changed; make room"):
        fill()
    assert agenda.search(SlotQuery("consultation")), "reading goes on"


def test_threads_share_one_store(agenda: Store) -> None:
    booked: list[Hold] = []
    refused: list[Slot] = []
    failures: list[BaseException] = []
    slots = agenda.search(SlotQuery("consultation", "new"), limit=20)

    def call(number: int) -> None:
        try:
            for slot in slots[number % 3 :: 3]:
                try:
                    booked.append(agenda.hold(slot, patient="new", owner=f"{number}-{slot.start}"))
                except AgendaError:
                    refused.append(slot)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    spans = sorted((hold.slot.practitioner, hold.slot.start, hold.slot.end) for hold in booked)
    assert all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(spans))
    assert booked
    assert refused
