"""The agenda at the desk: what stands, what may be changed, and two people at one row."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from fastapi import FastAPI

from tests.desk.conftest import enter
from voicebot.agenda.admission import Placement
from voicebot.desk import diary
from voicebot.desk.context import Desk
from voicebot.ports import Appointment, Patient, SlotQuery

TUESDAY = datetime(2026, 11, 24, 9, 0)


def someone(desk: Desk, name: str = "Vasseur") -> Patient:
    return desk.workspace.agenda.find_patients(name)[0]


def booked(desk: Desk, start: datetime = TUESDAY, name: str = "Vasseur", key: str = "a", **more: str) -> Appointment:
    patient = someone(desk, name)
    placement = Placement(
        more.get("motive", "consultation"),
        start,
        more.get("who", "benali"),
        patient.id,
        "known" if patient.known else "new",
    )
    return desk.workspace.agenda.place(placement, source="desk", idempotency_key=key)


def test_the_day_shows_appointments_holds_and_why_nobody_receives(app: FastAPI, desk: Desk) -> None:
    booked(desk, name="Roussel")
    [slot] = desk.workspace.agenda.search(
        SlotQuery("consultation", "new", "benali", ((datetime(2026, 11, 25, 10), datetime(2026, 11, 25, 10, 1)),))
    )
    desk.workspace.agenda.hold(slot, patient="new", owner="c1")
    client = enter(app)
    page = client.get("/agenda?jour=2026-11-24").text
    assert "Roussel Camille" in page
    assert "une consultation" in page
    wednesday = client.get("/agenda?jour=2026-11-25").text
    assert diary.HELD in wednesday
    assert "Mercredi après-midi" in wednesday
    [entry] = desk.workspace.audit.entries(action="agenda.read")[:1]
    assert entry.detail["day"] == "2026-11-24"


def test_a_week_is_of_one_practitioner(app: FastAPI, desk: Desk) -> None:
    booked(desk, name="Roussel")
    booked(desk, datetime(2026, 11, 27, 9, 0), "Vasseur", "b", who="lefevre")
    page = enter(app).get("/agenda?vue=semaine&jour=2026-11-25&praticien=benali").text
    assert "Roussel Camille" in page
    assert "Vasseur" not in page


def test_closed_times_are_the_complement_of_the_rules(desk: Desk) -> None:
    practice = desk.workspace.practice
    closed = diary.closed(practice, date(2026, 11, 25), date(2026, 11, 25), ["lefevre"])
    spans = [(f"{span.start:%H:%M}", f"{span.end:%H:%M}", span.label) for span in closed]
    assert spans == [
        ("00:00", "08:30", ""),
        ("12:30", "14:00", ""),
        ("18:30", "00:00", ""),
        ("14:00", "18:30", "mercredi après-midi"),
    ]
    [christmas] = diary.closed(practice, date(2026, 12, 25), date(2026, 12, 25), ["benali"])
    assert christmas.label == "Noël"


def test_the_feed_is_what_the_list_shows(app: FastAPI, desk: Desk) -> None:
    made = booked(desk, name="Roussel")
    rows = enter(app).get("/agenda/lignes?jour=2026-11-24").json()
    [event] = [row for row in rows if "id" in row]
    assert (event["id"], event["start"], event["resourceIds"]) == (made.id, "2026-11-24T09:00", ["benali"])
    assert {row["display"] for row in rows if "id" not in row} == {"background"}


def test_an_appointment_is_made_for_a_patient_who_was_searched(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    found = client.post("/agenda/nouveau/patient", data={"born": "12031978", "start": "2026-11-24T15:00"})
    assert found.text.count('type="radio" name="patient"') == 2
    assert "checked" not in found.text.split("Qui est-ce")[1].split("Créer une fiche")[0]
    form = {
        "patient": someone(desk).id,
        "motive": "consultation",
        "practitioner": "benali",
        "start": "2026-11-24T15:00",
    }
    answer = client.post("/agenda/nouveau", data={**form, "key": "k"})
    assert answer.headers["location"] == "/agenda?jour=2026-11-24"
    client.post("/agenda/nouveau", data={**form, "key": "k"})
    assert len(desk.workspace.agenda.day(date(2026, 11, 24))) == 1


def test_what_is_missing_is_said(app: FastAPI, desk: Desk) -> None:
    page = enter(app).post("/agenda/nouveau", data={"motive": "consultation"})
    assert page.status_code == 409
    assert "Il manque le jour et l&#39;heure, le patient." in page.text


def test_a_rule_that_refuses_is_said_in_french_and_a_reason_overrides_it(app: FastAPI, desk: Desk) -> None:
    booked(desk, name="Roussel")
    form = {
        "patient": someone(desk).id,
        "motive": "consultation",
        "practitioner": "benali",
        "start": "2026-11-24T09:00",
    }
    client = enter(app)
    refused = client.post("/agenda/nouveau", data=form)
    assert refused.status_code == 409
    assert "Raison du rendez-vous en plus" in refused.text
    assert "practice.toml" not in refused.text
    assert client.post("/agenda/nouveau", data={**form, "reason": "fièvre"}).status_code == 303
    page = client.get("/agenda?jour=2026-11-24").text
    assert "en plus" in page
    assert len(desk.workspace.agenda.day(date(2026, 11, 24))) == 2


def test_a_move_is_undone_by_its_toast(app: FastAPI, desk: Desk) -> None:
    made, client = booked(desk), enter(app)
    moved = client.post(
        f"/agenda/{made.id}/glisser",
        data={"start": "2026-11-24T10:00", "practitioner": "lefevre", "version": made.version},
    ).json()
    [now] = desk.workspace.agenda.day(date(2026, 11, 24))
    assert (now.slot.start.hour, now.slot.practitioner) == (10, "lefevre")
    client.post(moved["undo"], data=moved["fields"])
    [back] = desk.workspace.agenda.day(date(2026, 11, 24))
    assert (back.slot.start, back.slot.practitioner) == (TUESDAY, "benali")


def test_a_drag_that_a_rule_refuses_changes_nothing_and_leads_on(app: FastAPI, desk: Desk) -> None:
    made = booked(desk)
    answer = enter(app).post(
        f"/agenda/{made.id}/glisser",
        data={"start": "2026-11-24T20:00", "practitioner": "benali", "version": made.version},
    )
    assert answer.status_code == 409
    assert answer.json()["more"].startswith(f"/agenda/{made.id}?start=2026-11-24T20:00")
    assert desk.workspace.agenda.appointment(made.id).status == "booked"


def test_a_cancellation_is_undone_while_the_time_is_free(app: FastAPI, desk: Desk) -> None:
    made, client = booked(desk), enter(app)
    client.post(f"/agenda/{made.id}/annuler", data={"version": made.version})
    assert desk.workspace.agenda.day(date(2026, 11, 24)) == []
    assert "Rétablir ce rendez-vous" in client.get(f"/agenda/{made.id}").text
    client.post(f"/agenda/{made.id}/reprendre")
    [back] = desk.workspace.agenda.day(date(2026, 11, 24))
    assert back.slot.start == TUESDAY


def test_a_cancellation_beside_another_is_undone_beside_it(app: FastAPI, desk: Desk) -> None:
    booked(desk, name="Roussel")
    patient = someone(desk)
    placement = Placement("consultation", TUESDAY, "benali", patient.id, "known", "fièvre")
    beside = desk.workspace.agenda.place(placement, source="desk", idempotency_key="b")
    client = enter(app)
    assert client.post(f"/agenda/{beside.id}/annuler", data={"version": beside.version}).status_code == 303
    assert client.post(f"/agenda/{beside.id}/reprendre").status_code == 303
    [back] = [row for row in desk.workspace.agenda.day(TUESDAY.date()) if row.patient and row.patient.id == patient.id]
    assert back.slot.start == TUESDAY
    assert diary.overbooking_reason(desk.session, back.id) == "fièvre"


def test_who_comes_second_sees_the_newer_row_and_keeps_the_wish(app: FastAPI, desk: Desk) -> None:
    made = booked(desk)
    first, second = enter(app), enter(app, "practitioner")
    address = f"/agenda/{made.id}/deplacer"
    first.post(address, data={"start": "2026-11-24T10:00", "version": made.version})
    late = second.post(address, data={"start": "2026-11-24T11:00", "version": made.version})
    assert late.status_code == 409
    assert "Rien n&#39;a été écrasé" in late.text
    [now] = desk.workspace.agenda.day(date(2026, 11, 24))
    assert now.slot.start.hour == 10
    link = f"/agenda/{now.id}?start=2026-11-24T11:00&amp;practitioner=benali"
    assert link in late.text
    wish = second.get(link.replace("&amp;", "&")).text
    assert 'value="2026-11-24T11:00"' in wish
    assert "10:00 à 10:15" in wish


def test_presence_is_noted_once_it_has_begun_and_corrected(
    app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, client = booked(desk, datetime(2026, 11, 23, 8, 30)), enter(app)
    address = f"/agenda/{made.id}/presence"
    assert client.post(address, data={"status": "done", "version": made.version}).status_code == 409
    assert client.post(address, data={"status": "x"}).status_code == 422
    monkeypatch.setattr(type(desk.workspace.clock), "now", lambda self: datetime(2026, 11, 23, 9, 0))
    for status in ("done", "noshow"):
        version = desk.workspace.agenda.appointment(made.id).version
        assert client.post(address, data={"status": status, "version": version}).status_code == 303
        assert desk.workspace.agenda.appointment(made.id).status == status


def test_a_hold_is_shown_and_cannot_be_moved(app: FastAPI, desk: Desk) -> None:
    [slot] = desk.workspace.agenda.offers(SlotQuery("consultation"), limit=1)
    held = desk.workspace.agenda.hold(slot, patient="new", owner="c1")
    client = enter(app)
    assert "gardé pour un appel en cours" in client.get(f"/agenda/{held.id}").text
    assert client.post(f"/agenda/{held.id}/glisser", data={"start": "2026-11-24T10:00"}).status_code == 409


@pytest.mark.parametrize("path", ["/agenda/none", "/agenda/nouveau?patient=none"])
def test_what_is_not_there_is_not_found(app: FastAPI, path: str) -> None:
    assert enter(app).get(path).status_code == 404


def test_a_broken_address_shows_today(app: FastAPI) -> None:
    page = enter(app).get("/agenda?jour=demain&vue=%3Cscript%3E&praticien=nobody").text
    assert "Lundi 23 novembre" in page
    assert "<script>" not in page.replace('<script src="', "")


def test_free_times_are_proposed_and_one_press_fills_the_form_in(app: FastAPI, desk: Desk) -> None:
    patient = someone(desk, "Roussel")
    client = enter(app)
    form = {"patient": patient.id, "motive": "frottis", "practitioner": "", "start": "2026-11-26T09:00"}
    page = client.post("/agenda/nouveau/creneaux", data=form).text
    picks = re.findall(r'name="pick" value="([^"]+)"', page)
    assert len(picks) == 6
    assert picks == sorted(picks)
    assert picks[0] >= "2026-11-26"
    page = client.post("/agenda/nouveau/creneaux", data={**form, "pick": picks[2]}).text
    start, _, who = picks[2].partition("|")
    assert f'value="{start}"' in page
    assert desk.workspace.agenda.appointments(everything=True) == [], "nothing is booked before it is saved"
    kind = {"motive": "frottis", "patient": patient.id, "start": start, "practitioner": who, "key": "f"}
    assert client.post("/agenda/nouveau", data=kind).status_code == 303


def test_free_times_of_a_move_are_those_of_the_form_and_a_missing_motive_is_said(app: FastAPI, desk: Desk) -> None:
    made = booked(desk, name="Roussel")
    client = enter(app)
    form = {"motive": "consultation", "practitioner": "lefevre", "start": "2026-11-26T09:00"}
    page = client.post(f"/agenda/{made.id}/creneaux", data=form).text
    picks = re.findall(r'name="pick" value="([^"]+)"', page)
    assert {pick.partition("|")[2] for pick in picks} == {"lefevre"}
    assert "Choisissez d&#39;abord le motif" in client.post("/agenda/nouveau/creneaux").text


def test_a_presence_noted_by_mistake_is_taken_back(app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = booked(desk)
    monkeypatch.setattr(type(desk.workspace.clock), "now", lambda self: datetime(2026, 11, 24, 11, 0))
    client = enter(app)
    client.post(f"/agenda/{made.id}/presence", data={"status": "done", "version": made.version})
    page = client.get(f"/agenda/{made.id}").text
    form = re.search(r'class="toast".*?action="([^"]+)">(.*?)<button', page, re.S)
    assert form is not None
    client.post(form[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2])))
    assert desk.workspace.agenda.appointment(made.id).status == "booked"


def test_a_move_beside_the_others_is_undone_and_a_reason_taken_away_brings_the_rules_back(
    app: FastAPI, desk: Desk
) -> None:
    booked(desk, name="Roussel")
    made = booked(desk, datetime(2026, 11, 26, 10, 0), "Vasseur", "b")
    client = enter(app)
    move = {"start": "2026-11-24T09:00", "practitioner": "benali", "reason": "fièvre", "version": made.version}
    client.post(f"/agenda/{made.id}/deplacer", data=move)
    page = client.get("/agenda?jour=2026-11-24").text
    form = re.search(r'class="toast".*?action="([^"]+)">(.*?)<button', page, re.S)
    assert form is not None
    [beside] = [one for one in desk.workspace.agenda.appointments() if one.id != made.id and one.slot.start == TUESDAY
                and diary.overbooking_reason(desk.session, one.id)]  # fmt: skip
    plain = {"start": "2026-11-24T09:00", "asked": "1", "version": beside.version}
    answer = client.post(f"/agenda/{beside.id}/deplacer", data={**plain, "motive": "certificat"})
    assert answer.status_code == 409, "without a reason the rules count again"
    assert client.post(form[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))).status_code == 303
    [back] = [one for one in desk.workspace.agenda.appointments() if one.slot.start == made.slot.start]
    assert diary.overbooking_reason(desk.session, back.id) is None
