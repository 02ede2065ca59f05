"""A preview of other rules is the difference of two real searches."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from tests.agenda.helpers import HEAD, MONDAY, MOTIVES, OPENINGS, ROUSSEL, StandingClock, placement
from voicebot.agenda.preview import preview, same_slots
from voicebot.agenda.slots import NOTHING
from voicebot.agenda.store import Store
from voicebot.errors import NotBookableError
from voicebot.ports import PatientKind, Slot, SlotQuery
from voicebot.practice import Practice, read_practice

BASE = HEAD + MOTIVES + OPENINGS


def other(practice: Practice, text: str) -> Practice:
    return read_practice(practice.directory, text.encode())


def searched(store: Store) -> set[tuple[PatientKind, Slot]]:
    """What the agenda itself finds."""
    found: set[tuple[PatientKind, Slot]] = set()
    end = MONDAY + timedelta(days=100)
    for motive in ("consultation", "suivi", "echographie", "vaccin"):
        for kind in ("new", "known"):
            try:
                found |= {(kind, slot) for slot in store.search(SlotQuery(motive, kind, windows=((MONDAY, end),)))}  # type: ignore[arg-type]
            except NotBookableError:
                continue
    return found


CHANGES = (
    BASE + "[[exceptions]]\ndate = 2026-11-24\nclosed = true\n",
    BASE + '[[absences]]\nwho = ["benali"]\ndays = ["jeudi"]\nhours = ["14:00-18:30"]\n',
    BASE + '[motives.vaccin]\nlabel = "un vaccin"\nduration_minutes = 10\n',
    BASE.replace("duration_minutes = 15", "duration_minutes = 45"),
    BASE.replace("notice_minutes = 60", "notice_minutes = 2880"),
    BASE.replace('"14:00-18:30"', '"13:00-19:00"'),
    BASE.replace('patients = "known"\nown_doctor = true\n', ""),
)


def test_a_preview_is_the_difference_of_two_searches(agenda: Store, practice: Practice, make_agenda: object) -> None:
    agenda.place(placement(agenda, datetime(2026, 11, 26, 9, 0)), source="desk", idempotency_key="k")
    before = searched(agenda)
    for text in CHANGES:
        proposed = other(practice, text)
        shown = agenda.preview(proposed)
        under = make_agenda(proposed)  # type: ignore[operator]
        after = searched(under)
        assert shown.added == after - before
        assert shown.removed == before - after
        assert not shown.empty


def test_a_daily_limit_that_is_already_reached_is_shown(agenda: Store, practice: Practice) -> None:
    hold = agenda.hold(agenda.search(SlotQuery("consultation"), limit=1)[0], patient="new", owner="c1")
    agenda.book(hold, ROUSSEL, source="phone", idempotency_key="k")
    text = BASE.replace("duration_minutes = 15", "duration_minutes = 15\nassistant_per_day = 1", 1)
    gone = {slot.start.date() for _, slot in agenda.preview(other(practice, text)).removed}
    assert gone == {hold.slot.start.date()}


def test_only_who_may_be_stranded_is_judged_and_nobody_is_missed(agenda: Store, practice: Practice) -> None:
    mornings = (datetime(2026, 11, 24, 9, 0), datetime(2026, 11, 26, 12, 15), datetime(2026, 12, 24, 18, 15))
    for number, start in enumerate(mornings):
        agenda.place(placement(agenda, start), source="desk", idempotency_key=f"k{number}")
    nobody_by_phone = BASE.replace("[practitioners.lefevre]\n", "[practitioners.lefevre]\nassistant_per_day = 0\n")
    assert nobody_by_phone != BASE
    found = []
    for text in (*CHANGES, nobody_by_phone, BASE.replace('"Europe/Paris"', '"Indian/Reunion"')):
        proposed = other(practice, text)
        everyone = preview(practice, proposed, MONDAY, lambda low, high: NOTHING, agenda.appointments())
        assert agenda.preview(proposed).stranded == everyone.stranded
        found.append(len(everyone.stranded))
    assert max(found) > 0
    assert min(found) == 0


def test_the_same_rules_change_nothing(agenda: Store, practice: Practice) -> None:
    assert agenda.preview(other(practice, BASE + "# un mot de plus\n")).empty


def test_rules_that_stand_elsewhere_in_the_file_are_the_same_and_every_other_difference_is_seen(
    practice: Practice,
) -> None:
    assert same_slots(practice, other(practice, "# plus bas\n\n" + BASE + '[conversation]\nmode = "closed"\n'))
    for text in (*CHANGES, BASE.replace("horizon_days = 90", 'horizon_days = 90\nholiday_zone = "aucune"')):
        assert not same_slots(practice, other(practice, text))


def test_who_is_booked_where_the_practice_closes_is_named(agenda: Store, practice: Practice) -> None:
    booked = agenda.place(placement(agenda, datetime(2026, 11, 24, 9, 0)), source="desk", idempotency_key="k")
    agenda.place(placement(agenda, datetime(2026, 11, 25, 9, 0)), source="desk", idempotency_key="l")
    shown = agenda.preview(other(practice, CHANGES[0]))
    [stranded] = shown.stranded
    assert stranded.appointment == booked
    assert stranded.verdict.rule == "exception_closed"
    assert stranded.verdict.where is not None
    assert stranded.verdict.where.key == "exceptions[1]"


def test_days_say_which_starts_come_and_go(agenda: Store, practice: Practice, clock: StandingClock) -> None:
    text = BASE + '[[exceptions]]\ndate = 2026-11-24\nhours = ["12:00-13:00"]\npractitioners = ["benali"]\n'
    [change] = agenda.preview(other(practice, text)).days()
    assert (change.day, change.practitioner) == (date(2026, 11, 24), "benali")
    assert change.added[-1] == datetime(2026, 11, 24, 12, 45)
    assert change.removed[0] == datetime(2026, 11, 24, 8, 30)
    assert not set(change.added) & set(change.removed)


def test_a_practice_read_from_bytes_is_the_one_of_its_file(practice: Practice) -> None:
    raw = (practice.directory / "practice.toml").read_bytes()
    assert read_practice(practice.directory, raw) == practice
    assert replace(read_practice(practice.directory, raw + b"\n"), version=practice.version) == practice
