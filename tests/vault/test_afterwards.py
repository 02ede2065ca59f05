"""The end of a call: promises stay, what the caller wanted erased goes, and the trail knows who it was about."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.vault.world import MONDAY, World
from voicebot.afterwards import eraser, settle
from voicebot.desk.live import LiveCalls
from voicebot.thinking.state import Callback


def mind(**more: Any) -> Any:
    return SimpleNamespace(**{"callbacks": (), "patient_id": None, "erase": False, "keeps_transcript": None, **more})


def kinds(world: World, call: str) -> list[str]:
    return [event["event"] for event in world.events.of_call(call)]


def test_an_identified_caller_is_an_access_to_the_patient(world: World) -> None:
    patient, call = world.patient(), world.call()
    settle(world, world.journal, call, mind(patient_id=patient.id))
    assert kinds(world, call)[-1] == "identified"
    assert [(a.who, a.what) for a in world.vault.accesses(patient.id)] == [
        ("au cours d'un appel", "identité reconnue au téléphone")
    ]
    assert "genou qui craque" in world.vault.export_patient(patient.id, actor="service").html


@pytest.mark.parametrize(("answer", "words"), [(None, 2), (True, 2), (False, 0)])
def test_words_that_were_refused_go(world: World, answer: bool | None, words: int) -> None:
    call = world.call()
    settle(world, world.journal, call, mind(keeps_transcript=answer))
    assert len({"heard", "said"} & set(kinds(world, call))) == words
    assert "outcome" in kinds(world, call)


def test_an_erased_call_is_erased_in_the_turn_and_once_more_at_its_end(world: World) -> None:
    patient = world.patient()
    call = world.call()
    code = eraser(world, world.journal, call)
    assert world.audit.entries(subject=call)[0].detail["receipt"] == code
    world.journal.record(call, "asks", asks="open")
    settle(world, world.journal, call, mind(erase=True, patient_id=patient.id))
    assert set(kinds(world, call)) <= {"answered", "committed", "outcome", "ended"}
    assert "genou qui craque" not in world.vault.export_patient(patient.id, actor="service").html


def test_a_message_that_was_left_after_the_erasure_is_kept(world: World) -> None:
    promise = Callback("+33639981234", "message", MONDAY.date(), message="rappelez-moi après midi")
    settle(world, world.journal, world.call(), mind(erase=True, callbacks=(promise,)))
    assert [todo.message for todo in world.todo.open(2)] == ["rappelez-moi après midi"]


def test_an_erased_call_leaves_the_screens_at_once(world: World) -> None:
    live = LiveCalls()
    world.journal.listen(live.take)
    world.journal.record("c1", "answered", kind="sip")
    world.journal.record("c1", "heard", text="un genou qui craque")
    eraser(world, world.journal, "c1")
    [call] = live.calls()
    assert list(call.lines) == []
    world.journal.record("c1", "said", text="C'est effacé.")
    assert [line.text for line in call.since(1)] == ["C'est effacé."]
