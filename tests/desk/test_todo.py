"""À faire: every answer is undone, settled identities stay settled, and two secretaries lose nothing."""

from __future__ import annotations

import re
from datetime import date, datetime

from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.desk.conftest import enter
from tests.desk.test_calls import PROMISE, book, call
from voicebot.desk.context import Desk
from voicebot.ports import PatientClaim, SlotQuery

BORN = date(1984, 3, 12)


def undo(client: TestClient, page: str = "/a-faire") -> int:
    """Press the button that the last act left; the status of the answer."""
    form = re.search(r'class="toast".*?action="([^"]+)">(.*?)<button', client.get(page).text, re.S)
    assert form is not None, "nothing offers to undo"
    return client.post(form[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))).status_code


def audited(desk: Desk) -> set[str]:
    return {entry.action for entry in desk.workspace.audit.entries()}


def wait_for_a_slot(desk: Desk) -> str:
    """Someone waits, and a slot is freed; the waiting patient's id."""
    agenda = desk.workspace.agenda
    made = book(desk)
    waits = agenda.add_patient(PatientClaim("Petit", "Jean", date(1970, 1, 1), "+33612345679"), source="desk")
    agenda.wait(waits.id, SlotQuery("consultation", practitioner=made.slot.practitioner))
    agenda.cancel(made.id, source="desk", idempotency_key="k9")
    return waits.id


def test_a_refused_slot_is_offered_again_by_undo_and_each_answer_is_in_the_trail(app: FastAPI, desk: Desk) -> None:
    wait_for_a_slot(desk)
    client = enter(app)
    [offer] = desk.workspace.agenda.waitlist_offers()
    client.post(f"/a-faire/proposition/{offer.id}/refuser")
    assert desk.workspace.agenda.waitlist_offers() == []
    client.get("/a-faire")
    client.post(f"/a-faire/proposition/{offer.id}/refuser")
    assert "déjà répondu" in client.get("/a-faire").text
    client.post(f"/a-faire/proposition/{offer.id}/rouvrir")
    assert [one.id for one in desk.workspace.agenda.waitlist_offers()] == [offer.id]
    assert undo(client) == 303
    assert desk.workspace.agenda.waitlist_offers() == []
    assert "waitlist.answered" in audited(desk)


def test_an_accepted_slot_is_given_back_by_undo_and_the_patient_waits_as_before(app: FastAPI, desk: Desk) -> None:
    wait_for_a_slot(desk)
    client = enter(app)
    [offer] = desk.workspace.agenda.waitlist_offers()
    client.post(f"/a-faire/proposition/{offer.id}/reserver", data={"key": "k"})
    assert desk.workspace.agenda.waitlist.waiting() == []
    assert undo(client) == 303
    assert desk.workspace.agenda.appointments() == []
    assert [one.id for one in desk.workspace.agenda.waitlist_offers()] == [offer.id]


def test_who_waits_is_seen_taken_off_the_list_and_put_back(app: FastAPI, desk: Desk) -> None:
    patient = wait_for_a_slot(desk)
    client = enter(app)
    assert "1 patient attend un créneau" in client.get("/a-faire").text
    [entry] = desk.workspace.agenda.waitlist.waiting()
    client.post(f"/a-faire/attente/{entry.id}/retirer", data={"patient": patient})
    assert desk.workspace.agenda.waitlist.waiting() == []
    assert undo(client) == 303
    assert [one.id for one in desk.workspace.agenda.waitlist.waiting()] == [entry.id]
    assert len(desk.workspace.agenda.waitlist_offers()) == 1
    assert client.post("/a-faire/attente/reprendre", data={"entry": entry.id}).status_code == 409
    assert {"waitlist.withdrawn", "waitlist.resumed"} <= audited(desk)


def test_two_different_people_stay_settled_on_every_page_until_it_is_undone(app: FastAPI, desk: Desk) -> None:
    made = book(desk)
    assert made.patient is not None
    other = desk.workspace.agenda.add_patient(PatientClaim("Marchant", "Elodie", BORN), source="desk")
    client = enter(app)
    assert "nom proche" in client.get("/a-faire").text
    answer = client.post(f"/patients/{made.patient.id}/distinguer", data={"other": other.id, "ici": "a-faire"})
    assert answer.headers["location"] == "/a-faire"
    for _ in range(2):
        assert "nom proche" not in client.get("/a-faire").text
    for one, two in ((made.patient, other), (other, made.patient)):
        page = client.get(f"/patients/{one.id}").text
        assert "une autre personne" in page
        assert f"/patients/{one.id}/reunir" not in page
        read = {entry.action for entry in desk.workspace.audit.entries(subject=one.id)}
        assert "patient.distinguished" in read, two
    client.post(f"/patients/{other.id}/confondre", data={"other": made.patient.id})
    assert "nom proche" in client.get("/a-faire").text


def test_settling_survives_the_service_and_goes_with_an_erased_patient(app: FastAPI, desk: Desk) -> None:
    agenda = desk.workspace.agenda
    ids = [agenda.add_patient(PatientClaim("Marchand", first, BORN), source="desk").id for first in ("Élodie", "Élise")]
    enter(app).post(f"/patients/{ids[0]}/distinguer", data={"other": ids[1]})
    assert desk.identities.others(ids[1]) == {ids[0]}
    desk.workspace.vault.erase_patient(ids[0], actor="user:x")
    assert desk.identities.others(ids[1]) == frozenset()


