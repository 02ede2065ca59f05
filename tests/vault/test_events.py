"""The journal's rows: words where they may be kept, codes everywhere else, and nothing after a refusal."""

from __future__ import annotations

from tests.vault.world import MONDAY, World
from voicebot.journal import Journal


def kinds(world: World, call: str) -> list[str]:
    return [event["event"] for event in world.events.of_call(call)]


def test_free_text_is_stored_as_words_of_a_call_only(world: World) -> None:
    world.journal.record("c1", "note", text="douleur au genou", code="callback.made", n=3, at_s=1.5, ids=["a1", "b2"])
    world.journal.record("c1", "asks", asks="choice", offers=["2026-11-24T09:00", "deux mots"])
    stored = [{k: v for k, v in event.items() if k not in ("call", "at")} for event in world.events.of_call("c1")]
    assert stored == [
        {"event": "note", "code": "callback.made", "n": 3, "at_s": 1.5, "ids": ["a1", "b2"]},
        {"event": "asks", "asks": "choice"},
    ]


def test_a_promise_names_whom_to_call_back(world: World) -> None:
    world.journal.record(
        "c1", "callback", phone="+33639980101", birth_name="Le Goff", first_name="Anne", why="mal au dos",
        reason="message", by="2026-11-24",
    )  # fmt: skip
    assert {"birth_name", "first_name", "phone"} <= set(world.events.of_call("c1")[0])
    assert "why" not in world.events.of_call("c1")[0]


def test_a_refusal_in_the_middle_of_a_call_deletes_what_was_kept_of_it(world: World) -> None:
    other = world.call()
    world.journal.record("c1", "said", text="Bonjour.")
    world.journal.record("c1", "heard", text="je ne veux pas que ce soit écrit")
    assert kinds(world, "c1") == ["said", "heard"]
    world.journal.record("c1", "said", keep=False, text="Rien n'est gardé.")
    assert kinds(world, "c1") == []
    world.journal.record("c1", "heard", keep=False, text="un rendez-vous")
    world.journal.record("c1", "outcome", outcome="booked")
    assert kinds(world, "c1") == ["outcome"]
    assert kinds(world, other).count("heard") == 1


def test_words_before_a_consent_are_not_kept_and_those_after_are(world: World) -> None:
    world.journal.record("c1", "said", keep=False, text="Puis-je garder le texte ?")
    world.journal.record("c1", "heard", keep=True, text="oui")
    assert kinds(world, "c1") == ["heard"]


def test_a_journal_without_a_store_keeps_nothing() -> None:
    Journal(lambda: MONDAY).record("c1", "heard", text="bonjour")
