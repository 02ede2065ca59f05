"""The client of the Rasa process (``dialogs/assistant/serve.py``): words to intent, entities and route."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakValueDictionary

import httpx

from voicebot.errors import UnavailableError
from voicebot.ports import Asks, Entity, Understanding

TIMEOUT = 4.0
"""Longest wait for an understanding, the turn of an earlier message included, s. Ten milliseconds are usual; where it
takes long, a call says so meanwhile (``voicebot/call.py``)."""

HUNG = 20.0
"""A process that has not answered for so long after a turn that waited in vain is taken for hung, s."""

PROBE_SECONDS = 0.2
"""Pause between two looks at a process that does not answer, s."""

MAX_TEXT = 500
"""Characters of one utterance that are sent; the rest of an endless turn adds nothing."""


class RasaUnderstander:
    """Implements :class:`voicebot.ports.Understander` over HTTP on loopback.

    Messages of one conversation go one at a time; conversations do not wait for one another. Nothing of a message is
    kept, logged, or put into an error.

    One turn that waits in vain is enough: until the process answers again, no other waits. ``on_hung`` is called once
    if it does not within :data:`HUNG`.
    """

    def __init__(
        self,
        *,
        port: int,
        secret: str,
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
        on_hung: Callable[[], Awaitable[None]] | None = None,
        hung: float = HUNG,
    ) -> None:
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"X-Voicebot-Secret": secret},
            timeout=timeout,
            trust_env=False,
            transport=transport,
        )
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._on_hung = on_hung
        self._hung = hung
        self._stalled: asyncio.Task[None] | None = None

    async def understand(self, text: str, *, asks: Asks | None, conversation: str) -> Understanding:
        """Understand one utterance given what was asked.

        A leading slash is dropped: Rasa would take "/intent" for a command.

        Raises:
            UnavailableError: Rasa is away, slow, or failed.
        """
        if self._stalled is not None and not self._stalled.done():
            raise UnavailableError("Rasa has not answered since a turn waited for it in vain")
        body = {"text": text.lstrip("/ \t")[:MAX_TEXT], "asks": asks, "conversation": conversation}
        turn = self._turns.setdefault(conversation, asyncio.Lock())
        try:
            async with asyncio.timeout(self._timeout), turn:
                response = await self._client.post("/turn", json=body)
        except (TimeoutError, httpx.TimeoutException):
            if self._stalled is None or self._stalled.done():
                self._stalled = asyncio.create_task(self._watch())
            raise UnavailableError(f"Rasa did not answer within {self._timeout} s") from None
        except httpx.HTTPError as error:
            raise UnavailableError(f"Rasa does not answer: {type(error).__name__}") from None
        if response.status_code != httpx.codes.OK:
            raise UnavailableError(f"Rasa answered with HTTP status {response.status_code}")
        try:
            return _understanding(response.json())
        except (ValueError, KeyError, TypeError):
            raise UnavailableError("Rasa's answer is malformed") from None

    async def healthy(self) -> bool:
        """Whether the process that knows our secret answers."""
        try:
            response = await self._client.get("/health")
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK

    async def close(self) -> None:
        """Close the connections."""
        if self._stalled is not None:
            self._stalled.cancel()
        await self._client.aclose()

    async def _watch(self) -> None:
        """Return once the process answers, or once it was declared hung and the owner has dealt with it."""
        try:
            async with asyncio.timeout(self._hung):
                while not await self.healthy():  # noqa: ASYNC110 - another process has no event to wait for
                    await asyncio.sleep(PROBE_SECONDS)
        except TimeoutError:
            if self._on_hung is not None:
                await self._on_hung()


def _understanding(body: dict[str, Any]) -> Understanding:
    return Understanding(
        intent=str(body["intent"]),
        confidence=float(body["confidence"]),
        ranking=tuple((str(name), float(confidence)) for name, confidence in body["ranking"]),
        entities=tuple(
            Entity(str(entity["name"]), str(entity["value"]), int(entity["start"]), int(entity["end"]))
            for entity in body["entities"]
        ),
        route=str(body["route"]),
    )
