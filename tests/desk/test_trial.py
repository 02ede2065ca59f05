"""Essayer: a rehearsal in text and in sound, on a copy."""

from __future__ import annotations

from typing import cast

from fastapi import FastAPI

from tests.desk.conftest import Told, enter
from tests.desk.test_calls import MARKUP
from voicebot.desk.app import create_desk
from voicebot.desk.context import Desk


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
