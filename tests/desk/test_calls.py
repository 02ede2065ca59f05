"""Calls at the desk: live, then to review with what was heard, understood and done, then what they left to do."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from tests.desk.conftest import Told, enter
from tests.desk.test_desk import routes
from voicebot.call_log import CallLog, Tally
from voicebot.desk.app import create_desk
from voicebot.desk.context import Desk
from voicebot.desk.pages.now import _messages
from voicebot.desk.roles import Role
from voicebot.ports import Appointment, PatientClaim, SlotQuery

MARKUP = "<script>alert(1)</script><b>gras</b>"


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


# --- live ---


def test_a_call_in_progress_shows_both_sides_what_is_asked_and_markup_stays_inert(app: FastAPI, desk: Desk) -> None:
    call(desk, "live1", heard=MARKUP)
    page = enter(app).get("/?appel=live1").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>gras" not in page
    assert "L'assistant demande <strong>lequel de ces créneaux</strong> : mardi 24 novembre 09:00" in page
    assert "1 appel en cours" in page


async def test_the_stream_tells_new_words_states_and_calls_and_ends_with_the_session(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    call(desk, "live1")
    stream = _messages(desk, client.cookies["session"], "live1", desk.live.calls()[0].count)
    told = [await anext(stream), await anext(stream)]
    assert [message.split("\n")[0] for message in told] == ["event: list", "event: state"]
    desk.journal.record("live1", "heard", text=MARKUP + "\ndata: faux", rejected=None, logprob=-0.1)
    message = await anext(stream)
    while not message.startswith("event: talk"):
        message = await anext(stream)
    assert "&lt;script&gt;" in message
    assert all(line.startswith(("event: talk", "data: ")) for line in message.strip().split("\n"))
    client.post("/logout")
    desk.journal.record("live1", "asks", asks="open", offers=[])
    assert len([message async for message in stream]) <= 1


def test_reading_a_live_call_and_a_past_one_is_in_the_audit_trail(app: FastAPI, desk: Desk) -> None:
    call(desk, "live1")
    call(desk, "past1", outcome="informed")
    call(desk, "live2")
    client = enter(app)
    client.get("/")
    client.get("/?appel=live1")
    client.get("/relire/past1")
    me = next(account for account in desk.accounts.all() if account.login == "secretary")
    read = {entry.subject for entry in desk.workspace.audit.entries(action="transcript.read", actor=f"user:{me.id}")}
    assert read == {"live1", "past1"}
    [listed] = desk.workspace.audit.entries(action="live.read")
    assert listed.detail == {"calls": 2}, "the list shows the last words of each call"


def test_a_call_is_taken_over_or_guided_and_an_ended_one_is_not(app: FastAPI, desk: Desk) -> None:
    control = cast(Told, desk.control)
    client = enter(app)
    client.post("/maintenant/reprendre", data={"call": "live1"})
    client.post("/maintenant/consigne", data={"call": "live1", "text": "propose jeudi"})
    assert control.asked == [("transfer", "live1", "secretary"), ("instruct", "live1", "propose jeudi")]
    assert "C&#39;est transmis" in client.get("/").text
    client.post("/maintenant/consigne", data={"call": "live1", "text": "bla"})
    assert "pas compris cette consigne" in client.get("/").text
    client.post("/maintenant/reprendre", data={"call": "over"})
    assert "Impossible de faire sonner" in client.get("/").text


def test_what_a_caller_wants_erased_leaves_the_screen_too(app: FastAPI, desk: Desk) -> None:
    call(desk, "past1", heard="un secret")
    client = enter(app)
    assert "un secret" in client.get("/?appel=past1").text
    desk.journal.record("past1", "ended", reason="normal")
    assert "un secret" in client.get("/relire/past1").text
    answer = client.post("/relire/past1/effacer")
    assert re.search(r"Reçu <strong[^>]*>[0-9A-Z]{4}-[0-9A-Z]{4}</strong>", answer.text)
    assert "un secret" not in client.get("/?appel=past1").text
    assert client.get("/relire/past1").status_code == 404
    assert desk.workspace.events.of_call("past1") == [] or "un secret" not in repr(
        desk.workspace.events.of_call("past1")
    )


async def test_words_that_were_not_kept_are_shown_no_more_once_the_call_is_over(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    desk.journal.record("live1", "answered", kind="sip")
    desk.journal.record("live1", "heard", text="un secret", rejected=None, logprob=-0.1, keep=False)
    assert "un secret" in client.get("/?appel=live1").text
    desk.journal.record("live1", "ended", reason="normal")
    page = client.get("/?appel=live1").text
    assert "L'appel est terminé" in page
    assert "un secret" not in page + client.get("/relire/live1").text
    stream = _messages(desk, client.cookies["session"], "live1", 0)
    assert [(await anext(stream)).split("\n")[0] for _ in range(2)] == ["event: list", "event: state"]
    await stream.aclose()


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_a_role_that_may_not_read_calls_gets_no_word_of_one_from_any_route(
    app: FastAPI, desk: Desk, role: Role
) -> None:
    made = book(desk)
    call(desk, "live1", heard="un secret")
    call(desk, "past1", outcome="booked", appointment=made.id, heard="un secret")
    desk.journal.record("past1", "callback", **PROMISE)
    client = enter(app, role)
    walked = 0
    for method, path, _ in routes(app):
        for filled in (path.replace("1", "past1"), path + "?appel=live1"):
            if method == "GET" and not (path.endswith("/flux") and path != "/maintenant/flux"):
                answer = client.get(filled)
                walked += 1
                for word in ("un secret", "Marchand", "Je vous propose", "06 12 34 56 78"):
                    assert word not in answer.text, (role, filled)
    assert walked > 40
    assert client.get("/maintenant/flux?appel=live1").status_code == 403


def test_what_may_be_an_emergency_stands_first(app: FastAPI, desk: Desk) -> None:
    for id in ("long", "urgent"):
        call(desk, id)
    desk.journal.record("urgent", "asks", asks="emergency", offers=[])
    listed = re.findall(r'id="c-(\w+)"', enter(app).get("/").text)
    assert listed == ["urgent", "long"]


def test_an_open_page_counts_again_and_says_when_its_list_has_changed(
    app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where the pages' packages are installed.
    monkeypatch.setattr("voicebot.desk.context.VENDOR", Path(__file__))
    client = enter(app)
    call(desk, "live1")
    page = client.get("/a-faire").text
    assert 'hx-get="/menu/flux?page=%2Fa-faire&amp;vu=0"' in page
    told = client.get("/menu/flux", params={"page": "/a-faire", "vu": 0}).text
    assert re.search(r'id="count-phone"[^>]*>1<', told)
    assert "a changé" not in told
    desk.journal.record("past1", "callback", **PROMISE)
    told = client.get("/menu/flux", params={"page": "/a-faire", "vu": 0}).text
    assert re.search(r'id="count-todo" class="count" hx-swap-oob="true">1<', told)
    assert "Cette liste a changé" in told
    seldom = enter(app, "administrator").get("/menu/flux", params={"page": "/a-faire", "vu": 0}).text
    assert "count-" not in seldom
    assert "a changé" not in seldom


def test_a_call_is_taken_in_the_browser_itself(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    assert client.post("/maintenant/prendre", json={"call": "live1", "sdp": "o"}).json() == {"sdp": "answer to o"}
    assert client.post("/maintenant/prendre", json={"call": "over", "sdp": "o"}).status_code == 503
    assert "call.taken-over" in {entry.action for entry in desk.workspace.audit.entries(subject="live1")}


# --- to review ---


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


# --- to do ---

PROMISE = {
    "reason": "results", "phone": "+33612345678", "by": "2026-11-22", "birth_name": MARKUP, "first_name": "Paul",
    "message": MARKUP, "promised": True,
}  # fmt: skip


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


# --- trying it ---


async def test_a_rehearsal_books_into_a_copy_that_is_thrown_away(desk: Desk) -> None:
    create_desk(desk)
    tried = await desk.rehearsals.begin("me")
    assert list(desk.workspace.data.glob("essai-*"))
    for text in ("je voudrais une consultation", "#2", "n'importe", "mardi matin", "le premier"):
        await tried.say(text)
    assert tried.changed(), "a slot is held in the copy"
    assert desk.workspace.agenda.appointments(everything=True) == []
    desk.rehearsals.close("me")
    assert not list(desk.workspace.data.glob("essai-*"))


def test_the_page_to_try_talks_and_hands_a_browsers_call_to_the_copy(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    client.post("/essayer/commencer")
    client.post("/essayer/dire", data={"text": MARKUP})
    page = client.get("/essayer").text
    assert "&lt;script&gt;" in page
    assert "<b>gras" not in page
    assert client.post("/essayer/appel", json={"sdp": "o"}).json() == {"sdp": "answer to o", "call": "c1"}
    assert ("rehearse", "c1") in cast(Told, desk.control).asked
    assert not list(desk.workspace.call_log.ended(5))
