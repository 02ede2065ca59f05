"""A small practice and an encrypted agenda in a temporary directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agenda.helpers import (
    HEAD,
    KEY,
    MOTIVES,
    OPENINGS,
    ROUSSEL,
    SETTLED,
    VASSEUR,
    MakeAgenda,
    MakePractice,
    StandingClock,
)
from voicebot.agenda.store import Store
from voicebot.database import ConnectionFactory, open_database
from voicebot.practice import Practice, load_practice


@pytest.fixture
def make_practice(tmp_path: Path) -> MakePractice:
    """Load a practice from text; each part has a default."""

    def make(*, head: str = HEAD, motives: str = MOTIVES, openings: str = OPENINGS, more: str = "") -> Practice:
        directory = tmp_path / "practice"
        directory.mkdir(exist_ok=True)
        (directory / "practice.toml").write_text(head + motives + openings + more, encoding="utf-8")
        return load_practice(directory)

    return make


@pytest.fixture
def practice(make_practice: MakePractice) -> Practice:
    return make_practice()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def connect(tmp_path: Path) -> ConnectionFactory:
    return open_database(tmp_path / "data", KEY)


@pytest.fixture
def make_agenda(connect: ConnectionFactory, clock: StandingClock) -> Iterator[MakeAgenda]:
    """Open the agenda of a practice; several share one database, as several processes do."""
    opened: list[Store] = []

    def make(practice: Practice) -> Store:
        store = Store(lambda: practice, connect, clock)
        store.seed(
            [
                (ROUSSEL, {**SETTLED, "sex": "F", "own_doctor": "lefevre"}),
                (VASSEUR, {**SETTLED, "sex": "M", "own_doctor": "benali"}),
            ]
        )
        opened.append(store)
        return store

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def agenda(make_agenda: MakeAgenda, practice: Practice) -> Store:
    return make_agenda(practice)
