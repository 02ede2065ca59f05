"""Maintenant: live calls, who may read them, and pages that stay open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI

from tests.desk.conftest import Told, enter
from tests.desk.test_calls import MARKUP, PROMISE, book, call
from tests.desk.test_desk import routes
from voicebot.desk.context import Desk
from voicebot.desk.pages.now import _messages
from voicebot.desk.roles import Role


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
