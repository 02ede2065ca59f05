"""Patients who call a running service, one step at a time, as a test leads them.

Over WebRTC with keys, a real call that takes seconds; or with their words put in the place of the recogniser's, on the
wire of the speech process, where a test needs words that are exact.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

import httpx

from telephony.webrtc.caller import Caller
from tests.e2e.driver import Follower
from tests.e2e.running import RunningService
from voicebot.wire import VERSION, read_event, write_event

WITHIN = 90.0
"""The longest that one step may take on a busy machine, s."""

MOST_QUESTIONS = 20
"""Questions of one booking, a few of them put twice."""

AGAIN = 15.0
"""How often a caller who only listens shows that he is still there, s."""

BOOKING = {
    "open": "1",
    "motive": "1",
    "known": "2",
    "for_whom": "1",
    "practitioner": "1",
    "when": "1#",
    "choice": "1",
    "birth_name": "1",
    "first_name": "1",
    "spelling": "1",
    "birth_date": "12031978",
    "phone": "0612345678",
    "confirm": "1",
}
"""What a new patient presses at each question to book the first consultation."""


class Patient(ABC):
    """One call, and the events that the service told of it."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.id = ""
        self.events: list[dict[str, Any]] = []
        self._place = 0
        self._gone = False
        self._repeats: set[int] = set()
        """Questions that were only put again, by ``id``."""
        self._follower = Follower(service.data)
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self._follower.__aenter__()
        self._following = asyncio.create_task(self._follow())
        try:
            await self._dial()
            await self.wait("answered")
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.hang_up()
        if kind is None:
            # What the desk shows of a finished call is there once its end was told.
            await self._until(lambda: any(self._ours(event) and event["event"] == "ended" for event in self.events))
        await self._leave()

    async def _leave(self) -> None:
        self._gone = True
        self._following.cancel()
        with suppress(asyncio.CancelledError):
            await self._following
        await self._follower.__aexit__()

    async def _follow(self) -> None:
        while not self._gone:
            event = await self._follower.next(600)
            async with self._changed:
                self.events.append(event)
                self._changed.notify_all()

    @abstractmethod
    async def _dial(self) -> None: ...

    @abstractmethod
    async def press(self, keys: str) -> None:
        """Press keys."""

    @abstractmethod
    async def hang_up(self) -> None:
        """End the call; safe to call twice."""

    async def wait(self, kind: str, **data: object) -> dict[str, Any]:
        """The next event of this call that is so, after those that were waited for already."""

        def found() -> bool:
            while self._place < len(self.events):
                event, self._place = self.events[self._place], self._place + 1
                wanted = self._ours(event) and event["event"] == kind and id(event) not in self._repeats
                if wanted and all(event.get(key) == value for key, value in data.items()):
                    return True
            return False

        await self._until(found, f"{kind} {data}")
        return self.events[self._place - 1]

    async def _until(self, found: Callable[[], bool], what: str = "its end") -> None:
        try:
            async with asyncio.timeout(WITHIN), self._changed:
                await self._changed.wait_for(lambda: self._following.done() or found())
        except TimeoutError:
            raise AssertionError(f"no {what} within {WITHIN} s: {self.story}") from None
        assert not self._following.done(), f"the service stopped before {what}: {self.story}"

    def _ours(self, event: Mapping[str, Any]) -> bool:
        return bool(event["call"] == self.id)

    async def asked(self, asks: str) -> dict[str, Any]:
        """Wait until a question is put."""
        return await self.wait("asks", asks=asks)

    async def go_on(self, until: str, **answers: str) -> dict[str, Any]:
        """Answer every question (as in ``BOOKING`` where nothing else is given) until one is put that is left open."""
        for _ in range(MOST_QUESTIONS):
            if (event := await self.wait("asks"))["asks"] == until:
                return event
            await self.answer((BOOKING | answers)[event["asks"]])
        raise AssertionError(f"{until} was not asked: {self.story}")

    async def book(self, **answers: str) -> str:
        """Go from the first question to a booking that stands; the appointment's id."""
        await self.asked("open")
        await self.answer((BOOKING | answers)["open"])
        await self.go_on("confirm", **answers)
        await self.answer((BOOKING | answers)["confirm"])
        return str((await self.wait("committed"))["appointment"])

    async def answer(self, text: str) -> None:
        """Answer a question in the way of this caller."""
        await self.press(text)

    @property
    def story(self) -> str:
        """All that happened in this call."""
        return "".join(f"\n{event}" for event in self.events if self._ours(event))


