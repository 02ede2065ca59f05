"""One call from top to bottom: hear → understand → act → say.

The speech process is on the other end of a :class:`Link`; only text, keys and timings pass. The mind of the call is a
``Dialogue``. Nothing here knows sound, SIP or SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from wyoming.event import Event

from voicebot.errors import ProtocolError
from voicebot.journal import Journal
from voicebot.keypad import KeyCollector
from voicebot.ports import Dialogue, Reply
from voicebot.wire import read_event, write_event

LAST_WORDS = 20.0
"""How long the last prompt may take to be spoken before the call is ended anyway, s."""

NOT_UNDERSTOOD = "?"


@dataclass(frozen=True)
class Terms:
    """How calls are handled by this practice."""

    transcript: Literal["on", "ask", "off"] = "on"
    """Whether ``heard`` and ``said`` are stored: always unless refused, only once accepted, or never."""


class Link:
    """The voicebot's end of one call's connection with the speech process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._mark = 0
        self._reading: asyncio.Task[Event | None] | None = None

    async def event(self, within: float | None = None) -> Event | None:
        """The next event; None when the connection ended.

        Raises:
            TimeoutError: nothing came ``within`` that many seconds.
            ProtocolError: the peer sent something malformed.
        """
        # The read outlives a timeout: cancelling it between header and data would lose the stream's place.
        if self._reading is None:
            self._reading = asyncio.create_task(read_event(self._reader))
        done, _ = await asyncio.wait({self._reading}, timeout=within)
        if not done:
            raise TimeoutError
        reading, self._reading = self._reading, None
        return reading.result()

    def say(self, reply: Reply) -> int:
        """Have a reply spoken; the mark comes back with ``spoken``."""
        self._mark += 1
        data = {
            "mark": self._mark,
            "pieces": list(reply.pieces or (reply.say,)),
            "interruptible": reply.interruptible,
            "asks": reply.asks,
            "hotwords": reply.hotwords,
        }
        write_event(self._writer, "say", data)
        return self._mark

    def hang_up(self, reason: str) -> None:
        """End the call from our side."""
        write_event(self._writer, "hangup", {"reason": reason})

    async def close(self) -> None:
        """Close the connection."""
        if self._reading is not None:
            self._reading.cancel()
        self._writer.close()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()


class Call:
    """One call."""

    def __init__(self, call_id: str, link: Link, dialogue: Dialogue, journal: Journal, terms: Terms) -> None:
        self.id = call_id
        self._link = link
        self._dialogue = dialogue
        self._journal = journal
        self._terms = terms
        self._keys = KeyCollector()
        self._reply: Reply | None = None
        self._mark = 0
        self._thought_ms = 0.0
        self._heard_ms = 0.0
        self._silence_ms = 0.0

    async def run(self, kind: str) -> None:
        """Take the call until one side ends it; every call ends with an outcome."""
        self._journal.record(self.id, "answered", kind=kind)
        reason = "normal"
        try:
            self._say(await self._dialogue.greet())
            reason = await self._turns()
        except ProtocolError:
            reason = "protocol"
            raise
        except asyncio.CancelledError:
            reason = "stopped"
            raise
        finally:
            self._link.hang_up(reason)
            await self._settle()
            self._journal.record(self.id, "ended", reason=reason)
            await self._link.close()

    async def _turns(self) -> str:
        while self._reply is not None and self._reply.outcome is None:
            try:
                event = await self._link.event(0.5 if self._keys.pending else None)
            except TimeoutError:
                if (keys := self._keys.expire(monotonic())) is not None:
                    await self._pressed(keys)
                continue
            if event is None:
                return "lost"
            match event.type:
                case "heard":
                    await self._heard(event)
                case "silence":
                    await self._think(self._dialogue.hear(""))
                case "key":
                    await self._key(str(event.data.get("digit", "")))
                case "speaking":
                    self._speaking(event)
                case "spoken":
                    self._journal.record(self.id, "spoken", keep=False, complete=bool(event.data.get("complete")))
                case "call-end":
                    return str(event.data.get("reason", "caller"))[:40]
        return await self._farewell()

    async def _heard(self, event: Event) -> None:
        """Hear: what the recogniser made of one utterance, or that it made nothing of it."""
        text = str(event.data.get("text") or "").strip()
        rejected = event.data.get("rejected")
        self._heard_ms = float(event.data.get("ms") or 0)
        self._silence_ms = float(event.data.get("silence_ms") or 0)
        self._journal.record(
            self.id,
            "heard",
            keep=self._keeps_words,
            text=text,
            rejected=rejected,
            logprob=event.data.get("logprob"),
        )
        logprob = event.data.get("logprob")
        certainty = float(logprob) if isinstance(logprob, int | float) else None
        await self._think(self._dialogue.hear(NOT_UNDERSTOOD if rejected or not text else text, logprob=certainty))

    @property
    def _keeps_words(self) -> bool:
        answer = self._dialogue.keeps_transcript
        match self._terms.transcript:
            case "on":
                return answer is not False
            case "ask":
                return answer is True
            case "off":
                return False

    async def _key(self, digit: str) -> None:
        if digit not in "0123456789*#" or len(digit) != 1:
            raise ProtocolError("a key is not a key")
        self._journal.record(self.id, "key", keep=False, digit=digit)
        keys = self._keys.press(digit, self._reply.asks if self._reply else None, monotonic())
        if keys is not None:
            await self._pressed(keys)

    async def _pressed(self, keys: str) -> None:
        self._heard_ms = self._silence_ms = 0.0
        await self._think(self._dialogue.key(keys))

    async def _think(self, turn: Awaitable[Reply]) -> None:
        """Understand and act; then say the reply."""
        begun = monotonic()
        reply = await turn
        self._thought_ms = (monotonic() - begun) * 1000
        self._say(reply)

    def _say(self, reply: Reply) -> None:
        self._reply = reply
        self._mark = self._link.say(reply)
        self._journal.record(self.id, "said", keep=self._keeps_words, text=reply.say)
        if reply.appointment is not None:
            self._journal.record(self.id, "committed", appointment=reply.appointment.id)
        if reply.asks is not None:
            offers = [offer.strftime("%Y-%m-%dT%H:%M") for offer in reply.offers]
            self._journal.record(self.id, "asks", asks=reply.asks, offers=offers)

    def _speaking(self, event: Event) -> None:
        self._journal.record(
            self.id,
            "turn",
            silence_ms=round(self._silence_ms),
            recognition_ms=round(self._heard_ms),
            dialogue_ms=round(self._thought_ms),
            synthesis_ms=round(float(event.data.get("ms") or 0)),
        )

    async def _farewell(self) -> str:
        """Let the last prompt be spoken to its end, then hang up."""
        deadline = monotonic() + LAST_WORDS
        while (left := deadline - monotonic()) > 0:
            try:
                event = await self._link.event(left)
            except TimeoutError:
                break
            if event is None or event.type == "call-end":
                break
            if event.type == "spoken" and event.data.get("mark") == self._mark:
                break
        return "normal"

    async def _settle(self) -> None:
        """Every call ends in one of the named outcomes, and leaves no hold."""
        reply = self._reply
        if reply is None or reply.outcome is None:
            reply = await self._dialogue.hang_up()
        self._journal.record(self.id, "outcome", outcome=reply.outcome or "abandoned")
