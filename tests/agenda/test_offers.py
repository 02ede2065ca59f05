"""Offers differ usefully: a caller can choose between them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.agenda.offers import spread
from voicebot.ports import Slot

MONDAY = datetime(2026, 11, 23)


def slots(*hours: float, day: int = 0, who: str = "lefevre") -> list[Slot]:
    starts = [MONDAY + timedelta(days=day, hours=hour) for hour in hours]
    return [Slot(start, start + timedelta(minutes=15), who, "consultation", "centre") for start in starts]


def times(found: list[Slot]) -> list[str]:
    return [f"{slot.start:%a %H:%M}" for slot in found]


WEEK = [slot for day in range(5) for slot in slots(9, 9.25, 9.5, 10, 14, 15, day=day)]


def test_a_week_is_spread_over_days_and_halves_of_days() -> None:
    assert times(spread(WEEK, 3)) == ["Mon 09:00", "Tue 14:00", "Wed 09:00"]


def test_one_day_is_spread_over_its_halves_and_then_over_hours() -> None:
    assert times(spread(slots(9, 9.25, 9.5, 10.5, 14, 14.25), 3)) == ["Mon 09:00", "Mon 10:30", "Mon 14:00"]


def test_one_morning_is_spread_over_hours_while_it_can_be() -> None:
    assert times(spread(slots(9, 9.25, 9.5, 10, 10.25), 3)) == ["Mon 09:00", "Mon 09:15", "Mon 10:00"]


def test_the_soonest_are_the_soonest_and_still_an_hour_apart() -> None:
    assert times(spread(WEEK, 3, soonest=True)) == ["Mon 09:00", "Mon 10:00", "Mon 14:00"]


def test_one_start_is_offered_once_and_practitioners_take_turns() -> None:
    both = sorted(slots(9, 11, 15) + slots(9, 11, 15, who="benali"))
    found = spread(both, 3)
    assert times(found) == ["Mon 09:00", "Mon 11:00", "Mon 15:00"]
    assert len({slot.practitioner for slot in found}) == 2


def test_no_more_than_needed_is_looked_at() -> None:
    looked = 0

    def endless() -> Iterator[Slot]:
        nonlocal looked
        for day in range(1000):
            for slot in slots(9, 10, day=day):
                looked += 1
                yield slot

    assert len(spread(endless(), 3)) == 3
    assert looked < 10


def test_nothing_and_none_wanted() -> None:
    assert spread([], 3) == []
    assert spread(WEEK, 0) == []


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(32, 72)), max_size=60),
    st.integers(1, 5),
    st.booleans(),
)
def test_offers_are_slots_in_order_the_earliest_first_and_as_many_as_there_can_be(
    picked: list[tuple[int, int]], limit: int, soonest: bool
) -> None:
    everything = sorted(slot for day, quarter in picked for slot in slots(quarter / 4, day=day))
    found = spread(everything, limit, soonest=soonest)
    assert set(found) <= set(everything)
    assert found == sorted(set(found))
    assert found[:1] == everything[:1]
    starts = {slot.start for slot in everything}
    assert len(found) == min(limit, len(starts))
    if not soonest and len({start.date() for start in starts}) >= limit:
        assert len({slot.start.date() for slot in found}) == limit
