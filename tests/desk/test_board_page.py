"""The board: honest figures, drawn here, and a digest that begins where the last one ended."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI

from tests.desk.conftest import enter
from tests.desk.test_agenda_page import booked
from tests.desk.test_figures import tell
from voicebot.desk.context import Desk
from voicebot.desk.plots import bars, scale
from voicebot.ports import Appointment


def week(desk: Desk) -> None:
    events = desk.workspace.events
    for number, outcome in enumerate(["booked", "moved", "callback", "transferred", "emergency", None]):
        call = f"c{number}"
        tell(events, call, "answered", at=f"2026-11-23T{9 + number:02}:00:00", kind="sip")
        tell(events, call, "turn", at="2026-11-23T09:00:00", silence_ms=400, recognition_ms=100, missed=number == 0)
        if outcome:
            tell(events, call, "outcome", at="2026-11-23T09:30:00", outcome=outcome)
    tell(events, "r1", "refused", at="2026-11-23T10:00:00", code=486)
    tell(events, "c0", "reviewed", at="2026-11-23T11:00:00", verdict="wrong", reason="motive")


def figure(page: str, title: str) -> str:
    found = re.search(rf'<dt>{title}</dt><dd><span class="big">([^<]*)</span><span class="small quiet">([^<]*)', page)
    assert found is not None, title
    return f"{found[1]} | {found[2]}"


def test_the_figures_are_those_of_the_journal(app: FastAPI, desk: Desk) -> None:
    week(desk)
    page = enter(app).get("/tableau?semaine=2026-11-23").text
    assert figure(page, "Appels reçus") == "7 | 6 décrochés, 1 non décrochés, lignes pleines"
    assert figure(page, "Réglés par l'assistant seul") == "33 % | 2 : pris, déplacés, annulés, renseignés"
    assert figure(page, "Sans suite") == "1 | raccroché sans résultat, dont 1 en cours ou coupé"
    assert figure(page, "Corrigés par le secrétariat") == "1 | sur 1 relus, 100 % de faux"
    assert figure(page, "Phrases pas comprises") == "17 % | 1 sur 6"
    assert figure(page, "Délai de réponse") == "0,5 s | une fois sur deux ; 95 fois sur 100 : 0,5 s"


def test_a_week_nobody_reviewed_claims_nothing(app: FastAPI, desk: Desk) -> None:
    tell(desk.workspace.events, "c1", "answered")
    assert "ce chiffre ne dit encore rien" in enter(app).get("/tableau").text


def test_weeks_and_days_and_an_empty_past(app: FastAPI, desk: Desk) -> None:
    week(desk)
    client = enter(app, "auditor")
    assert client.get("/tableau?vue=semaines").text.count('<th scope="row"') == 8
    assert client.get("/tableau").text.count("à venir") == 6
    assert "Aucun appel dans cette période" in client.get("/tableau?semaine=2020-01-01").text
    assert client.get("/tableau?semaine=hier").status_code == 200


def test_plots_have_no_style_and_no_script(app: FastAPI, desk: Desk) -> None:
    week(desk)
    page = enter(app).get("/tableau").text
    assert page.count("<svg") - page.count('class="icon"') == 2
    assert "style=" not in page


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 2), (1, 2), (3, 4), (9, 10), (11, 20), (37, 40), (41, 100), (999, 1000)]
)
def test_the_axis_ends_on_a_round_number_whose_half_is_whole(highest: int, top: int) -> None:
    assert scale(highest) == top


def test_bars_are_as_high_as_their_numbers() -> None:
    plot = bars([("lun", "lundi", [("a", 6), ("b", 4)]), ("mar", "mardi", [("a", 0), ("b", 5)])])
    first, second = plot.bars
    assert [part.height for part in first.parts] == [pytest.approx(106.8), pytest.approx(71.2)]
    assert second.parts[0].height == pytest.approx(89)
    assert (first.total, second.total) == (10, 5)


def cancel(desk: Desk, made: Appointment) -> None:
    desk.workspace.agenda.cancel(made.id, source="desk", idempotency_key="x")


def test_a_digest_begins_where_the_last_one_ended(app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = booked(desk, name="Roussel")
    tell(desk.workspace.events, "c1", "outcome", at="2026-11-23T08:00:30", outcome="emergency")
    client = enter(app, "practitioner")
    page = client.get("/tableau/resume").text
    assert "Camille Roussel" in page
    assert "Urgence signalée à 08:00" in page
    now = [desk.workspace.clock.now() + timedelta(minutes=2)]
    monkeypatch.setattr(type(desk.workspace.clock), "now", lambda self: now[0])
    client.post("/tableau/resume/lu")
    now[0] += timedelta(minutes=20)
    assert "Rien de nouveau" in client.get("/tableau/resume").text
    cancel(desk, made)
    page = client.get("/tableau/resume").text
    assert "annulé" in page
    assert "Urgence" not in page
    assert "Rien de nouveau" in client.get("/tableau/resume?praticien=lefevre").text
    assert "Camille Roussel" in enter(app, "secretary").get("/tableau/resume").text


def test_a_digest_marked_as_read_by_mistake_comes_back_and_keeps_its_practitioner(
    app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = booked(desk, name="Roussel")
    now = desk.workspace.clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(type(desk.workspace.clock), "now", lambda self: now)
    client = enter(app, "practitioner")
    page = client.get("/tableau/resume").text
    assert "Depuis ce matin" in page
    assert f'href="/agenda/{made.id}"' in page
    who = made.slot.practitioner
    assert client.post("/tableau/resume/lu", data={"praticien": who}).headers["location"].endswith(f"praticien={who}")
    page = client.get(f"/tableau/resume?praticien={who}").text
    assert "Rien de nouveau" in page
    form = re.search(r'class="toast".*?action="([^"]+)">(.*?)<button', page, re.S)
    assert form is not None
    client.post(form[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2])))
    assert f'href="/agenda/{made.id}"' in client.get(f"/tableau/resume?praticien={who}").text


def test_a_digest_is_read_by_noone_unseen(app: FastAPI, desk: Desk) -> None:
    made = booked(desk, datetime(2026, 11, 24, 9, 0), "Roussel")
    enter(app, "practitioner").get("/tableau/resume")
    assert made.patient is not None
    assert [entry.action for entry in desk.workspace.audit.entries(subject=made.patient.id)] == ["patient.read"]
