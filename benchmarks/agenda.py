"""The agenda, measured: offers, races and reloading. Run with ``python benchmarks/agenda.py``.

Everything is encrypted, as in service. Figures depend on the machine; the ratios say whether time grows with what it
should not grow with.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time

from voicebot.agenda.admission import Placement
from voicebot.agenda.checking import warnings
from voicebot.agenda.store import Store
from voicebot.agenda.timeline import granules
from voicebot.database import open_database
from voicebot.errors import NotBookableError, SlotTakenError, VoicebotError
from voicebot.ports import PatientClaim, SlotQuery
from voicebot.practice import Practice, load_practice
from voicebot.practice.localtime import to_utc

KEY = bytes(range(32))
NOW = datetime(2026, 11, 23, 8, 0)
OFFERS_GOAL = 5.0
RACE_GOAL = 3000
PROCESSES, ATTEMPTS = 8, 400


class StandingClock:
    """A clock that does not move."""

    def now(self) -> datetime:
        """The same time."""
        return NOW


def write_practice(directory: Path, practitioners: int) -> Practice:
    """A practice in which everybody has hours of their own."""
    directory.mkdir(exist_ok=True)
    text = '[practice]\nname = "Banc"\nphone = "+33465710010"\n[sites.centre]\nname = "Centre"\naddress = "1 rue"\n'
    for number in range(practitioners):
        text += f'[practitioners.p{number}]\nname = "le docteur P{number}"\nwords = ["p{number}"]\n'
    for motive, minutes in (("consultation", 15), ("suivi", 20), ("bilan", 45)):
        text += f'[motives.{motive}]\nlabel = "{motive}"\nduration_minutes = {minutes}\n'
    days = '["lundi", "mardi", "mercredi", "jeudi", "vendredi"]'
    for number in range(practitioners):
        hours = f'["08:30-12:30", "14:00-18:{number % 6}0"]'
        text += f'[[openings]]\npractitioners = ["p{number}"]\ndays = {days}\nhours = {hours}\n'
        day = f"2026-12-{number % 28 + 1:02}"
        text += f'[[absences]]\nwho = ["p{number}"]\nfrom = {day}\nto = {day}\n'
    (directory / "practice.toml").write_text(text, encoding="utf-8")
    return load_practice(directory)


def past(count: int, names: list[str]) -> Iterator[tuple[str, datetime]]:
    """So many appointments of the years before."""
    for number in range(count):
        quarter = number // len(names)
        yield names[number % len(names)], NOW - timedelta(days=1500 - quarter // 32, minutes=-15 * (quarter % 32))


def coming(names: list[str]) -> Iterator[tuple[str, datetime]]:
    """Nine in ten quarters of the next two weeks."""
    dice = random.Random(1)
    for day in range(14):
        for quarter in range(40):
            for name in names:
                if dice.random() < 0.9:
                    yield name, datetime(2026, 11, 23, 8, 30) + timedelta(days=day, minutes=15 * quarter)


def fill(store: Store, practice: Practice, appointments: Iterable[tuple[str, datetime]]) -> None:
    """Insert booked appointments straight into the tables."""
    patient = store.add_patient(PatientClaim("Banc", "Essai", date(1980, 1, 1)), source="terminal").id
    with store._session.write() as database:
        for who, start in appointments:
            id, low = f"{who} {start}", to_utc(start, practice.zone)
            wall = [moment.isoformat(timespec="minutes") for moment in (start, start + timedelta(minutes=15))]
            database.conn.execute(
                "insert into appointment(id, status, motive, practitioner, site, patient_kind, patient_id, start_utc,"
                " end_utc, wall_start, wall_end, source, created_at)"
                " values(?, 'booked', 'consultation', ?, 'centre', 'known', ?, ?, ?, ?, ?, 'desk', ?)",
                (id, who, patient, low, low + 15, *wall, wall[0]),
            )
            row = (id, who, 0, low, low + 15, None)
            database.conn.execute("insert into occupancy values(?, ?, ?, ?, ?, ?)", row)
            slots = [(who, 0, g, id) for g in granules(low, low + 15)]
            database.conn.executemany("insert into granule values(?, ?, ?, ?)", slots)


def milliseconds(act: Callable[[], object], times: int = 40) -> float:
    """Processor time of an act once it is warm, median, ms: waiting for other programs does not count."""
    act()
    taken = []
    for _ in range(times):
        begun = process_time()
        act()
        taken.append((process_time() - begun) * 1000)
    return statistics.median(taken)


def bench_offers(folder: Path) -> None:
    practice = write_practice(folder / "ten", 10)
    found = {}
    names = list(practice.practitioners)
    for count in (500, 50_000):
        store = Store(lambda: practice, open_database(folder / f"past-{count}", KEY), StandingClock())
        fill(store, practice, chain(past(count, names), coming(names)))
        found[count] = milliseconds(lambda store=store: store.offers(SlotQuery("consultation")))  # type: ignore[misc]
        late = ((NOW + timedelta(days=60), NOW + timedelta(days=90)),)
        far = milliseconds(lambda store=store, late=late: store.offers(SlotQuery("bilan", windows=late)))  # type: ignore[misc]
        explain = milliseconds(
            lambda store=store: store.explain(SlotQuery("consultation"), NOW + timedelta(days=3, hours=5))  # type: ignore[misc]
        )
        print(f"  {count:6} past: three offers {found[count]:.2f} ms, far ones {far:.2f} ms, explain {explain:.2f} ms")
        store.close()
    ratio = found[50_000] / found[500]
    verdict = "reached" if found[50_000] <= OFFERS_GOAL else "MISSED"
    print(f"  goal {OFFERS_GOAL} ms: {verdict}; 100 times the past costs {ratio:.2f} times the time")


def race(data: Path, directory: Path, seed: int, gate: object, results: object) -> None:
    """One process of the race: attempts at random times of three days, for patients of its own."""
    practice = load_practice(directory)
    store = Store(lambda: practice, open_database(data, KEY), StandingClock())
    dice = random.Random(seed)
    patients = [row[0] for row in store._session.tuples("select id from patient order by id")][seed::PROCESSES]
    store.explain(SlotQuery("consultation"), NOW + timedelta(days=1))
    gate.wait()  # type: ignore[attr-defined]
    counts = {"booked": 0.0, "taken": 0.0, "refused": 0.0, "errors": 0.0}
    used = process_time()
    for number in range(ATTEMPTS):
        minutes = dice.choice((510, 840)) + 5 * dice.randrange(46)
        start = datetime(2026, 11, 24) + timedelta(days=dice.randrange(3), minutes=minutes)
        place = Placement("consultation", start, f"p{dice.randrange(2)}", dice.choice(patients), "known")
        try:
            store.place(place, source="terminal", idempotency_key=f"{seed}-{number}")
            counts["booked"] += 1
        except SlotTakenError:
            counts["taken"] += 1
        except NotBookableError:
            counts["refused"] += 1
        except VoicebotError:
            counts["errors"] += 1
    counts["cpu"] = process_time() - used
    results.put(counts)  # type: ignore[attr-defined]


def bench_race(folder: Path) -> None:
    practice = write_practice(folder / "two", 2)
    data = folder / "race"
    store = Store(lambda: practice, open_database(data, KEY), StandingClock())
    for number in range(PROCESSES * 50):
        store.add_patient(PatientClaim(f"Banc{number}", "Essai", date(1980, 1, 1)), source="terminal")
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(PROCESSES + 1), context.Queue()
    arguments = [(data, practice.directory, seed, gate, results) for seed in range(PROCESSES)]
    children = [context.Process(target=race, args=argument) for argument in arguments]
    for child in children:
        child.start()
    gate.wait()
    begun = perf_counter()
    counts = [results.get() for _ in children]
    rate = PROCESSES * ATTEMPTS / (perf_counter() - begun)
    for child in children:
        child.join()
    total = {key: sum(count[key] for count in counts) for key in counts[0]}
    doubles = store._session.tuples(
        "select count(*) from appointment a join appointment b on a.practitioner = b.practitioner and a.id < b.id"
        " and a.start_utc < b.end_utc and b.start_utc < a.end_utc"
    )[0][0]
    store.close()
    sound = "reached" if not doubles and not total["errors"] else "MISSED"
    print(f"  {total['booked']:.0f} booked, {total['taken']:.0f} taken, {total['refused']:.0f} refused by a rule")
    print(f"  {total['errors']:.0f} errors, {doubles} doubles (goal 0 and 0: {sound})")
    verdict = "reached" if rate >= RACE_GOAL else "MISSED"
    print(
        f"  {rate:.0f} attempts/s of {PROCESSES} processes (goal {RACE_GOAL}: {verdict});"
        f" {total['cpu'] / PROCESSES / ATTEMPTS * 1000:.2f} ms of processor an attempt"
    )


def bench_reload(folder: Path) -> None:
    times = {}
    for practitioners in (3, 30):
        practice = write_practice(folder / f"reload-{practitioners}", practitioners)
        times[practitioners] = milliseconds(lambda practice=practice: load_practice(practice.directory), 10)  # type: ignore[misc]
        check = milliseconds(lambda practice=practice: warnings(practice, NOW), 3)  # type: ignore[misc]
        print(f"  {practitioners:2} practitioners: reload {times[practitioners]:.1f} ms, warnings {check:.0f} ms")
    print(f"  ten times the practitioners cost {times[30] / times[3]:.1f} times the time")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="voicebot-bench-") as name:
        for title, bench in (
            ("Offers: 10 practitioners, 90 days, the next two weeks nearly full", bench_offers),
            (f"Race: {PROCESSES} processes, {ATTEMPTS} bookings each, every rule checked", bench_race),
            ("Reload of the rules", bench_reload),
        ):
            print(title, flush=True)
            bench(Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
