"""The board's counts follow the journal, whatever becomes of its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicebot.agenda.session import Session
from voicebot.database import ConnectionFactory, open_database
from voicebot.desk.figures import OUTCOMES, Board, Figures, together, weeks
from voicebot.events import Events

DAY = date(2026, 11, 23)


@pytest.fixture
def connect(tmp_path: Path) -> ConnectionFactory:
    return open_database(tmp_path / "data", bytes(range(32)))


@pytest.fixture
def events(connect: ConnectionFactory) -> Iterator[Events]:
    made = Events(connect)
    yield made
    made.close()


@pytest.fixture
def session(connect: ConnectionFactory) -> Iterator[Session]:
    made = Session(connect)
    yield made
    made.close()


def tell(events: Events, call: str, event: str, at: str = "2026-11-23T09:15:00", **data: object) -> None:
    events.add({"call": call, "at": at, "event": event, **data})


def one_day(session: Session, day: date = DAY) -> Figures:
    [figures] = Board(session).days(day, day)
    return figures


def test_calls_outcomes_and_turns_are_counted_as_they_are_written(events: Events, session: Session) -> None:
    tell(events, "c1", "answered", kind="sip")
    tell(events, "c1", "turn", silence_ms=0, recognition_ms=0, dialogue_ms=5, synthesis_ms=40)
    tell(events, "c1", "turn", silence_ms=300, recognition_ms=200, dialogue_ms=60, synthesis_ms=100)
    tell(events, "c1", "turn", silence_ms=500, recognition_ms=300, dialogue_ms=60, synthesis_ms=140, missed=True)
    tell(events, "c1", "outcome", outcome="booked")
    tell(events, "c2", "answered", at="2026-11-23T17:40:00", kind="sip")
    tell(events, "c3", "refused", code=486)
    figures = one_day(session)
    assert (figures.arrived, figures["answered"], figures["refused"]) == (3, 2, 1)
    assert figures.outcome("booked") == 1
    assert figures.unfinished == 1
    assert (figures["turn"], figures["missed"]) == (2, 1)
    assert figures.hours == {9: 2, 17: 1}, "a call that found every line taken came in too"
    assert (figures.reply_ms(0.5), figures.reply_ms(0.95)) == (650, 1000)


def test_the_greeting_and_keys_do_not_count_as_replies(events: Events, session: Session) -> None:
    tell(events, "c1", "turn", silence_ms=0, recognition_ms=0, dialogue_ms=5, synthesis_ms=40)
    assert one_day(session).reply_ms(0.5) is None


def test_counts_outlive_the_words_and_the_calls(events: Events, session: Session, connect: ConnectionFactory) -> None:
    tell(events, "c1", "answered")
    tell(events, "c1", "outcome", outcome="callback")
    database = connect()
    database.execute("delete from call_event")
    database.close()
    assert one_day(session)["answered"] == 1
    assert one_day(session).outcome("callback") == 1


def test_the_last_word_of_a_secretary_counts_on_the_day_of_the_call(events: Events, session: Session) -> None:
    tell(events, "c1", "answered")
    later = "2026-11-25T10:00:00"
    tell(events, "c1", "reviewed", at=later, verdict="right")
    tell(events, "c1", "reviewed", at=later, verdict="wrong", reason="motive")
    assert one_day(session)["reviewed:right"] == 0
    assert one_day(session)["reviewed:wrong"] == 1
    tell(events, "c1", "reviewed", at=later, verdict=None)
    assert one_day(session)["reviewed:wrong"] == 0
    assert one_day(session, date(2026, 11, 25)).counts == {}


def test_a_week_is_its_days_put_together() -> None:
    days = [Figures(date(2026, 11, 22 + i), date(2026, 11, 22 + i), {"answered": i}, {500: i}) for i in range(4)]
    sunday, week = weeks(days)
    assert (sunday.first, week.first, week.last) == (date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 25))
    assert week["answered"] == 6
    with pytest.raises(ValueError, match="no figures"):
        together([])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 9000), min_size=1, max_size=60), st.sampled_from([0.5, 0.95]))
def test_percentiles_are_those_of_the_sorted_list(times: list[int], share: float) -> None:
    replies: dict[int, int] = {}
    for ms in times:
        replies[ms] = replies.get(ms, 0) + 1
    found = Figures(DAY, DAY, {}, replies).reply_ms(share)
    assert found is not None
    assert sum(ms <= found for ms in times) >= share * len(times)
    assert sum(ms < found for ms in times) < share * len(times)


def test_a_journal_that_was_there_before_is_counted_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voicebot import database as module

    every = module.migrations()
    monkeypatch.setattr(module, "migrations", lambda: [m for m in every if m[0] < 21])
    old = open_database(tmp_path / "old", bytes(range(32)))()
    rows = [("answered", {}), ("outcome", {"outcome": "moved"}), ("turn", {"recognition_ms": 400, "silence_ms": 600})]
    for event, data in rows:
        old.execute(
            "insert into call_event(call, at, event, data) values('c', '2026-11-23T08:00:00', ?, ?)",
            [event, json.dumps(data)],
        )
    old.close()
    monkeypatch.setattr(module, "migrations", lambda: every)
    session = Session(open_database(tmp_path / "old", bytes(range(32))))
    figures = one_day(session)
    session.close()
    assert (figures["answered"], figures.outcome("moved"), figures.reply_ms(0.5)) == (1, 1, 1000)


def test_every_outcome_of_a_call_has_a_place_on_the_board() -> None:
    assert set(OUTCOMES) >= {"booked", "moved", "cancelled", "transferred", "callback", "abandoned", "emergency"}
