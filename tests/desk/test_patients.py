"""Patients at the desk: found without leaving a trace in an address, changed without overwriting, merged and parted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from tests.desk.conftest import enter
from voicebot.agenda.admission import Placement
from voicebot.desk.context import Desk
from voicebot.desk.dates import read_date
from voicebot.desk.patient_form import read, read_phone, shown
from voicebot.ports import Patient, PatientClaim

TODAY = date(2026, 11, 23)
NEW = {"birth_name": "Martin", "first_name": "Zoé", "birth_date": "02/01/1980"}


def one(desk: Desk, name: str) -> Patient:
    return desk.workspace.agenda.find_patients(name)[0]


@pytest.mark.parametrize("text", ["12/03/1978", "12 03 1978", "12-3-1978", "12031978", "1978-03-12", " 12.03.1978 "])
def test_a_birth_date_is_read_as_people_type_it(text: str) -> None:
    assert read_date(text) == date(1978, 3, 12)


@pytest.mark.parametrize("text", ["", "31/02/1978", "1978", "12/03/78", "demain", "99999999"])
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    assert read_date(text) is None


def test_numbers_become_e164() -> None:
    assert read_phone("06 39 98 01 01") == "+33639980101"
    assert read_phone("+32 470 12 34 56") == "+32470123456"
    assert read_phone("12") is None


def test_every_field_says_what_is_wrong_with_it() -> None:
    form = {
        **{"birth_name": "", "first_name": "Z", "birth_date": "31/02/1980", "phone": "12", "birth_place": "Lyon"},
        **{"ins": "255081416802539", "status": "qualifiee"},
    }
    _, wrong = read(form, today=TODAY)
    assert set(wrong) == {"birth_name", "birth_date", "phone", "birth_place", "ins", "ins_oid", "status"}
    assert "clé" in wrong["ins"]


def test_a_form_that_is_shown_and_read_again_changes_nothing(desk: Desk) -> None:
    for patient in desk.workspace.agenda.find_patients("e"):
        row = desk.workspace.agenda.patients.row(patient.id)
        again, wrong = read(shown(row), today=TODAY)
        assert wrong == {}
        assert {key: value for key, value in again.items() if value != row[key]} == {}


def test_a_search_is_posted_and_shows_homonyms_as_such(app: FastAPI) -> None:
    page = enter(app).post("/patients", data={"born": "12/03/1978"}).text
    assert page.count(">homonyme<") == 2
    assert "vérifiez le téléphone" in page
    assert enter(app).post("/patients", data={"born": "12/03"}).status_code == 422


def test_every_patient_who_is_shown_is_in_the_trail(app: FastAPI, desk: Desk) -> None:
    enter(app).post("/patients", data={"born": "12031978"})
    patient = one(desk, "Laurent")
    enter(app).get(f"/patients/{patient.id}")
    actions = [entry.action for entry in desk.workspace.audit.entries(subject=patient.id)]
    assert actions == ["patient.searched", "patient.read"]


def test_a_file_is_made_and_leads_on_to_the_appointment(app: FastAPI, desk: Desk) -> None:
    answer = enter(app).post("/patients/nouveau", data={**NEW, "start": "2026-11-24T09:00", "motive": "consultation"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/agenda/nouveau?patient=")
    assert "Martin" not in answer.headers["location"]
    assert one(desk, "Martin").birth_date == date(1980, 1, 2)


def test_a_twin_is_only_made_by_someone_who_says_so(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    client.post("/patients/nouveau", data=NEW)
    refused = client.post("/patients/nouveau", data=NEW)
    assert refused.status_code == 409
    assert "C'est une autre personne" in refused.text
    assert client.post("/patients/nouveau", data={**NEW, "despite": "1"}).status_code == 303
    assert len(desk.workspace.agenda.find_patients("Martin")) == 2


def test_two_people_editing_one_file_lose_nothing(app: FastAPI, desk: Desk) -> None:
    patient = one(desk, "Vasseur")
    row = desk.workspace.agenda.patients.row(patient.id)
    form = {**shown(row), "version": str(row["version"])}
    first, second = enter(app), enter(app, "practitioner")
    assert first.post(f"/patients/{patient.id}/modifier", data={**form, "phone": "06 39 98 09 99"}).status_code == 303
    late = second.post(f"/patients/{patient.id}/modifier", data={**form, "phone": "06 39 98 08 88", "used_name": "Vas"})
    assert late.status_code == 409
    assert "06 39 98 08 88" in late.text
    assert "+33639980999" in late.text
    again = {**form, "phone": "06 39 98 08 88", "version": str(row["version"] + 1)}
    assert second.post(f"/patients/{patient.id}/modifier", data=again).status_code == 303
    assert one(desk, "Vasseur").phone == "+33639980888"


def test_a_change_is_undone_by_its_toast(app: FastAPI, desk: Desk) -> None:
    patient = one(desk, "Vasseur")
    before = desk.workspace.agenda.patients.row(patient.id)
    client = enter(app)
    form = {**shown(before), "version": str(before["version"]), "used_name": "Autre"}
    client.post(f"/patients/{patient.id}/modifier", data=form)
    assert one(desk, "Vasseur").used_name == "Autre"
    undo = {**shown(before), "version": str(before["version"] + 1)}
    client.post(f"/patients/{patient.id}/modifier", data=undo)
    after: dict[str, Any] = desk.workspace.agenda.patients.row(patient.id)
    assert {k: v for k, v in after.items() if k != "version"} == {k: v for k, v in before.items() if k != "version"}
    [changed, _] = desk.workspace.audit.entries(subject=patient.id, action="patient.changed")
    assert changed.personal == {"before": {"used_name": before["used_name"]}, "after": {"used_name": "Autre"}}


def test_files_are_merged_and_parted(app: FastAPI, desk: Desk) -> None:
    agenda = desk.workspace.agenda
    kept, other = agenda.find_patients("", date(1978, 3, 12))
    client = enter(app)
    assert "Réunir à celle-ci" in client.get(f"/patients/{kept.id}").text
    versions = {"version": agenda.patients.row(kept.id)["version"], "other_version": 1}
    assert client.post(f"/patients/{kept.id}/reunir", data={"other": other.id, **versions}).status_code == 303
    assert [found.id for found in agenda.find_patients("", date(1978, 3, 12))] == [kept.id]
    [merge] = agenda.merging.of(kept.id)
    page = client.get(f"/patients/{kept.id}").text
    assert f"/patients/reunions/{merge.id}/separer" in page
    client.post(f"/patients/reunions/{merge.id}/separer")
    assert len(agenda.find_patients("", date(1978, 3, 12))) == 2


def test_a_copy_names_nobody_in_its_file_name(app: FastAPI, desk: Desk) -> None:
    patient = one(desk, "Vasseur")
    for kind in ("html", "json"):
        copy = enter(app).post(f"/patients/{patient.id}/copie", data={"form": kind})
        assert copy.headers["content-disposition"] == f'attachment; filename="copie-des-donnees.{kind}"'
        assert "Vasseur" in copy.text


def test_erasing_asks_for_the_birth_date_and_for_no_appointment_to_come(app: FastAPI, desk: Desk) -> None:
    patient, agenda, client = one(desk, "Vasseur"), desk.workspace.agenda, enter(app)
    address = f"/patients/{patient.id}/effacer"
    placement = Placement("consultation", datetime(2026, 11, 24, 9, 0), "benali", patient.id, "known")
    booked = agenda.place(placement, source="desk", idempotency_key="a")
    born = {"born": f"{patient.birth_date:%d/%m/%Y}"}
    assert client.post(address, data={"born": "01/01/1901"}).status_code == 409
    assert "à venir" in client.post(address, data=born).text
    agenda.cancel(booked.id, source="desk", idempotency_key="b")
    assert client.post(address, data=born).status_code == 303
    assert agenda.find_patients("Vasseur") == []


def test_markup_in_a_name_stays_inert(app: FastAPI, desk: Desk) -> None:
    claim = PatientClaim("<script>x</script>", "Zoé", date(1980, 1, 2))
    made = desk.workspace.agenda.add_patient(claim, source="desk")
    client = enter(app)
    for page in (client.get(f"/patients/{made.id}"), client.post("/patients", data={"born": "02/01/1980"})):
        assert "Zoé" in page.text
        assert "<script>x" not in page.text


def test_the_patients_of_a_file_that_was_imported_are_one_line_of_the_trail(desk: Desk) -> None:
    [entry] = desk.workspace.audit.entries(action="import")
    assert entry.actor.startswith("terminal:")
    assert entry.detail == {"patients": 12}
