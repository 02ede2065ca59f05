"""À relire: calls in the order of their doubt, what was heard, understood and done, and their correction in place."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI

from tests.desk.conftest import enter
from voicebot.call_log import CallLog, Tally
from voicebot.desk.context import Desk
from voicebot.ports import Appointment, PatientClaim, SlotQuery

MARKUP = "<script>alert(1)</script><b>gras</b>"

PROMISE = {
    "reason": "results", "phone": "+33612345678", "by": "2026-11-22", "birth_name": MARKUP, "first_name": "Paul",
    "message": MARKUP, "promised": True,
}  # fmt: skip


def book(desk: Desk) -> Appointment:
    agenda = desk.workspace.agenda
    hold = agenda.hold(agenda.offers(SlotQuery("consultation"))[0], patient="new", owner="c1")
    claim = PatientClaim("Marchand", "Élodie", datetime(1984, 3, 12).date(), "+33612345678")
    return agenda.book(hold, claim, source="phone", idempotency_key="k1")


def call(desk: Desk, id: str, *, outcome: str | None = None, heard: str = "bonjour", **more: Any) -> None:
    record = desk.journal.record
    record(id, "answered", kind="sip")
    record(id, "said", text="Bonjour, que puis-je faire pour vous ?")
    record(id, "asks", asks="open", offers=[])
    record(id, "heard", text=heard, rejected=None, logprob=more.get("logprob", -0.2))
    record(id, "understood", items=[["motive", "consultation"], ["yes", ""]])
    record(id, "said", text="Je vous propose mardi.")
    record(id, "asks", asks="choice", offers=["2026-11-24T09:00"])
    if "appointment" in more:
        record(id, "committed", appointment=more["appointment"])
    if outcome:
        record(id, "outcome", outcome=outcome)
        record(id, "ended", reason=more.get("reason", "normal"))


@pytest.mark.parametrize(
    ("events", "doubts"),
    [
        ([{"event": "outcome", "outcome": "booked"}], set()),
        ([{"event": "outcome", "outcome": "emergency"}], {"emergency"}),
        ([{"event": "outcome", "outcome": "booked"}, {"event": "ended", "reason": "protocol"}], {"fault"}),
        ([{"event": "outcome", "outcome": "abandoned"}], {"abandoned"}),
        ([{"event": "heard", "text": "", "rejected": "logprob"}] * 2 + [{"event": "outcome", "outcome": "booked"}],
         {"not_understood"}),
        ([{"event": "heard", "text": "oui", "logprob": -0.9}, {"event": "outcome", "outcome": "informed"}],
         {"uncertain"}),
        ([{"event": "transfer", "state": "failed"}, {"event": "outcome", "outcome": "callback"}],
         {"transfer_failed", "callback"}),
    ],
)  # fmt: skip
def test_what_makes_a_call_doubtful(events: list[dict[str, Any]], doubts: set[str]) -> None:
    tally = Tally("c", "2026-11-23T08:00:00")
    for event in events:
        tally.take(event)
    assert tally.weigh() == doubts


def test_doubt_comes_first_and_only_doubt_is_counted(app: FastAPI, desk: Desk) -> None:
    call(desk, "fine", outcome="booked")
    call(desk, "left", outcome="abandoned")
    call(desk, "urgent", outcome="emergency")
    call(desk, "who", outcome="callback")
    desk.journal.record("who", "callback", reason="identity", phone="+33612345678", by="2026-11-23")
    page = enter(app).get("/relire").text
    listed = re.findall(r'class="line" href="/relire/(\w+)', page)
    assert listed == ["urgent", "who", "left", "fine"]
    assert re.search(r'À relire</span><span id="count-review" class="count">3<', page)


def test_a_call_cut_off_by_a_power_failure_is_there_to_review(app: FastAPI, desk: Desk) -> None:
    call(desk, "whole", outcome="booked")
    call(desk, "cut")
    log = CallLog(desk.workspace.connect)
    assert log.recover(desk.workspace.events.of_call) == 1
    assert log.recover(desk.workspace.events.of_call) == 0
    log.close()
    page = enter(app).get("/relire").text
    assert re.findall(r'class="line" href="/relire/(\w+)', page) == ["cut", "whole"]
    assert "appel coupé par une panne" in page


def test_heard_understood_and_done_stand_side_by_side(app: FastAPI, desk: Desk) -> None:
    call(desk, "past1", outcome="booked", heard=MARKUP, logprob=-0.9)
    page = enter(app).get("/relire/past1").text
    row = re.search(r'<tr class="doubtful">(.*?)</tr>', page, re.S)
    assert row is not None
    cells = [re.sub(r"<[^>]+>", " ", cell) for cell in re.findall(r"<td.*?</td>", row[1], re.S)]
    assert "&lt;script&gt;" in cells[1]
    assert "motif une consultation" in cells[2]
    assert "oui" in cells[2]
    assert "Je vous propose mardi." in cells[3]
    assert "mardi 24 novembre 09:00" in cells[3]


def test_a_call_is_marked_with_a_reason_the_next_one_opens_and_it_can_be_undone(app: FastAPI, desk: Desk) -> None:
    call(desk, "left", outcome="abandoned")
    call(desk, "urgent", outcome="emergency")
    client = enter(app)
    answer = client.post("/relire/urgent/avis", data={"verdict": "wrong", "reason": "name", "version": 1})
    assert answer.headers["location"] == "/relire/left?vue=a-relire"
    page = client.get(answer.headers["location"]).text
    assert "Appel noté faux." in page
    assert 'action="/relire/urgent/avis/retirer"' in page
    assert 'href="/relire/urgent' not in page
    assert "faux : nom ou prénom" in client.get("/relire?vue=relus").text
    kept = [event for event in desk.workspace.events.of_call("urgent") if event["event"] == "reviewed"]
    assert (kept[0]["verdict"], kept[0]["reason"]) == ("wrong", "name")
    assert client.post("/relire/urgent/avis", data={"verdict": "right", "version": 1}).status_code == 409
    assert client.post("/relire/urgent/avis/retirer", data={"version": 2}).status_code == 303
    assert 'href="/relire/urgent' in client.get("/relire").text


def test_a_booking_is_corrected_in_place_and_put_back_by_undo(app: FastAPI, desk: Desk) -> None:
    made = book(desk)
    call(desk, "past1", outcome="booked", appointment=made.id)
    client = enter(app)
    form = {"version": made.version, "motive": "consultation", "practitioner": "benali", "start": "2026-11-26T10:00"}
    names = {"birth_name": "Marchant", "first_name": "Élodie", "key": "k2"}
    client.post("/relire/past1/corriger", data={**form, **names})
    assert wrongs(desk) == 1, "what had to be corrected was wrong, and the board says so"
    page = client.get("/relire/past1").text
    assert "Jeudi 26 novembre, 10:00" in page
    assert "Marchant" in page
    assert "noté faux : praticien" in page
    undo = re.search(r'class="toast".*?action="(/relire/past1/corriger)">(.*?)<button', page, re.S)
    assert undo is not None
    client.post(undo[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', undo[2])))
    (now,) = [row for row in desk.workspace.agenda.appointments() if row.status == "booked"]
    assert now.slot == made.slot
    assert now.patient is not None
    assert now.patient.birth_name == "Marchand"
    assert wrongs(desk) == 0


def wrongs(desk: Desk) -> int:
    day = desk.workspace.clock.now().date()
    [figures] = desk.board.days(day, day)
    return figures["reviewed:wrong"]


def test_a_verdict_that_a_person_has_given_outlives_the_undo_of_a_correction(app: FastAPI, desk: Desk) -> None:
    made = book(desk)
    call(desk, "past1", outcome="booked", appointment=made.id)
    client = enter(app)
    client.post("/relire/past1/avis", data={"verdict": "right", "version": 1, "note": "vu"})
    as_it_is = {"motive": "consultation", "practitioner": made.slot.practitioner, "birth_name": "Marchand"}
    form = {**as_it_is, "first_name": "Élodie", "start": f"{made.slot.start:%Y-%m-%dT%H:%M}", "version": made.version}
    client.post("/relire/past1/corriger", data=form)
    assert "Rien n&#39;a changé" in client.get("/relire/past1").text
    assert wrongs(desk) == 0
    client.post("/relire/past1/corriger", data={**form, "first_name": "Elodie"})
    page = client.get("/relire/past1").text
    assert "noté faux : nom ou prénom" in page
    undo = re.search(r'class="toast".*?action="(/relire/past1/corriger)">(.*?)<button', page, re.S)
    assert undo is not None
    client.post(undo[1], data=dict(re.findall(r'name="(\w+)" value="([^"]*)"', undo[2])))
    summary = desk.workspace.call_log.get("past1")
    assert summary is not None
    assert (summary.verdict, summary.note) == ("right", "vu")


def test_a_rule_that_forbids_a_correction_changes_nothing_and_is_said(app: FastAPI, desk: Desk) -> None:
    made = book(desk)
    call(desk, "past1", outcome="booked", appointment=made.id)
    client = enter(app)
    form = {"version": made.version, "motive": "consultation", "practitioner": "benali", "start": "2026-11-29T10:00"}
    client.post("/relire/past1/corriger", data={**form, "birth_name": "Marchand", "first_name": "Élodie"})
    assert "Rien n&#39;a été changé." in client.get("/relire/past1").text
    assert desk.workspace.agenda.appointment(made.id).status == "booked"


def test_a_verified_identity_is_not_renamed_from_a_call_and_a_refused_time_leaves_the_name(
    app: FastAPI, desk: Desk
) -> None:
    made = book(desk)
    assert made.patient is not None
    call(desk, "past1", outcome="booked", appointment=made.id)
    client = enter(app)
    form = {"motive": "consultation", "practitioner": "benali", "version": made.version, "first_name": "Élodie"}
    sunday = {"start": "2026-11-29T10:00", "birth_name": "Marchant"}
    client.post("/relire/past1/corriger", data={**form, **sunday})
    assert desk.workspace.agenda.patient(made.patient.id).birth_name == "Marchand"
    assert wrongs(desk) == 0
    row = desk.workspace.agenda.patients.row(made.patient.id)
    settled = {"status": "validee", "birth_place": "34172", "sex": "F"}
    desk.workspace.agenda.update_patient(made.patient.id, settled, version=row["version"], source="desk")
    as_it_is = {"start": f"{made.slot.start:%Y-%m-%dT%H:%M}", "practitioner": made.slot.practitioner}
    client.post("/relire/past1/corriger", data={**form, **as_it_is, "birth_name": "Marchant"})
    page = client.get("/relire/past1").text
    assert "Cette identité a été vérifiée" in page
    assert 'id="c-birth"' not in page
    assert desk.workspace.agenda.patient(made.patient.id).birth_name == "Marchand"


def test_a_booking_is_cancelled_and_put_back(app: FastAPI, desk: Desk) -> None:
    made = book(desk)
    call(desk, "past1", outcome="booked", appointment=made.id)
    client = enter(app)
    client.post("/relire/past1/annuler", data={"version": made.version})
    assert desk.workspace.agenda.appointment(made.id).status == "cancelled"
    assert "Remettre ce rendez-vous" in client.get("/relire/past1").text
    client.post("/relire/past1/remettre")
    (now,) = desk.workspace.agenda.appointments()
    assert now.slot == made.slot
