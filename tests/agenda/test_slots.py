"""Slots against a slow, obvious reference, on the days when calendars go wrong."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agenda import reference
from tests.agenda.helpers import HEAD, MONDAY, MOTIVES, OPENINGS, MakePractice
from tests.agenda.strategies import EPOCH, often, practices, taken
from voicebot.agenda import slots
from voicebot.agenda.explain import explain
from voicebot.agenda.judge import judge
from voicebot.agenda.slots import Busy
from voicebot.agenda.verdict import Request
from voicebot.errors import NotBookableError
from voicebot.ports import SlotQuery
from voicebot.practice import Practice, load_practice
from voicebot.practice.localtime import to_utc
from voicebot.practice.schema import (
    Motive,
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    directory: Path = tmp_path_factory.mktemp("practice")
    (directory / "practice.toml").write_text(HEAD + MOTIVES + OPENINGS, encoding="utf-8")
    return load_practice(directory)


@pytest.mark.timeout(300)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_slots_are_those_of_the_obvious_reference(base: Practice, data: st.DataObject) -> None:
    practice, day = data.draw(practices(base))
    busy = data.draw(taken(practice, day))
    kind = data.draw(st.sampled_from(["new", "known"]))
    who = data.draw(st.sampled_from(["a", "b"]))
    now = datetime.combine(day, datetime.min.time()) + timedelta(minutes=data.draw(often(-900, -61, 0, 301)))
    window = (
        datetime.combine(day, datetime.min.time()),
        datetime.combine(day + timedelta(days=1), datetime.min.time()),
    )
    found = slots.search(practice, SlotQuery("m", kind, who, (window,)), now, lambda low, high: busy)
    starts = sorted({slot.start for slot in found})
    aware = {
        name: [(EPOCH + timedelta(minutes=low), EPOCH + timedelta(minutes=high)) for low, high in spans]
        for name, spans in busy.spans.items()
    }
    expected = reference.bookable_starts(practice, practice.motives["m"], kind, who, now, day, 1, aware)
    assert starts == expected


@pytest.mark.timeout(300)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_explanation_says_yes_to_slots_and_to_nothing_else(base: Practice, data: st.DataObject) -> None:
    practice, day = data.draw(practices(base))
    busy = data.draw(taken(practice, day))
    now = datetime.combine(day, datetime.min.time()) + timedelta(minutes=data.draw(often(-900, -61, 0, 301)))
    window = (
        datetime.combine(day, datetime.min.time()),
        datetime.combine(day + timedelta(days=1), datetime.min.time()),
    )
    for who in ("a", "b"):
        found = slots.search(practice, SlotQuery("m", "known", who, (window,)), now, lambda low, high: busy)
        ends = {slot.start: slot.end for slot in found}
        for minute in range(0, 1440, 5):
            start = window[0] + timedelta(minutes=minute)
            verdict = judge(practice, Request("m", start, "known", who), now, busy)
            assert verdict.bookable == (start in ends), (start, verdict)
            assert not verdict.bookable or verdict.end == ends[start]


@pytest.mark.timeout(300)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_nearest_yes_of_an_explanation_is_bookable_and_the_nearest(base: Practice, data: st.DataObject) -> None:
    practice, day = data.draw(practices(base))
    busy = data.draw(taken(practice, day))
    kind = data.draw(st.sampled_from(["new", "known"]))
    midnight = datetime.combine(day, datetime.min.time())
    now = midnight + timedelta(minutes=data.draw(often(-900, -61, 0, 301)))
    at = midnight + timedelta(minutes=data.draw(st.integers(-1500, 2900)))
    query = SlotQuery("m", kind, data.draw(st.sampled_from([None, "a", "b"])))
    found = explain(practice, query, at, now, lambda low, high: busy)
    starts = [slot.start for slot in slots.search(practice, query, now, lambda low, high: busy)]
    assert found.verdict.bookable == (at in starts)
    if found.next is None:
        assert starts == []
        return
    assert found.next.start == next((start for start in starts if start >= at), starts[-1])
    assert judge(practice, Request("m", found.next.start, kind, found.next.practitioner), now, busy).bookable


@pytest.mark.parametrize("at", [datetime.min, datetime.max.replace(microsecond=0)])
def test_the_ends_of_the_calendar_are_over_or_too_far(practice: Practice, at: datetime) -> None:
    query = SlotQuery("consultation")
    found = explain(practice, query, at, MONDAY, lambda low, high: slots.NOTHING)
    assert found.verdict.rule == ("past" if at == datetime.min else "horizon")
    assert found.next is not None
    everything = SlotQuery("consultation", windows=((datetime.min, datetime.max),))
    assert next(slots.search(practice, everything, MONDAY, lambda low, high: slots.NOTHING), None) is not None


@pytest.mark.timeout(300)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_windows_and_exclusions_only_ever_take_slots_away(base: Practice, data: st.DataObject) -> None:
    practice, day = data.draw(practices(base))
    now = datetime.combine(day, datetime.min.time()) - timedelta(hours=12)

    def search(query: SlotQuery) -> list[datetime]:
        return [slot.start for slot in slots.search(practice, query, now, lambda low, high: slots.NOTHING)]

    everything = search(SlotQuery("m", "known"))
    moments = st.integers(-100, 3000).map(lambda m: now + timedelta(minutes=m))
    windows = tuple(data.draw(st.lists(st.tuples(moments, moments), min_size=1, max_size=4)))
    exclude = tuple(data.draw(st.lists(st.sampled_from(everything), max_size=3))) if everything else ()
    expected = [
        start for start in everything if any(low <= start < high for low, high in windows) and start not in exclude
    ]
    assert search(SlotQuery("m", "known", None, windows, exclude)) == expected


def on(practice: Practice, day: datetime, motive: str = "consultation", busy: Busy = slots.NOTHING) -> list[str]:
    """Starts of one day for a known patient with the first practitioner."""
    window = (day, day + timedelta(days=1))
    query = SlotQuery(motive, "known", "lefevre", (window,))
    found = slots.search(practice, query, day - timedelta(days=7), lambda low, high: busy)
    return [f"{slot.start:%H:%M}" for slot in found]


def test_the_buffers_of_what_is_sought_keep_off_what_is_taken(practice: Practice) -> None:
    ten = to_utc(MONDAY.replace(hour=10), practice.zone)
    taken_from_ten = Busy({"lefevre": [(ten, ten + 15)]})
    starts = on(practice, MONDAY.replace(hour=0), "echographie", taken_from_ten)
    assert "09:15" in starts, "30 minutes and the buffer of 10 end before ten"
    assert not {"09:30", "09:45", "10:00", "10:15"} & set(starts), "five minutes must be free before"
    assert "10:30" in starts
    before = MONDAY - timedelta(days=7)
    for quarter in range(34, 50):
        start = MONDAY.replace(hour=0) + timedelta(minutes=15 * quarter)
        verdict = judge(practice, Request("echographie", start, "known", "lefevre"), before, taken_from_ten)
        assert verdict.bookable == (f"{start:%H:%M}" in starts), start


def test_an_opening_that_begins_in_the_gap_of_summer_time_begins_when_the_gap_ends(make_practice: MakePractice) -> None:
    night = '[[openings]]\ndays = ["dimanche"]\nhours = ["02:30-04:00"]\n'
    assert on(make_practice(openings=night), datetime(2027, 3, 28)) == ["03:00", "03:15", "03:30", "03:45"]


def test_an_hour_that_comes_twice_is_offered_once(make_practice: MakePractice) -> None:
    night = '[[openings]]\ndays = ["dimanche"]\nhours = ["01:30-03:30"]\n'
    starts = on(make_practice(openings=night), datetime(2026, 10, 25))
    assert starts == ["01:30", "01:45", "02:00", "02:15", "02:30", "02:45", "03:00", "03:15"]


def test_the_last_exception_of_the_file_wins(make_practice: MakePractice) -> None:
    more = (
        "\n[[exceptions]]\nfrom = 2026-12-21\nto = 2026-12-31\nclosed = true\n"
        '[[exceptions]]\ndate = 2026-12-24\nhours = ["09:00-09:30"]\n'
    )
    practice = make_practice(more=more)
    assert on(practice, datetime(2026, 12, 23)) == []
    assert on(practice, datetime(2026, 12, 24)) == ["09:00", "09:15"]


def test_an_exception_opens_a_public_holiday(make_practice: MakePractice) -> None:
    practice = make_practice(more='\n[[exceptions]]\ndate = 2026-12-25\nhours = ["09:00-09:30"]\n')
    assert on(practice, datetime(2026, 12, 25)) == ["09:00", "09:15"]


def test_a_substitute_takes_over_hours_and_motives(make_practice: MakePractice) -> None:
    motives = MOTIVES.replace('label = "un suivi"', 'label = "un suivi"\npractitioners = ["benali"]')
    more = '\n[[substitutions]]\npractitioner = "benali"\nsubstitute = "lefevre"\nfrom = 2026-11-24\nto = 2026-11-24\n'
    practice = make_practice(motives=motives, more=more)
    tuesday = datetime(2026, 11, 24)
    assert on(practice, tuesday, "suivi")[0] == "08:30"
    assert on(practice, tuesday + timedelta(days=1), "suivi") == []


def first(practice: Practice, motive: str = "consultation", **query: object) -> list[datetime]:
    found = slots.search(practice, SlotQuery(motive, **query), MONDAY, lambda low, high: slots.NOTHING)  # type: ignore[arg-type]
    return [slot.start for slot in found]


def test_notice_is_counted_from_the_running_minute(practice: Practice) -> None:
    late = MONDAY.replace(second=59, microsecond=999999)
    found = slots.search(practice, SlotQuery("consultation"), late, lambda low, high: slots.NOTHING)
    assert next(found).start == MONDAY + timedelta(hours=1)


def test_a_new_patient_has_the_longer_appointment(practice: Practice) -> None:
    for kind, minutes in (("new", 30), ("known", 15)):
        found = slots.search(practice, SlotQuery("consultation", kind), MONDAY, lambda low, high: slots.NOTHING)  # type: ignore[arg-type]
        slot = next(found)
        assert slot.end - slot.start == timedelta(minutes=minutes)
    last_of_the_morning = max(start.time() for start in first(practice) if start.hour < 13)
    assert last_of_the_morning == datetime(2026, 1, 1, 12, 0).time()


def test_nothing_lies_beyond_the_horizon(practice: Practice) -> None:
    assert max(first(practice)) <= MONDAY + timedelta(days=90)
    assert max(first(practice)).date() == date(2027, 2, 19)


def test_what_is_for_a_person_or_the_wrong_patients_is_refused_by_name(make_practice: MakePractice) -> None:
    practice = make_practice()
    with pytest.raises(NotBookableError, match=r"practice\.toml:\d+: motives\.suivi"):
        first(practice, "suivi", patient="new")
    with pytest.raises(NotBookableError, match="no such motive"):
        first(practice, "massage")
    with pytest.raises(NotBookableError, match="no such practitioner"):
        first(practice, practitioner="dupont")


def test_windows_that_are_all_empty_find_nothing(practice: Practice) -> None:
    assert first(practice, windows=((MONDAY, MONDAY),)) == []


def test_the_assistants_slots_of_a_day_run_out(make_practice: MakePractice) -> None:
    motives = '[motives.consultation]\nlabel = "une consultation"\nduration_minutes = 15\nassistant_per_day = 2\n'
    practice = make_practice(motives=motives)
    full = Busy({}, {("consultation", MONDAY.date()): 2})
    found = slots.search(practice, SlotQuery("consultation"), MONDAY, lambda low, high: full)
    assert next(found).start.date() == MONDAY.date() + timedelta(days=1)


def test_a_motive_is_described(practice: Practice) -> None:
    motive: Motive = practice.motives["echographie"]
    assert motive.needs == (("salle-1",), ("echographe",))
