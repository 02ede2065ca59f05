"""The desk: nothing without a login, and words of a call stay inert."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.cli.setup import Workspace, open_workspace
from voicebot.desk.app import PUBLIC, create_desk
from voicebot.desk.patient_page import create_patient_page
from voicebot.desk.security import LOCK_SECONDS, TRIES, Door
from voicebot.errors import UnavailableError
from voicebot.journal import Journal
from voicebot.ports import PatientClaim, SlotQuery

CODE = "un-code-d-acces"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    key = tmp_path / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    made = open_workspace(
        argparse.Namespace(practice=SAMPLE_PRACTICE, data=tmp_path / "data", key_file=key, now="2026-11-23T08:00")
    )
    yield made
    made.close()


@pytest.fixture
def desk(workspace: Workspace) -> FastAPI:
    return create_desk(workspace, Journal(workspace.clock.now, workspace.events), CODE)


def enter(app: FastAPI) -> TestClient:
    client = TestClient(app, base_url="http://127.0.0.1", follow_redirects=True)
    assert client.post("/login", data={"code": CODE}).status_code == 200
    return client


def test_every_route_but_the_login_refuses_an_anonymous_visitor(desk: FastAPI) -> None:
    client = TestClient(desk, follow_redirects=False)
    walked = 0
    for route in desk.routes:
        if isinstance(route, Mount):
            continue
        assert isinstance(route, Route)
        for method in route.methods or ():
            if route.path in PUBLIC:
                continue
            walked += 1
            response = client.request(method, route.path)
            assert response.status_code in (303, 401), (method, route.path)
            assert response.headers.get("location", "/login") == "/login"
    assert walked >= 4


def test_a_wrong_code_is_refused_and_the_door_shuts_for_a_minute() -> None:
    now = [0.0]
    door = Door(CODE, lambda: now[0])
    for _ in range(TRIES):
        assert door.open("wrong") is None
    assert door.shut
    assert door.open(CODE) is None
    now[0] += LOCK_SECONDS
    session = door.open(CODE)
    assert door.admits(session)
    door.close(session)
    assert not door.admits(session)


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: FastAPI) -> None:
    client = TestClient(desk, follow_redirects=False)
    cookie = client.post("/login", data={"code": CODE}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_another_sites_page_may_not_act(desk: FastAPI) -> None:
    client = enter(desk)
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert client.post("/logout", headers=headers).status_code == 403


def test_no_page_loads_anything_from_elsewhere(desk: FastAPI) -> None:
    page = enter(desk).get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_the_agenda_shows_a_booking_and_markup_in_a_name_stays_inert(desk: FastAPI, workspace: Workspace) -> None:
    (slot, *_) = workspace.agenda.offers(SlotQuery("consultation"))
    hold = workspace.agenda.hold(slot, patient="new", owner="c1")
    claim = PatientClaim("<script>x</script>", "Zoé", datetime(1980, 1, 2).date())
    workspace.agenda.book(hold, claim, source="phone", idempotency_key="k1")
    page = enter(desk).get("/agenda").text
    assert "Zoé" in page
    assert "<script>x" not in page


def test_the_patients_page_hands_over_an_offer_and_says_when_it_is_refused(workspace: Workspace) -> None:
    async def offer(sdp: str) -> tuple[str, str]:
        if sdp == "full":
            raise UnavailableError("too many calls")
        return "answer to " + sdp, "c1"

    client = TestClient(create_patient_page(workspace.practice, offer))
    assert client.get("/").status_code == 200
    assert client.post("/offer", json={"sdp": "o"}).json() == {"sdp": "answer to o", "call": "c1"}
    assert client.post("/offer", json={"sdp": "full"}).status_code == 503
    assert client.post("/offer", json={"sdp": "x" * 30_000}).status_code == 422
