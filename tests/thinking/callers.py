"""A caller who answers what is asked, on a fresh agenda of the sample practice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from voicebot.agenda.seed import import_patients
from voicebot.agenda.store import Store
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.database import open_database
from voicebot.errors import UnavailableError
from voicebot.french.when import WhenSettings
from voicebot.ports import Agenda, Asks, Reply, Understander, Understanding
from voicebot.practice import Practice, load_practice
from voicebot.thinking.conversation import Conversation

KEY = bytes(range(32))
MONDAY = datetime(2026, 11, 23, 8, 0)
"""A Monday before the practice opens."""

MOST_TURNS = 60


class Away:
    """Rasa, while it is away."""

    async def understand(self, text: str, *, asks: Asks | None, conversation: str) -> Understanding:
        raise UnavailableError("away")


@dataclass
class HandClock:
    """A clock that the test moves."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        return self.at


@dataclass
class Cabinet:
    """The sample practice at work, with its twelve patients."""

    practice: Practice
    agenda: Store
    clock: HandClock
    understander: Understander = field(default_factory=Away)
    calls: int = 0

    def call(
        self, *, caller: str | None = None, agenda: Agenda | None = None, erase_call: Callable[[str], str] | None = None
    ) -> Conversation:
        self.calls += 1
        return Conversation(
            practice=self.practice,
            agenda=agenda or self.agenda,
            understander=self.understander,
            now=self.clock.now,
            call_id=f"call-{self.calls}",
            settings=WhenSettings(),
            caller=caller,
            erase_call=erase_call,
        )

    def rows(self) -> list[tuple[str, str, str, str]]:
        """What stands in the agenda: start, motive, practitioner, patient."""
        found = []
        for row in self.agenda.appointments():
            assert row.status == "booked", "a hold was left"
            assert row.patient is not None
            patient = f"{row.patient.first_name} {row.patient.birth_name}"
            found.append((f"{row.slot.start:%Y-%m-%dT%H:%M}", row.slot.motive, row.slot.practitioner, patient))
        return found


def open_cabinet(directory: Path) -> Cabinet:
    practice = load_practice(SAMPLE_PRACTICE)
    clock = HandClock()
    agenda = Store(lambda: practice, open_database(directory, KEY), clock)
    import_patients(agenda, SAMPLE_PRACTICE / "patients.csv")
    return Cabinet(practice, agenda, clock)


Answer = str | list[str] | Callable[[Reply], str]


@dataclass
class Talk:
    """A conversation that took place."""

    said: list[tuple[str, Reply]]

    @property
    def last(self) -> Reply:
        return self.said[-1][1]

    @property
    def asked(self) -> list[str]:
        return [str(reply.asks) for _, reply in self.said]

    def __str__(self) -> str:
        return "\n".join(f"C: {text}\nA: {reply.say} [{reply.asks or reply.outcome}]" for text, reply in self.said)


async def talk(call: Conversation, answers: Mapping[str, Answer]) -> Talk:
    """Answer what is asked until the call ends. A list is used up one by one; its last entry stays.

    ``#`` starts keys; ``#hangup`` hangs up. What is asked and has no answer is a failure.
    """
    waiting: dict[str, Iterator[str] | Callable[[Reply], str]] = {}
    for asks, answer in answers.items():
        waiting[asks] = answer if callable(answer) else _one_by_one([answer] if isinstance(answer, str) else answer)
    reply = await call.greet()
    said = [("", reply)]
    while reply.outcome is None:
        assert reply.asks is not None, "a reply asks something or ends the call"
        assert reply.asks in waiting, f"nobody expected to be asked {reply.asks}\n{Talk(said)}"
        assert len(said) < MOST_TURNS, f"the call does not end\n{Talk(said)}"
        source = waiting[reply.asks]
        text = source(reply) if callable(source) else next(source)
        if text == "#hangup":
            reply = await call.hang_up()
        elif text.startswith("#"):
            reply = await call.key(text[1:])
        else:
            reply = await call.hear(text)
        said.append((text, reply))
        assert reply.outcome is not None or reply.say
        assert reply.say == " ".join(reply.pieces)
    return Talk(said)


def _one_by_one(texts: list[str]) -> Iterator[str]:
    yield from texts
    while True:
        yield texts[-1]
