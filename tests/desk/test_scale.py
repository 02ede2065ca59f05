"""Long lists stay quick: no page reads a whole table, however many calls there have been."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI

from tests.desk.conftest import PASSWORD, enter, visitor
from tests.desk.test_calls import PROMISE, book, call
from voicebot import database
from voicebot.desk.context import Desk
from voicebot.desk.live import ENDED_KEPT, LINES_KEPT
from voicebot.desk.pages.review import ON_A_PAGE
from voicebot.desk.pages.trail import ROWS
from voicebot.desk.roles import ROLES

GROWING = ("appointment", "audit", "call_event", "call_summary", "desk_session", "todo")
"""Tables that grow with the calls."""

PAGES = (
    *("/", "/?appel=live1", "/relire", "/relire?page=3", "/relire?vue=relus", "/relire?vue=tous"),
    *("/relire?vue=tous&jour=2026-11-23", "/relire/past1", "/a-faire", "/a-faire?vue=fait"),
    *("/agenda", "/agenda?vue=semaine&praticien=benali", "/agenda/lignes?vue=semaine&praticien=benali"),
    *("/agenda/nouveau", "/agenda/{made}", "/patients", "/patients/{patient}", "/patients/{patient}/modifier"),
    *("/regles", "/regles/versions", "/regles/simulateur?texte=frottis mardi", "/regles/simulateur/appels"),
    *("/essayer", "/tableau", "/tableau?vue=semaines", "/tableau/resume", "/acces", "/comptes", "/compte"),
)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of every connection that is opened from now on."""
    found: list[str] = []

    def connect(*values: Any, **more: Any) -> Any:
        made = real(*values, **more)
        made.conn.set_trace_callback(found.append)
        return made

    real = database.connect
    monkeypatch.setattr(database, "connect", connect)
    return found


def read_whole(connection: Any, sql: str) -> list[str]:
    """What of a query's plan reads or sorts a whole table that grows.

    To go along an index, or backwards from the newest row, until a page is full is not to read it whole.
    """
    plan = [row[3] for row in connection.execute("explain query plan " + sql).fetchall()]
    paged = "limit" in sql.lower()
    found = [step for step in plan if re.fullmatch(rf"SCAN ({'|'.join(GROWING)})", step) and not paged]
    # What is one patient's is few, and may be sorted.
    touched = any(re.search(rf"\b({'|'.join(GROWING)})\b(?!.*patient_id=)", step) for step in plan)
    return found + [step for step in plan if paged and touched and "TEMP B-TREE FOR ORDER BY" in step]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_finds_its_rows_by_an_index_and_reads_no_table_whole(
    app: FastAPI, desk: Desk, asked: list[str], path: str
) -> None:
    made = book(desk)
    assert made.patient is not None
    call(desk, "past1", outcome="booked", appointment=made.id)
    call(desk, "live1")
    desk.journal.record("past1", "callback", **PROMISE)
    desk.accounts.add("tous", "Anne Roche", list(ROLES), PASSWORD)
    client = visitor(app)
    assert client.post("/login", data={"login": "tous", "password": PASSWORD}).status_code == 303
    asked.clear()
    assert client.get(path.format(made=made.id, patient=made.patient.id)).status_code == 200
    selects = {sql for sql in asked if re.match(r"\s*(select|with)\b", sql, re.IGNORECASE)}
    assert selects
    connection = desk.workspace.connect()
    whole = {sql: steps for sql in selects if (steps := read_whole(connection.conn, sql))}
    connection.close()
    assert whole == {}


def test_a_list_shows_one_page_and_leads_to_the_next(app: FastAPI, desk: Desk) -> None:
    for number in range(ON_A_PAGE + 5):
        call(desk, f"c{number}", outcome="abandoned")
    client = enter(app)
    first, second = (
        re.findall(r'class="line" href="/relire/(\w+)', client.get(f"/relire?page={n}").text) for n in (1, 2)
    )
    assert (len(first), len(second)) == (ON_A_PAGE, 5)
    assert not set(first) & set(second)


def test_a_call_of_some_day_is_found_without_leafing_through_all(app: FastAPI, desk: Desk) -> None:
    for day in ("2026-11-18", "2026-11-19", "2026-11-20"):
        for event in ({"event": "answered", "kind": "sip"}, {"event": "ended", "reason": "normal"}):
            desk.workspace.call_log.take({"call": f"c{day[-2:]}", "at": f"{day}T10:00:00", **event})
    client = enter(app)
    page = client.get("/relire?vue=tous&jour=2026-11-19").text
    assert re.findall(r'class="line" href="/relire/(\w+)\?vue=tous&amp;page=1&amp;jour=2026-11-19"', page) == [
        "c19",
        "c18",
    ]
    assert client.get("/relire/c18?vue=tous&jour=2026-11-19").status_code == 200
    assert "c20" in client.get("/relire?vue=tous&jour=demain").text, "what is no date shows all"


def test_live_calls_are_kept_in_bounded_memory(app: FastAPI, desk: Desk) -> None:
    call(desk, "talker")
    for number in range(LINES_KEPT + 50):
        desk.journal.record("talker", "heard", text=f"mot {number}", rejected=None, logprob=-0.1)
    for number in range(ENDED_KEPT + 10):
        call(desk, f"c{number}", outcome="informed")
    talker = desk.live.get("talker")
    assert talker is not None
    assert len(talker.lines) == LINES_KEPT
    assert desk.live.get("c0") is None
    assert desk.live.get(f"c{ENDED_KEPT + 9}") is not None


def test_the_trail_is_read_to_its_beginning(app: FastAPI, desk: Desk) -> None:
    for number in range(ROWS + 5):
        desk.workspace.audit.record("service", "purge", f"n{number}")
    client, seen = enter(app, "auditor"), set[str]()
    address = "/acces?quoi=purge"
    for _ in range(2):
        page = client.get(address).text
        seen |= set(re.findall(r">(n\d+)<", page))
        older = re.search(r'href="(/acces[^"]+avant=\d+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == ROWS + 5
    assert address == ""
    assert "Les plus récentes" in page
