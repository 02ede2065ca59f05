"""A call that rings someone: it ends only when they answered, and goes on where they did not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.test_call import Kept, Mouth, Script
from voicebot.call import Call, Terms
from voicebot.errors import UnavailableError
from voicebot.journal import Journal
from voicebot.link import Link
from voicebot.ports import Contact, Outcome, Reply


class Transferring(Script):
    """Rings at once, and asks for a call-back where nobody comes."""

    outcome: Outcome = "transferred"

    async def hear(self, text: str, *, logprob: float | None = None) -> Reply:
        self.taken.append(text)
        if text == "oui":
            return self._reply("Vous serez rappelé.", outcome="callback")
        return Reply("Je vous passe le secrétariat.", None, outcome=self.outcome, ring="secretary")

    async def hand_over(self, contact: Contact) -> Reply:
        self.taken.append(f"#{contact}")
        return Reply("Je vous passe le secrétariat.", None, outcome="transferred", ring=contact)

    async def transfer_failed(self) -> Reply:
        self.taken.append("#nobody")
        if self.outcome == "emergency":
            return self._reply("Composez le 15.", outcome="emergency")
        return self._reply("Personne ne répond.", "callback")


class Bells:
    """An exchange that only remembers."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, Contact]] = []
        self.away = False
        self.changed = asyncio.Event()

    def ring(self, call_id: str, contact: Contact) -> None:
        if self.away:
            raise UnavailableError("telephony is being restarted")
        self.rung.append((call_id, contact))
        self.changed.set()


class Case:
    """One call under way."""

    def __init__(self, mouth: Mouth, script: Transferring, kept: Kept, bells: Bells, call: Call) -> None:
        self.mouth, self.script, self.kept, self.bells, self.call = mouth, script, kept, bells, call
        self.task = asyncio.create_task(call.run("sip"))

    async def said(self) -> str:
        """The next prompt, spoken to its end."""
        event = await self.mouth.next("say")
        self.mouth.tell("spoken", mark=event.data["mark"], complete=True)
        return str(event.data["pieces"][0])

    async def ask_for_someone(self) -> None:
        assert await self.said() == "Bonjour."
        self.mouth.tell("heard", text="le secrétariat", rejected=None)
        assert await self.said() == "Je vous passe le secrétariat."
        if not self.bells.away:
            await asyncio.wait_for(self.bells.changed.wait(), 30)

    async def over(self) -> None:
        await asyncio.wait_for(self.task, 30)

    @property
    def transfers(self) -> list[tuple[str, str, str | None]]:
        return [(e["contact"], e["state"], e.get("reason")) for e in self.kept.events if e["event"] == "transfer"]

    @property
    def outcomes(self) -> list[str]:
        return [e["outcome"] for e in self.kept.events if e["event"] == "outcome"]

    @property
    def reason(self) -> str:
        return str(self.kept.events[-1]["reason"])


@asynccontextmanager
async def begin(tmp_path: Path, outcome: Outcome = "transferred") -> AsyncIterator[Case]:
    script, kept, bells = Transferring(), Kept(), Bells()
    script.outcome = outcome
    taken: asyncio.Queue[Link] = asyncio.Queue(1)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken.put(Link(reader, writer))

    path = str(tmp_path / "mind.sock")
    server = await asyncio.start_unix_server(accept, path)
    reader, writer = await asyncio.open_unix_connection(path)
    journal = Journal(lambda: datetime(2026, 11, 23, 9, 0), kept)
    case = Case(
        Mouth(reader, writer),
        script,
        kept,
        bells,
        Call("c1", await taken.get(), script, journal, Terms(briefing="Appel de votre assistant."), bells),
    )
    try:
        yield case
    finally:
        case.task.cancel()
        await asyncio.gather(case.task, return_exceptions=True)
        writer.close()
        server.close()