class WebCaller(Patient):
    """A real call over WebRTC; he answers with keys over its data channel, and speaks when told to."""

    async def _dial(self) -> None:
        self._caller = Caller(self._exchange)
        await self._caller.__aenter__()

    async def _exchange(self, sdp: str) -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            response = await client.post(self.service.web + "offer", json={"sdp": sdp})
        answer = response.json()
        assert response.status_code == 200, answer
        self.id = answer["call"]
        return str(answer["sdp"])

    async def press(self, keys: str) -> None:
        await self._caller.press(keys)

    async def speak(self, pcm: bytes) -> None:
        """Say something: s16le at 16 kHz."""
        await self._caller.play(pcm)

    async def hears_a_voice(self) -> None:
        """Wait until someone speaks from now on: a frame that is louder than comfort noise."""
        now = time.monotonic()
        async with asyncio.timeout(WITHIN):
            async for frame in self._caller.frames():
                if frame.arrived > now and max(map(abs, memoryview(frame.pcm).cast("h")), default=0) > 1000:
                    return
        raise AssertionError("the call ended before anything was heard")

    async def hang_up(self) -> None:
        await self._caller.hang_up()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Stay on the line: whenever a question was said to its end, ask to hear it again (the hash key)."""
        enough = asyncio.Event()

        place, waiting = len(self.events), False

        def more() -> bool:
            return len(self.events) > place or (enough.is_set() and not waiting)

        async def again() -> None:
            nonlocal place, waiting
            while waiting or not enough.is_set():
                async with self._changed:
                    await self._changed.wait_for(more)
                fresh, place = self.events[place:], len(self.events)
                for event in filter(self._ours, fresh):
                    match event["event"]:
                        case "spoken" if event["complete"] and not waiting and not enough.is_set():
                            waiting = True
                            await self.press("#")
                        case "asks" if waiting:
                            waiting = False
                            self._repeats.add(id(event))
                        case "outcome":
                            return

        staying = asyncio.create_task(again())
        try:
            yield
        finally:
            enough.set()
            async with self._changed:
                self._changed.notify_all()
            await asyncio.wait_for(staying, WITHIN)


class Dictated(Patient):
    """A call whose words are exact: this is the speech process's end of the wire, and no sound is made.

    The dialogue, Rasa, the agenda, the journal and the desk behind it are the real ones.
    """

    def __init__(self, service: RunningService, *, kind: str = "webrtc", caller: str | None = None) -> None:
        super().__init__(service)
        self._kind = kind
        self._number = caller

    async def _dial(self) -> None:
        [minds] = self.service.temporary.glob("voicebot-*/mind.sock")
        self._reader, self._writer = await asyncio.open_unix_connection(str(minds))
        self.id = secrets.token_hex(8)
        start = {"version": VERSION, "call": self.id, "kind": self._kind, "caller": self._number}
        write_event(self._writer, "call-start", start)
        self._tasks = [asyncio.create_task(self._play()), asyncio.create_task(self._stay())]

    async def _play(self) -> None:
        """Everything is said at once."""
        while (event := await read_event(self._reader)) is not None:
            if event.type == "say":
                write_event(self._writer, "speaking", {"mark": event.data["mark"], "ms": 40})
                write_event(self._writer, "spoken", {"mark": event.data["mark"], "complete": True})
            elif event.type == "hangup":
                return

    async def _stay(self) -> None:
        """A call of which nothing is heard at all would be asked whether anyone is there."""
        while True:
            await asyncio.sleep(AGAIN)
            write_event(self._writer, "speech-start")

    async def say(self, text: str, logprob: float = -0.1) -> None:
        """What the recogniser would have written."""
        heard = {"text": text, "logprob": logprob, "rejected": None, "ms": 90, "voiced_ms": 900, "silence_ms": 400}
        write_event(self._writer, "heard", heard)
        await self._writer.drain()

    async def answer(self, text: str) -> None:
        await (self.press(text) if set(text) <= set("0123456789*#") else self.say(text))

    async def press(self, keys: str) -> None:
        for digit in keys:
            write_event(self._writer, "key", {"digit": digit})
        await self._writer.drain()

    async def hang_up(self) -> None:
        if not self._writer.is_closing():
            with suppress(ConnectionError):
                write_event(self._writer, "call-end", {"reason": "caller"})
                await self._writer.drain()
            await self._until(lambda: any(self._ours(event) and event["event"] == "ended" for event in self.events))
            for task in self._tasks:
                task.cancel()
            self._writer.close()
