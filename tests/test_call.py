"""One call: what is heard reaches the mind, its replies reach the mouth, and every call ends with an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from wyoming.event import Event

from voicebot.call import Call, Terms
from voicebot.journal import Journal
from voicebot.link import Link
from voicebot.ports import Asks, Outcome, Reply
from voicebot.wire import read_event, write_event


class Script:
    """A dialogue that asks for a birth date and books."""

    keeps_transcript: bool | None = None
    understood: tuple[tuple[str, str], ...] = ()

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.slow: asyncio.Event | None = None

    def _reply(self, say: str, asks: Asks | None = None, outcome: Outcome | None = None) -> Reply:
        return Reply(say, asks, outcome=outcome)

    async def greet(self) -> Reply:
        return self._reply("Bonjour.", "birth_date")

    async def hear(self, text: str, *, logprob: float | None = None) -> Reply:
        self.taken.append(text)
        if self.slow is not None:
            await self.slow.wait()
        if text in ("", "?"):
            return self._reply("Pardon ?", "birth_date")
        return self._reply("Au revoir.", outcome="booked")

    async def key(self, keys: str) -> Reply:
        self.taken.append("#" + keys)
        return self._reply("Au revoir.", outcome="booked")

    async def hang_up(self) -> Reply:
        self.taken.append("#hangup")
        return self._reply("", outcome="abandoned")


class Kept:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, event: Any) -> None:
        self.events.append(dict(event))

    def erase_words(self, call: str) -> None:
        self.events = [e for e in self.events if (e["call"], e["event"]) not in ((call, "heard"), (call, "said"))]


class Mouth:
    """The speech process's end of the link."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def next(self, kind: str) -> Event:
        while True:
            event = await asyncio.wait_for(read_event(self.reader), 30)
            assert event is not None
            if event.type == kind:
                return event

    def tell(self, kind: str, **data: object) -> None:
        write_event(self.writer, kind, data)


@asynccontextmanager
async def call(tmp_path: Any, transcript: Any = "on") -> AsyncIterator[tuple[Mouth, Script, Kept, asyncio.Task[None]]]:
    path = str(tmp_path / "mind.sock")
    script, kept = Script(), Kept()
    taken: asyncio.Queue[Link] = asyncio.Queue(1)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken.put(Link(reader, writer))

    server = await asyncio.start_unix_server(accept, path)
    reader, writer = await asyncio.open_unix_connection(path)
    journal = Journal(lambda: datetime(2026, 11, 23, 9, 0), kept)
    task = asyncio.create_task(Call("c1", await taken.get(), script, journal, Terms(transcript)).run("sip"))
    try:
        yield Mouth(reader, writer), script, kept, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()
        server.close()


async def test_what_is_heard_is_answered_and_the_call_ends_after_its_last_words(tmp_path: Any) -> None:
    async with call(tmp_path) as (mouth, script, kept, task):
        assert (await mouth.next("say")).data["pieces"] == ["Bonjour."]
        mouth.tell("heard", text="le douze mars", rejected=None, logprob=-0.1, ms=40)
        last = await mouth.next("say")
        assert last.data["pieces"] == ["Au revoir."]
        assert not task.done()
        mouth.tell("spoken", mark=last.data["mark"], complete=True)
        await mouth.next("hangup")
        await asyncio.wait_for(task, 30)
        assert script.taken == ["le douze mars"]
        assert [e["event"] for e in kept.events] == [
            "answered", "said", "asks", "heard", "said", "outcome", "ended",
        ]  # fmt: skip


@pytest.mark.parametrize("data", [{"text": "", "rejected": None}, {"text": "ghost", "rejected": "low logprob"}])
async def test_a_rejected_utterance_is_one_that_was_not_understood(tmp_path: Any, data: dict[str, object]) -> None:
    async with call(tmp_path) as (mouth, script, _, _):
        mouth.tell("heard", **data)
        await mouth.next("say")
        await mouth.next("say")
        assert script.taken == ["?"]


async def test_a_turn_that_was_not_understood_is_counted_without_its_words(tmp_path: Any) -> None:
    async with call(tmp_path, "off") as (mouth, script, kept, task):
        script._reply = lambda say, asks=None, outcome=None: Reply(say, asks, outcome=outcome, missed=asks is not None)  # type: ignore[method-assign]
        mouth.tell("heard", text="", rejected="logprob", logprob=-2, ms=40)
        while (said := await mouth.next("say")).data["pieces"] != ["Pardon ?"]:
            pass
        mouth.tell("speaking", mark=said.data["mark"], ms=50)
        mouth.tell("call-end", reason="caller")
        await asyncio.wait_for(task, 30)
        [turn] = [event for event in kept.events if event["event"] == "turn"]
        assert (turn["missed"], turn["recognition_ms"]) == (True, 40)
        assert "text" not in turn


async def test_keys_are_collected_to_the_length_of_the_answer(tmp_path: Any) -> None:
    async with call(tmp_path) as (mouth, script, _, _):
        await mouth.next("say")
        for digit in "12031978":
            mouth.tell("key", digit=digit)
        await mouth.next("say")
        assert script.taken == ["#12031978"]


