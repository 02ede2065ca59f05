"""Rehearsals: the assistant tried out on a copy of the agenda, so that nothing it books there is ever true."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from voicebot.agenda.store import Store
from voicebot.cli.setup import Workspace
from voicebot.ports import Appointment, Dialogue, Reply

MOST = 4
"""Rehearsals at once; the one longest unused makes room."""
LIFE = 1800.0
"""A rehearsal unused for so long is thrown away at the next look, s."""
LINES = 200

PREFIX = "essai-"
"""Of the copies' file names in the data directory."""

Minds = Callable[[str, Store], Dialogue]
"""Makes the mind of a call for an agenda."""


@dataclass(frozen=True)
class Said:
    """One line of a rehearsal."""

    mine: bool
    """Whether the person said it."""
    text: str
    understood: tuple[tuple[str, str], ...] = ()


@dataclass
class Rehearsal:
    """One person's try, on a copy of their own."""

    agenda: Store
    path: Path
    mind: Dialogue
    before: frozenset[str]
    """Appointments that were there when it began."""
    lines: list[Said] = field(default_factory=list)
    reply: Reply | None = None
    used: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def greet(self) -> None:
        """The greeting."""
        async with self.turn:
            self._take(await self.mind.greet())

    async def say(self, text: str) -> None:
        """What the person types, as a caller would say it; ``#`` and keys press keys."""
        async with self.turn:
            if self.reply is None or self.reply.outcome is not None or len(self.lines) >= LINES:
                return
            pressed = text.startswith("#") and text[1:].strip().isdigit()
            reply = await (self.mind.key(text[1:].strip()) if pressed else self.mind.hear(text))
            self.lines.append(Said(True, text, self.mind.understood))
            self._take(reply)

    def changed(self) -> list[Appointment]:
        """What was written into the copy since it began. Blocking."""
        return [row for row in self.agenda.appointments(everything=True) if row.id not in self.before]

    def _take(self, reply: Reply) -> None:
        self.reply = reply
        self.lines.append(Said(False, reply.say))
        self.used = monotonic()


class Rehearsals:
    """Every rehearsal, by the person who has it."""

    def __init__(self, workspace: Workspace, minds: Minds) -> None:
        self._workspace = workspace
        self._minds = minds
        self._open: OrderedDict[str, Rehearsal] = OrderedDict()
        for left in workspace.data.glob(f"{PREFIX}*"):
            left.unlink(missing_ok=True)

    def get(self, person: str) -> Rehearsal | None:
        """A person's rehearsal, unless it has been unused for too long."""
        found = self._open.get(person)
        if found is not None and monotonic() - found.used > LIFE:
            self.close(person)
            return None
        return found

    async def begin(self, person: str) -> Rehearsal:
        """A new copy of the agenda for a person, in the place of the one before."""
        self.close(person)
        for other in [one for one, made in self._open.items() if monotonic() - made.used > LIFE]:
            self.close(other)
        while len(self._open) >= MOST:
            self.close(next(iter(self._open)))
        made = await asyncio.to_thread(self._make)
        self._open[person] = made
        await made.greet()
        return made

    def close(self, person: str) -> None:
        """Throw a rehearsal away, its copy included."""
        made = self._open.pop(person, None)
        if made is not None:
            _throw_away(made.agenda, made.path)

    def close_all(self) -> None:
        """Throw every rehearsal away."""
        for person in tuple(self._open):
            self.close(person)

    def _make(self) -> Rehearsal:
        name = secrets.token_hex(6)
        path = self._workspace.data / f"{PREFIX}{name}.db"
        agenda = Store(self._workspace.rules, self._workspace.connect.copy(path), self._workspace.clock)
        before = frozenset(row.id for row in agenda.appointments(everything=True))
        return Rehearsal(agenda, path, self._minds(f"{PREFIX}{name}", agenda), before, used=monotonic())


def _throw_away(agenda: Store, path: Path) -> None:
    agenda.close()
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + suffix).unlink()
