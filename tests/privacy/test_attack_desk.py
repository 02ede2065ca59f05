"""Attacks on the pages: every route is walked, so that a new one is attacked without being asked for."""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.testclient import TestClient

from tests.desk.conftest import PASSWORD, enter, visitor
from voicebot.desk.context import NOTED_FOR, Desk
from voicebot.desk.patient_page import create_patient_page
from voicebot.desk.sessions import IDLE, LONGEST
from voicebot.ports import PatientClaim, SlotQuery

SCRIPTS = ('<script>alert("canari")</script>', '"><img src=x onerror=alert(1)>', "';alert(1)//", "{{7*7}}", "${7*7}")
PATHS = (
    "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "a\r\nSet-Cookie: x=1",
    "%0d%0aSet-Cookie:%20x=1",
    "'--",
)
ENDLESS = ("flux", "events", "stream")
"""How the paths of streams end: a stream has no end, so it is asked for elsewhere."""


def walked(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route."""
    found = [
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
        if not _streams(route)
    ]
    assert len(found) >= 10
    return found


def _streams(route: APIRoute) -> bool:
    return route.path.endswith(ENDLESS)


def fill(path: str, value: str) -> str:
    return re.sub(r"{[^}]+}", value, path)


def harmless(response: Response | object, what: object) -> None:
    status = getattr(response, "status_code", 500)
    headers = getattr(response, "headers", {})
    assert status < 500, what
    assert headers.get("x-content-type-options") == "nosniff", what
    assert "x=1" not in headers.get("set-cookie", ""), what
    assert not headers.get("location", "/").startswith(("http", "//")), what


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_no_route_that_changes_anything_obeys_another_sites_page(app: FastAPI, headers: dict[str, str]) -> None:
    client = enter(app, "administrator")
    for method, path in walked(app):
        if method not in ("GET", "HEAD"):
            assert client.request(method, fill(path, "1"), headers=headers).status_code == 403, (method, path)


def test_a_session_is_replaced_at_login_and_dies_at_logout_and_of_age(app: FastAPI, time: object) -> None:
    client = visitor(app)
    client.cookies.set("session", "chosen-by-the-thief")
    client.post("/login", data={"login": "secretary", "password": PASSWORD})
    mine = client.cookies.get("session", domain="127.0.0.1") or [c.value for c in client.cookies.jar][-1]
    assert mine
    assert mine != "chosen-by-the-thief"

    def admitted(token: str) -> bool:
        thief = visitor(app)
        thief.cookies.set("session", token)
        return thief.get("/").status_code == 200

    assert admitted(mine)
    assert not admitted("chosen-by-the-thief")
    assert not admitted("")
    assert not admitted(mine[:-1] + ("A" if mine[-1] != "A" else "B"))
    owner = visitor(app)
    owner.cookies.set("session", mine)
    owner.post("/logout")
    assert not admitted(mine)

    idle = enter(app)
    token = [cookie.value for cookie in idle.cookies.jar][-1] or ""
    assert admitted(token)
    time.now += IDLE + 1  # type: ignore[attr-defined]
    assert not admitted(token)
    assert LONGEST > IDLE


def test_a_session_is_not_taken_from_the_address(app: FastAPI) -> None:
    token = [cookie.value for cookie in enter(app).cookies.jar][-1]
    assert visitor(app).get(f"/?session={token}").status_code != 200
    assert visitor(app).get("/", headers={"authorization": f"Bearer {token}"}).status_code != 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: FastAPI) -> None:
    answer = visitor(app).post("/login", data={"login": "secretary", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_stolen_database_holds_no_session_that_can_be_used(app: FastAPI, desk: Desk) -> None:
    token = [cookie.value for cookie in enter(app).cookies.jar][-1]
    database = desk.workspace.connect()
    try:
        held = [str(value) for row in database["desk_session"].rows for value in row.values()]
    finally:
        database.close()
    assert held
    assert token not in held


def test_what_a_caller_says_stays_inert_on_every_page(app: FastAPI, desk: Desk) -> None:
    """Stored script injection through speech: words, names and messages that are markup."""
    journal, agenda = desk.journal, desk.workspace.agenda
    for number, script in enumerate(SCRIPTS):
        call = f"attack{number}"
        journal.record(call, "answered", kind="sip")
        journal.record(call, "heard", text=script, rejected=None, logprob=-0.1)
        journal.record(call, "said", text=script)
        journal.record(
            call,
            "callback",
            phone="+33612345678",
            reason="message",
            by=date(2026, 11, 24).isoformat(),
            birth_name=script,
            first_name=script,
            message=script,
        )
        journal.record(call, "outcome", outcome="callback")
        journal.record(call, "ended", reason="hangup")
        slot = agenda.offers(SlotQuery("consultation"))[0]
        hold = agenda.hold(slot, patient="new", owner=call)
        # A name has letters, or it is refused.
        claim = PatientClaim(f"Attaque {script}", f"Attaque {script}", date(1980, 1, number + 1))
        agenda.book(hold, claim, source="phone", idempotency_key=call)
    client = enter(app, "administrator")
    practitioner = enter(app, "practitioner")
    shown = 0
    for method, path in walked(app):
        if method != "GET":
            continue
        for who in (client, practitioner, enter(app)):
            for value in ("attack0", "1"):
                page = who.get(fill(path, value))
                harmless(page, path)
                shown += "canari" in page.text
                if "html" in page.headers.get("content-type", ""):
                    for script in SCRIPTS[:2]:
                        assert script not in page.text, path
                    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert shown, "no page shows what was said: the test would prove nothing"


def test_paths_and_headers_cannot_be_injected(app: FastAPI) -> None:
    client = enter(app, "administrator")
    for method, path in walked(app):
        if "{" not in path:
            continue
        for value in PATHS:
            target = fill(path, value.replace("\r\n", "%0d%0a"))
            harmless(client.request(method, target), (method, path, value))
    for value in PATHS:
        answer = client.get("/static/" + value.replace("\r\n", "%0d%0a"))
        assert answer.status_code in (401, 404), value
        assert "root:" not in answer.text


def test_a_forged_host_moves_nobody_elsewhere(app: FastAPI) -> None:
    client = visitor(app)
    for headers in ({"host": "evil.example"}, {"x-forwarded-host": "evil.example"}):
        for path in ("/", "/login"):
            answer = client.get(path, headers=headers)
            assert "evil.example" not in answer.text + str(answer.headers.get("location"))


def test_every_field_survives_hostile_values(app: FastAPI) -> None:
    """Whatever is posted to any route is an answer, never a fault of the server."""
    client = enter(app, "administrator")
    hostile = {"id": "' or 1=1 --", "version": "-1", "q": "%_'\"\\", "text": SCRIPTS[0], "next": "//evil.example"}
    for method, path in walked(app):
        if method == "POST" and path not in ("/logout",):
            harmless(client.post(fill(path, "1"), data=hostile), path)
            harmless(client.post(fill(path, "1"), content=b"\xff\xfe" * 50), path)


async def _refuse(sdp: str) -> tuple[str, str]:
    raise AssertionError("no offer is expected")


def test_the_patients_page_has_no_other_door(desk: Desk) -> None:
    client = TestClient(create_patient_page(desk.workspace.practice, _refuse), base_url="http://127.0.0.1")
    for path in (
        "/login",
        "/agenda",
        "/patients",
        "/docs",
        "/openapi.json",
        "/metrics",
        "/../desk",
        "/static/../app.py",
    ):
        assert client.get(path).status_code == 404, path
    answer = client.post("/offer", json={"sdp": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


NAME = ("Quévrain", "Ysolinde")


def test_a_browser_keeps_no_patient_in_its_history_its_cache_or_its_forms(app: FastAPI, desk: Desk) -> None:
    """Titles and addresses stay in a browser's history, what is typed in its forms: on the disk, for whoever comes."""
    agenda = desk.workspace.agenda
    desk.journal.record("c1", "answered", kind="sip")
    hold = agenda.hold(agenda.offers(SlotQuery("consultation"))[0], patient="new", owner="c1")
    made = agenda.book(hold, PatientClaim(*NAME, date(1961, 7, 19)), source="phone", idempotency_key="c1")
    assert made.patient is not None
    who = {"phone": "+33639981234", "birth_name": NAME[0], "first_name": NAME[1]}
    desk.journal.record("c1", "callback", reason="identity", by="2026-11-24", **who)
    desk.journal.record("c1", "ended", reason="hangup")
    client = enter(app)
    pages = [client.post("/patients", data={"name": " ".join(NAME)}, follow_redirects=True)]
    for path in (path for method, path in walked(app) if method == "GET"):
        for id in (made.patient.id, made.id, "c1"):
            pages.append(client.get(fill(path, id), follow_redirects=True))
    shown = 0
    for page in pages:
        path = page.url.path
        kept = ("no-cache",) if path.startswith("/static/") else ("no-store",)
        assert page.headers["cache-control"] in kept, path
        if "text/html" not in page.headers.get("content-type", ""):
            continue
        shown += NAME[0] in page.text
        title = re.search(r"<title>(.*?)</title>", page.text, re.DOTALL)
        addresses = re.findall(r'(?:href|src|action|hx-\w+)="([^"]*)"', page.text)
        for kept_by_browser in (str(page.url), title[1] if title else "", *addresses):
            assert not any(name in unquote(kept_by_browser) for name in NAME), path
        for field in re.findall(r"<input[^>]*>", page.text):
            if any(name in field for name in NAME) and 'type="hidden"' not in field:
                assert 'autocomplete="off"' in field, (path, field)
    assert shown >= 4, "hardly any page shows the patient: the test would prove nothing"


def test_scripts_keep_nothing_in_the_browser_but_how_pages_are_shown() -> None:
    static = Path("voicebot/desk/static")
    stores = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|serviceWorker|pushState")
    kept = {
        line.strip()
        for script in static.rglob("*.js")
        if "vendor" not in script.parts
        for line in script.read_text(encoding="utf-8").splitlines()
        if stores.search(line)
    }
    assert {match[1] for line in kept for match in re.finditer(r'localStorage\.\w+\("([^"]+)"', line)} <= {
        "shortcuts",
        "agenda-list",
    }
    assert [line for line in kept if not re.search(r'localStorage\.\w+\("', line)] == []
    base = Path("voicebot/desk/templates/base.html").read_text(encoding="utf-8")
    assert '"historyCacheSize": 0' in base, "htmx would keep pages in the browser's storage"


def test_no_page_shows_a_patient_without_a_line_in_the_trail(app: FastAPI, desk: Desk) -> None:
    """Every page that names a patient, a new one too: who read it is noted, and about whom."""
    agenda, audit = desk.workspace.agenda, desk.workspace.audit
    desk.journal.record("c1", "answered", kind="sip")
    hold = agenda.hold(agenda.offers(SlotQuery("consultation"))[0], patient="new", owner="c1")
    made = agenda.book(hold, PatientClaim(*NAME, date(1961, 7, 19)), source="phone", idempotency_key="c1")
    assert made.patient is not None
    desk.journal.record("c1", "heard", text=f"je suis {NAME[1]} {NAME[0]}", rejected=None, logprob=-0.1)
    desk.journal.record("c1", "committed", appointment=made.id)
    desk.journal.record("c1", "ended", reason="hangup")
    client, about = enter(app), {made.patient.id, made.id, "c1"}
    shown, silent = [], set()
    for path in (path for method, path in walked(app) if method == "GET"):
        for id in sorted(about):
            before = audit.head().seq
            desk._noted.clear()  # what keeps a page up to date is asked for without the page
            page = client.get(fill(path, id), follow_redirects=True)
            if NAME[0] not in page.text:
                continue
            shown.append(path)
            rows = [entry for entry in audit.entries() if entry.seq > before and entry.actor.startswith("user:")]
            # A page of many people (a day of the agenda) is noted as such, a page about one of them by whom.
            if not [row for row in rows if row.subject in about or "{" not in path]:
                silent.add(path)
    assert silent == set()
    assert len(set(shown)) >= 4, shown


def test_a_page_that_keeps_itself_up_to_date_is_noted_once_in_a_while(app: FastAPI, desk: Desk) -> None:
    client = enter(app)

    def noted(path: str) -> int:
        before = desk.workspace.audit.head().seq
        client.get(path)
        return desk.workspace.audit.head().seq - before

    assert [noted(path) for path in ("/agenda", "/agenda/lignes", "/agenda/liste", "/agenda")] == [1, 0, 0, 1]
    assert noted("/agenda/lignes?jour=2026-12-01") == 1, "another day is another reading"
    desk._noted = OrderedDict((key, at - NOTED_FOR) for key, at in desk._noted.items())
    assert noted("/agenda/liste") == 1
