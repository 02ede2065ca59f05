"""The right of access: all of one patient and nothing of another, for a person and for a machine."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.vault.world import SECRETS, World
from voicebot.errors import AgendaError
from voicebot.ports import PatientClaim


def test_an_export_holds_all_of_one_patient_and_nothing_of_another(world: World) -> None:
    patient = world.patient()
    other = world.agenda.add_patient(PatientClaim("Vasseur", "Aubin", date(1990, 1, 2)), source="desk")
    world.call(world.book(patient, "2026-11-24T09:00"), promise=True)
    world.book(other, "2026-11-24T09:00", "vaccination")
    world.audit.record("user:u1", "patient.read", patient.id)
    world.audit.record("user:u1", "patient.read", other.id)
    made = world.vault.export_patient(patient.id, actor="terminal:root")
    for text in (made.html, made.json):
        assert not [secret for secret in SECRETS if secret not in text.replace("&#39;", "'")]
        assert "Vasseur" not in text
        assert "vaccination" not in text
    data = json.loads(made.json)
    assert [a["motive"] for a in data["appointment"]] == ["consultation"]
    assert [e["event"] for e in data["call_event"]][-1] == "callback"
    assert [a["what"] for a in data["accesses"]] == ["fiche consultée", "copie des données remise"]


def test_an_export_is_in_the_trail_and_refused_for_nobody(world: World) -> None:
    patient = world.patient()
    world.vault.export_patient(patient.id, actor="user:u1")
    assert [entry.action for entry in world.audit.entries(subject=patient.id)] == ["patient.exported"]
    with pytest.raises(AgendaError, match="no such patient"):
        world.vault.export_patient("nobody", actor="user:u1")


def test_what_a_caller_said_cannot_become_a_page(world: World) -> None:
    patient = world.patient()
    appointment = world.book(patient, "2026-11-24T09:00")
    world.journal.record("c1", "heard", text="<script>alert(1)</script>")
    world.journal.record("c1", "committed", appointment=appointment.id)
    made = world.vault.export_patient(patient.id, actor="user:u1")
    assert "<script" not in made.html
    assert "&lt;script&gt;" in made.html


def test_readings_of_a_call_are_accesses_to_its_patient(world: World) -> None:
    patient = world.patient()
    call = world.call(world.book(patient, "2026-11-24T09:00"))
    world.audit.record("user:u2", "transcript.read", call)
    assert [(a.who, a.what) for a in world.vault.accesses(patient.id)] == [("compte", "texte d'un appel consulté")]


def test_people_of_the_practice_appear_by_their_role(world: World) -> None:
    patient = world.patient()
    database = world.connect()
    account = {"id": "u1", "login": "nmarchal", "name": "Nadine Marchal", "roles": "secretary", "created_at": 0}
    database["desk_account"].insert(account)
    database.close()
    world.audit.record("user:u1", "patient.read", patient.id)
    assert [access.who for access in world.vault.accesses(patient.id)] == ["secrétariat"]
    assert "Marchal" not in world.vault.export_patient(patient.id, actor="user:u1").html