def test_every_change_of_a_promise_is_undone_as_it_was(app: FastAPI, desk: Desk) -> None:
    desk.journal.record("past1", "callback", **PROMISE)
    (before,) = desk.workspace.todo.open(10)
    client = enter(app)
    changed = {"due": "2026-12-01", "note": "répondeur", "owner": ""}
    for act, data in (("changer", changed), ("prendre", {}), ("fait", {})):
        now = desk.workspace.todo.get(before.id)
        assert now is not None
        client.post(f"/a-faire/{before.id}/{act}", data={**data, "version": now.version})
        assert undo(client) == 303
        after = desk.workspace.todo.get(before.id)
        assert after is not None
        assert (after.due, after.note, after.owner, after.state) == (before.due, before.note, before.owner, "open"), act


def test_what_was_noted_by_mistake_goes_and_what_a_call_left_stays(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    client.post("/a-faire", data={"message": "rappeler le labo"})
    assert undo(client) == 303
    assert desk.workspace.todo.open(10) == []
    assert desk.workspace.todo.done(10) == []
    desk.journal.record("past1", "callback", **PROMISE)
    (promised,) = desk.workspace.todo.open(10)
    assert client.post(f"/a-faire/{promised.id}/retirer", data={"version": 1}).status_code == 409
    assert desk.workspace.todo.open(10) == [promised]


def test_a_promise_made_by_phone_is_to_be_done_with_number_and_deadline_and_is_no_appointment(
    app: FastAPI, desk: Desk
) -> None:
    call(desk, "past1", outcome="callback")
    desk.journal.record("past1", "callback", **PROMISE)
    page = enter(app).get("/a-faire").text
    assert "06 12 34 56 78" in page
    assert "En retard" in page
    assert "Demande de résultats" in page
    assert "&lt;script&gt;" in page
    assert "<b>gras" not in page
    assert desk.workspace.agenda.appointments(everything=True) == []


def test_something_to_do_gets_an_owner_a_note_and_an_end_and_two_people_do_not_overwrite_each_other(
    app: FastAPI, desk: Desk
) -> None:
    desk.journal.record("past1", "callback", **PROMISE)
    (todo,) = desk.workspace.todo.open(10)
    client = enter(app)
    client.post(f"/a-faire/{todo.id}/prendre", data={"version": 1})
    assert "à vous" in client.get("/a-faire").text
    assert client.post(f"/a-faire/{todo.id}/fait", data={"version": 1}).status_code == 409
    client.post(
        f"/a-faire/{todo.id}/changer", data={"version": 2, "due": "2026-11-30", "note": "répondeur", "owner": "x"}
    )
    changed = desk.workspace.todo.get(todo.id)
    assert changed is not None
    assert (changed.due.isoformat(), changed.note, changed.owner) == ("2026-11-30", "répondeur", None)
    client.post(f"/a-faire/{todo.id}/fait", data={"version": 3})
    page = client.get("/a-faire").text
    assert "Rien à faire" in page
    assert f'action="/a-faire/{todo.id}/remettre"' in page
    assert "Demande de résultats" in client.get("/a-faire?vue=fait").text


def test_something_is_noted_by_hand_and_a_number_that_is_none_is_said(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    page = client.post("/a-faire", data={"message": "rappeler le labo", "phone": "12"}).text
    assert "pas complet" in page
    assert ">rappeler le labo</textarea>" in page, "what was typed is still there"
    assert desk.workspace.todo.open(5) == []
    client.post("/a-faire", data={"message": "rappeler le labo", "phone": "06 12 34 56 78", "due": "2026-11-24"})
    assert "rappeler le labo" in client.get("/a-faire").text


def test_patients_of_one_birth_date_and_a_like_name_are_there_to_be_settled(app: FastAPI, desk: Desk) -> None:
    book(desk)
    born = datetime(1984, 3, 12).date()
    desk.workspace.agenda.add_patient(PatientClaim("Marchant", "Elodie", born), source="desk")
    desk.workspace.agenda.add_patient(PatientClaim("Zola", "Émile", born), source="desk")
    page = enter(app).get("/a-faire").text
    assert "nom proche" in page
    assert "Elodie Marchant" in page
    assert "Zola" not in page


def test_a_freed_slot_is_offered_to_who_waits_and_booked_or_refused(app: FastAPI, desk: Desk) -> None:
    made = book(desk)
    agenda = desk.workspace.agenda
    waits = agenda.add_patient(PatientClaim("Petit", "Jean", datetime(1970, 1, 1).date()), source="desk")
    query = SlotQuery("consultation", practitioner=made.slot.practitioner)
    agenda.wait(waits.id, query)
    agenda.cancel(made.id, source="desk", idempotency_key="k9")
    client = enter(app)
    page = client.get("/a-faire").text
    assert "Jean Petit" in page
    offer = re.search(r"/a-faire/proposition/(\d+)/reserver", page)
    assert offer is not None
    client.post(f"/a-faire/proposition/{offer[1]}/reserver")
    (now,) = agenda.appointments()
    assert now.patient is not None
    assert now.patient.birth_name == "Petit"
    assert "Jean Petit" not in client.get("/a-faire").text