async def test_silence_is_told_to_the_mind(tmp_path: Any) -> None:
    async with call(tmp_path) as (mouth, script, _, _):
        await mouth.next("say")
        mouth.tell("silence")
        await mouth.next("say")
        assert script.taken == [""]


async def test_a_speech_process_that_says_nothing_leaves_nobody_in_silence(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicebot.call.STILLNESS", 0.05)
    async with call(tmp_path) as (mouth, script, _, _):
        await mouth.next("say")
        assert (await mouth.next("say")).data["pieces"]
        assert script.taken[0] == ""


async def test_a_caller_who_hangs_up_leaves_an_outcome(tmp_path: Any) -> None:
    async with call(tmp_path) as (mouth, script, kept, task):
        mouth.tell("call-end", reason="bye")
        await asyncio.wait_for(task, 30)
        assert script.taken == ["#hangup"]
        assert kept.events[-2]["outcome"] == "abandoned"
        assert kept.events[-1] == {"call": "c1", "at": "2026-11-23T09:00:00", "event": "ended", "reason": "bye"}


async def test_a_lost_speech_process_ends_the_call(tmp_path: Any) -> None:
    async with call(tmp_path) as (mouth, script, _, task):
        mouth.writer.close()
        await asyncio.wait_for(task, 30)
        assert script.taken == ["#hangup"]


@pytest.mark.parametrize(
    ("transcript", "answer", "kept_words"),
    [
        ("on", None, True),
        ("on", False, False),
        ("ask", None, False),
        ("ask", True, True),
        ("ask", False, False),
        ("off", True, False),
    ],
)
async def test_words_are_kept_only_where_the_practice_and_the_caller_let_them(
    tmp_path: Any, transcript: str, answer: bool | None, kept_words: bool
) -> None:
    async with call(tmp_path, transcript) as (mouth, script, kept, _):
        await mouth.next("say")
        kept.events.clear()
        script.keeps_transcript = answer
        mouth.tell("heard", text="le douze mars", rejected=None)
        await mouth.next("say")
        assert bool({"heard", "said"} & {e["event"] for e in kept.events}) is kept_words


async def test_a_refusal_in_the_middle_of_a_call_deletes_what_was_kept_of_it(tmp_path: Any) -> None:
    async with call(tmp_path) as (mouth, script, kept, _):
        await mouth.next("say")
        assert "said" in {e["event"] for e in kept.events}
        script.keeps_transcript = None
        mouth.tell("heard", text="", rejected=None)
        await mouth.next("say")
        script.keeps_transcript = False
        mouth.tell("heard", text="je ne veux pas que ce soit écrit", rejected=None)
        await mouth.next("say")
        assert not {"heard", "said"} & {e["event"] for e in kept.events}


async def test_a_malformed_event_ends_the_call(tmp_path: Any) -> None:
    async with call(tmp_path) as (mouth, script, _, task):
        mouth.writer.write(b"{]\n")
        await asyncio.wait({task}, timeout=5)
        assert task.exception() is not None
        assert script.taken == ["#hangup"]


async def test_a_turn_that_thinks_long_says_so_and_then_answers(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicebot.call.PATIENCE", 0.01)
    monkeypatch.setattr("voicebot.call.SAYING_SO", 0.01)
    async with call(tmp_path) as (mouth, script, kept, _):
        asked = (await mouth.next("say")).data["asks"]
        script.slow = asyncio.Event()
        mouth.tell("heard", text="le douze mars", rejected=None, logprob=-0.1, ms=40)
        meanwhile = (await mouth.next("say")).data
        assert (meanwhile["pieces"], meanwhile["asks"]) == (["Un instant."], asked)
        script.slow.set()
        last = (await mouth.next("say")).data
        assert last["pieces"] == ["Au revoir."]
        assert [e["event"] for e in kept.events].count("said") == 2
        mouth.tell("speaking", mark=meanwhile["mark"], ms=5)
        mouth.tell("speaking", mark=last["mark"], ms=50)
        mouth.tell("spoken", mark=last["mark"], complete=True)
        await mouth.next("hangup")
        # One turn was answered once, and by its answer.
        assert [e["synthesis_ms"] for e in kept.events if e["event"] == "turn"] == [50]


async def test_a_silence_and_keys_are_no_turns_of_speech_and_are_not_misunderstood_ones(tmp_path: Any) -> None:
    async with call(tmp_path) as (mouth, script, kept, task):
        script._reply = lambda say, asks=None, outcome=None: Reply(say, asks, outcome=outcome, missed=True)  # type: ignore[method-assign]
        await mouth.next("say")
        for kind, data in (("heard", {"text": "?", "rejected": None, "ms": 40}), ("silence", {})):
            mouth.tell(kind, **data)
            said = await mouth.next("say")
            mouth.tell("speaking", mark=said.data["mark"], ms=50)
        mouth.tell("call-end", reason="caller")
        await asyncio.wait_for(task, 30)
        turns = [event for event in kept.events if event["event"] == "turn"]
        assert [(turn["recognition_ms"], turn["missed"]) for turn in turns] == [(40, True), (0, False)]
