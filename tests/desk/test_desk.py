"""The desk: nothing without a login, each page to its roles, and nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response

from tests.desk.conftest import enter, visitor
from voicebot.cli.setup import Workspace
from voicebot.desk import app as app_module
from voicebot.desk.app import PUBLIC, create_desk, needs
from voicebot.desk.context import Desk
from voicebot.desk.patient_page import create_patient_page
from voicebot.desk.roles import ROLES, Role
from voicebot.errors import UnavailableError


def routes(app: FastAPI) -> list[tuple[str, str, APIRoute]]:
    """Every method and path of the desk, with invented ids."""
    return [
        (method, re.sub(r"\{\w+(:\w+)?\}", "1", route.path), route)
        for route in app.routes
        if isinstance(route, APIRoute) and route.path not in PUBLIC
        for method in sorted(route.methods)
    ]


def test_every_route_but_the_login_refuses_an_anonymous_visitor(app: FastAPI) -> None:
    client = visitor(app)
    walked = routes(app)
    for method, path, _ in walked:
        response = client.request(method, path)
        assert response.status_code in (303, 401), (method, path)
        assert response.headers.get("location", "/login") == "/login", (method, path)
    assert len(walked) >= 10


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_refused_exactly_the_routes_that_do_not_name_it(app: FastAPI, role: Role) -> None:
    client = enter(app, role)
    for method, path, route in routes(app):
        if path == "/logout" or path.endswith("/flux"):  # a stream does not end
            continue
        admitted = all(role in need.roles for need in needs(route.dependant))
        status = client.request(method, path).status_code
        assert (status == 403) != admitted, (role, method, path, status)
        assert status < 500, (role, method, path)


def test_a_route_that_names_no_role_keeps_the_desk_from_starting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()

    @router.get("/oublié")
    def forgotten() -> Response:
        return Response("secret")

    monkeypatch.setattr(app_module, "ROUTERS", (*app_module.ROUTERS, router))
    with pytest.raises(RuntimeError, match="/oublié names no role"):
        create_desk(desk)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"},
        {"origin": "http://ailleurs.example"},
    ],
)
def test_another_sites_page_may_not_act(app: FastAPI, headers: dict[str, str]) -> None:
    client = enter(app)
    assert client.post("/logout", headers=headers).status_code == 403
    assert client.get("/compte").status_code == 200


def test_no_page_names_another_host_or_carries_a_script(app: FastAPI) -> None:
    client = enter(app, "administrator")
    pages = [path for method, path, _ in routes(app) if method == "GET" and "1" not in path]
    for path in [*pages, "/compte", "/comptes"]:
        page = client.get(path)
        if page.status_code != 200:
            continue
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        text = re.sub(r'xmlns="[^"]*"', "", page.text)
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"\son\w+=|\sstyle=", text), path


def test_without_npms_packages_the_pages_work_by_themselves_and_say_so_in_one_line(
    app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("voicebot.desk.context.VENDOR", tmp_path / "absent")
    page = enter(app).get("/").text
    assert page.count("Mise à jour automatique absente sur ce poste") == 1
    assert "/static/vendor/" not in page
    assert '<meta http-equiv="refresh"' in page


def test_the_patients_page_hands_over_an_offer_and_says_when_it_is_refused(workspace: Workspace) -> None:
    async def offer(sdp: str) -> tuple[str, str]:
        if sdp == "full":
            raise UnavailableError("too many calls")
        return "answer to " + sdp, "c1"

    client = visitor(create_patient_page(workspace.practice, offer))
    assert client.get("/").status_code == 200
    assert client.post("/offer", json={"sdp": "o"}).json() == {"sdp": "answer to o", "call": "c1"}
    assert client.post("/offer", json={"sdp": "full"}).status_code == 503
    assert client.post("/offer", json={"sdp": "x" * 30_000}).status_code == 422
