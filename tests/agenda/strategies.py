"""Practices, days and appointments for property tests: mostly open, with one hard rule or day at a time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from voicebot.agenda.slots import Busy
from voicebot.practice import Practice
from voicebot.practice.localtime import to_utc
from voicebot.practice.schema import (
    Absence,
    DayException,
    Hours,
    Motive,
    Opening,
    Practitioner,
    Resource,
    Site,
    Substitution,
    Where,
)

HERE = Where("practice.toml", "test", 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DAYS = [
    date(2026, 3, 29),  # 23 hours in Paris
    date(2026, 10, 25),  # 25 hours
    date(2026, 10, 4),  # 23 hours and a half in Lord Howe
    date(2028, 2, 29),  # leap day
    date(2026, 12, 31),
    date(2027, 1, 1),
    date(2026, 5, 1),  # a public holiday
    date(2026, 11, 24),
]

ZONES = [
    "Europe/Paris",
    "Europe/Paris",
    "America/Guadeloupe",
    "Pacific/Noumea",
    "Australia/Lord_Howe",
    "America/St_Johns",
]
"""Lord Howe moves its clocks by half an hour; Saint John's lies half an hour beside the full hours."""

VERSIONS = itertools.count()

granules = st.integers(0, 287).map(lambda g: g * 5)


def often(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Mostly the usual value, so that most practices have slots and one rule at a time decides."""
    return st.sampled_from([usual] * (5 * len(others)) + list(others))


@st.composite
def hours(draw: st.DrawFn) -> tuple[Hours, ...]:
    start = draw(granules)
    return (Hours(start, start + draw(st.integers(1, 150)) * 5),)


@st.composite
def openings(draw: st.DrawFn, day: date) -> Opening:
    recurring = draw(often(True, False))
    begun = day - timedelta(days=draw(st.integers(0, 20)))
    weekdays = frozenset(range(7)) - {draw(st.integers(0, 6))} if draw(often(False, True)) else frozenset(range(7))
    return Opening(
        practitioners=draw(often((), ("a",), ("b",))),
        site=draw(often("s1", "s2")),
        motives=draw(often((), ("m",), ("other",))),
        days=weekdays if recurring else frozenset(),
        rrule=None if recurring else draw(st.sampled_from(["FREQ=DAILY", "FREQ=DAILY;INTERVAL=2"])),
        hours=draw(hours()),
        valid_from=begun if not recurring or draw(st.booleans()) else None,
        valid_to=draw(often(None, day, day - timedelta(days=1))),
        public_holidays=draw(often("open", "closed", "only")),
        school_holidays=draw(often("any", "never", "only")),
        where=HERE,
    )


@st.composite
def exceptions(draw: st.DrawFn, day: date) -> DayException:
    first, last = sorted(day + timedelta(days=draw(st.integers(-1, 1))) for _ in range(2))
    return DayException(
        first=first,
        last=last,
        practitioners=draw(often((), ("a",), ("b",))),
        site=draw(often(None, "s1", "s2")),
        motives=draw(often((), ("m",))),
        hours=draw(st.just(()) | hours()),
        label="",
        where=HERE,
    )


@st.composite
def absences(draw: st.DrawFn, day: date) -> Absence:
    start = datetime.combine(day, datetime.min.time()) + timedelta(minutes=5 * draw(st.integers(-50, 280)))
    ranged = draw(st.booleans())
    return Absence(
        who=draw(st.sampled_from([("a",), ("a", "b"), ("r1",)])),
        start=start if ranged else None,
        end=start + timedelta(minutes=5 * draw(st.integers(1, 60))) if ranged else None,
        days=frozenset() if ranged else frozenset(range(7)) - {draw(st.integers(0, 6))},
        hours=() if ranged else draw(hours()),
        label="",
        where=HERE,
    )


@st.composite
def motives(draw: st.DrawFn, base: Motive) -> Motive:
    duration = draw(st.integers(1, 12)) * 5
    return replace(
        base,
        id="m",
        practitioners=draw(often(("a", "b"), ("a",))),
        needs=draw(often((), (("r1", "r2"),), (("r1",), ("r2",)))),
        duration=duration,
        new_duration=duration * 2,
        buffer_before=draw(often(0, 5, 15)),
        buffer_after=draw(often(0, 10, 30)),
        grid=draw(st.sampled_from([5, 10, 15, 25, 60])),
        notice=draw(often(0, 60, 600)),
        horizon_days=draw(often(30, 1)),
    )


@st.composite
def practices(draw: st.DrawFn, base: Practice) -> tuple[Practice, date]:
    day = draw(st.sampled_from(DAYS))
    substitution = Substitution(
        "a", "b", day - timedelta(days=draw(st.integers(0, 1))), day + timedelta(days=draw(st.integers(0, 1))), HERE
    )
    motive = draw(motives(base.motives["consultation"]))
    practice = replace(
        base,
        # A version of its own, since what a practice opens is remembered by version.
        version=str(next(VERSIONS)),
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        school_zone=draw(st.sampled_from([None, "A"])),
        sites={name: Site(name, name, name, HERE) for name in ("s1", "s2")},
        practitioners={name: Practitioner(name, name, "", (), None, HERE) for name in ("a", "b")},
        resources={name: Resource(name, "room", name, HERE) for name in ("r1", "r2")},
        motives={"m": motive, "other": replace(motive, id="other")},
        openings=tuple(draw(openings(day)) for _ in range(draw(st.integers(1, 3)))),
        exceptions=tuple(draw(exceptions(day)) for _ in range(draw(often(0, 1, 2)))),
        absences=tuple(draw(absences(day)) for _ in range(draw(often(0, 1, 2)))),
        substitutions=draw(often((), (substitution,))),
    )
    return practice, day


@st.composite
def taken(draw: st.DrawFn, practice: Practice, day: date) -> Busy:
    spans: dict[str, list[tuple[int, int]]] = {}
    midnight = to_utc(datetime.combine(day, datetime.min.time()), practice.zone)
    for _ in range(draw(st.integers(0, 5))):
        start = midnight + draw(st.integers(-10, 290)) * 5
        spans.setdefault(draw(st.sampled_from(["a", "b", "r1", "r2"])), []).append(
            (start, start + draw(st.integers(1, 12)) * 5)
        )
    return Busy(spans)