async def test_it_rings_once_the_last_words_were_spoken_and_is_over_when_they_answer(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        await case.said()
        case.mouth.tell("heard", text="le secrétariat", rejected=None)
        last = await case.mouth.next("say")
        assert case.bells.rung == []
        case.mouth.tell("spoken", mark=last.data["mark"], complete=True)
        await asyncio.wait_for(case.bells.changed.wait(), 30)
        assert case.bells.rung == [("c1", "secretary")]
        case.call.transferring("ringing", None, None)
        assert not case.task.done()
        case.call.transferring("answered", None, 200)
        await case.over()
        assert case.transfers == [("secretary", "started", None), ("secretary", "answered", None)]
        assert case.outcomes == ["transferred"]
        assert case.reason == "transferred"
        assert "#hangup" not in case.script.taken


async def test_the_line_that_says_it_was_transferred_counts_as_their_answer(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        await case.ask_for_someone()
        case.mouth.tell("call-end", reason="transferred")
        await case.over()
        assert case.outcomes == ["transferred"]


@pytest.mark.parametrize("why", ["no-answer", "busy", "declined", "unreachable"])
async def test_nobody_comes_and_the_caller_goes_on(tmp_path: Path, why: str) -> None:
    async with begin(tmp_path) as case:
        await case.ask_for_someone()
        case.call.transferring("failed", why, 480)
        assert await case.said() == "Personne ne répond."
        case.mouth.tell("heard", text="oui", rejected=None)
        assert await case.said() == "Vous serez rappelé."
        await case.over()
        assert case.transfers[-1] == ("secretary", "failed", why)
        assert case.outcomes == ["callback"]


async def test_what_is_said_while_it_rings_reaches_no_one(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        await case.ask_for_someone()
        case.mouth.tell("heard", text="j'ai mal au ventre", rejected=None)
        case.mouth.tell("key", digit="5")
        for _ in range(50):  # until the loop has brought both: they come by a socket, what telephony says does not
            await asyncio.sleep(0)
        case.call.transferring("failed", "no-answer", None)
        await case.said()
        assert case.script.taken == ["le secrétariat", "#nobody"]
        assert not any("ventre" in str(event) for event in case.kept.events)


async def test_a_caller_who_hangs_up_while_it_rings_was_not_transferred(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        await case.ask_for_someone()
        case.mouth.tell("call-end", reason="hung-up")
        await case.over()
        assert case.transfers[-1] == ("secretary", "failed", "caller-gone")
        assert case.outcomes == ["abandoned"]
        assert case.reason == "hung-up"


async def test_a_caller_who_hangs_up_before_it_rings_was_not_transferred(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        await case.said()
        case.mouth.tell("heard", text="le secrétariat", rejected=None)
        await case.mouth.next("say")
        case.mouth.tell("call-end", reason="hung-up")
        await case.over()
        assert case.bells.rung == []
        assert case.outcomes == ["abandoned"]


@pytest.mark.parametrize(("state", "outcome"), [("answered", "emergency"), ("failed", "emergency")])
async def test_an_emergency_stays_one_whether_they_answer_or_not(tmp_path: Path, state: str, outcome: str) -> None:
    async with begin(tmp_path, "emergency") as case:
        await case.ask_for_someone()
        case.call.transferring(state, "no-answer" if state == "failed" else None, None)
        if state == "failed":
            assert await case.said() == "Composez le 15."
        await case.over()
        assert case.outcomes == [outcome]


async def test_without_telephony_nobody_waits(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        case.bells.away = True
        await case.ask_for_someone()
        assert await case.said() == "Personne ne répond."
        assert case.transfers[-1] == ("secretary", "failed", "unavailable")


async def test_whoever_answers_is_told_what_the_call_is(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        await case.ask_for_someone()
        case.call.transferring("briefing", None, None)
        assert await case.said() == "Appel de votre assistant."
        case.call.transferring("answered", None, None)
        await case.over()
        assert case.outcomes == ["transferred"]
        assert not any("Appel de votre" in str(event) for event in case.kept.events)


async def test_a_page_of_the_desk_takes_a_call_over(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        await case.said()
        case.mouth.tell("call-end", reason="transferred")
        await case.over()
        assert case.outcomes == ["transferred"]
        assert case.reason == "transferred"


async def test_the_desk_takes_a_call_over(tmp_path: Path) -> None:
    async with begin(tmp_path) as case:
        await case.said()
        case.call.hand_over("on_call")
        assert await case.said() == "Je vous passe le secrétariat."
        await asyncio.wait_for(case.bells.changed.wait(), 30)
        assert case.bells.rung == [("c1", "on_call")]
        with pytest.raises(UnavailableError):
            case.call.hand_over("secretary")
        case.call.transferring("answered", None, None)
        await case.over()
        assert case.outcomes == ["transferred"]
