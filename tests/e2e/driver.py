"""Lets a mind answer a real call: it follows the call's events, waits until a question was spoken, then acts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from voicebot.control import path_of
from voicebot.sockets import reachable


@dataclass(frozen=True)
class Question:
    asks: str
    offers: tuple[datetime, ...]
    said: str


Answer = Callable[[Question], Awaitable[None]]


@dataclass
class Seen:
    """What became of a call."""

    outcome: str | None = None
    asked: list[Question] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


class Follower:
    """The live events of a service."""

    def __init__(self, data: Path) -> None:
        self._data = data

    async def __aenter__(self) -> Follower:
        with reachable(path_of(self._data)) as name:
            self._reader, self._writer = await asyncio.open_unix_connection(name)
        self._writer.write(b'{"ask": "follow"}\n')
        await self._reader.readline()  # following has begun
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def next(self, within: float = 60) -> dict[str, Any]:
        # Before Python 3.12 wait_for loses a cancellation that comes together with a line, and its task never ends.
        async with asyncio.timeout(within):
            line = await self._reader.readline()
        assert line, "the service stopped"
        event = json.loads(line)
        assert isinstance(event, dict)
        return event

    async def answered(self) -> str:
        """The id of the next call that is answered."""
        while True:
            event = await self.next(20)
            if event["event"] == "answered":
                return str(event["call"])

    async def converse(self, call: str, answer: Answer, *, within: float = 180) -> Seen:
        """Answer each question of one call once it was spoken, until the call ends."""
        seen = Seen()
        said, question = "", None
        async with asyncio.timeout(within):
            while True:
                event = await self.next()
                if event["call"] != call:
                    continue
                seen.events.append(event)
                match event["event"]:
                    case "said":
                        said = event["text"]
                    case "heard":
                        seen.heard.append(event["text"])
                    case "asks":
                        offers = tuple(datetime.fromisoformat(offer) for offer in event["offers"])
                        question = Question(event["asks"], offers, said)
                    case "spoken" if event["complete"] and question is not None:
                        seen.asked.append(question)
                        asked, question = question, None
                        await answer(asked)
                    case "outcome":
                        seen.outcome = event["outcome"]
                    case "ended":
                        return seen
