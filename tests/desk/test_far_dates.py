"""Addresses and forms with dates and numbers from beyond the calendar: an answer, never a fault."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from tests.desk.conftest import enter
from tests.desk.test_agenda_page import someone
from voicebot.desk.context import Desk
from voicebot.desk.dates import read_date, read_moment


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "0020-11-24"])
def test_a_date_that_was_mistyped_shows_a_page(app: FastAPI, day: str) -> None:
    client = enter(app)
    for path in (
        f"/agenda?jour={day}",
        f"/agenda?vue=semaine&jour={day}",
        f"/agenda/lignes?jour={day}",
        f"/agenda/liste?jour={day}",
        f"/agenda/nouveau?start={day}T09:00",
        f"/tableau?semaine={day}",
        f"/tableau?vue=semaines&semaine={day}",
        f"/relire?vue=tous&jour={day}",
    ):
        assert client.get(path).status_code == 200, path
    assert read_date(day) is None
    assert read_moment(f"{day}T10:00") is None


@pytest.mark.parametrize(
    "path", ["/relire?page=99999999999999999999", "/a-faire?page=99999999999999999999", "/?appel=%00"]
)
def test_a_page_far_beyond_the_end_is_empty(app: FastAPI, path: str) -> None:
    assert enter(app).get(path).status_code == 200


@pytest.mark.parametrize("start", ["9999-12-31T23:50", "0001-01-01T00:00", "bientôt"])
def test_a_time_that_is_none_is_said_and_nothing_is_booked(app: FastAPI, desk: Desk, start: str) -> None:
    client = enter(app)
    form: dict[str, Any] = {"start": start, "motive": "consultation", "patient": someone(desk).id}
    answer = client.post("/agenda/nouveau", data=form)
    assert answer.status_code == 409
    assert "ne se lit pas" in answer.text
    assert client.post("/agenda/nouveau/creneaux", data=form).status_code == 200
    assert client.post("/tableau/resume/lu", data={"depuis": start}).status_code == 303
    assert desk.workspace.agenda.appointments(everything=True) == []
