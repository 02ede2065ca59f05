"""One call from top to bottom: hear → understand → act → say.

The speech process is on the other end of a :class:`Link`; only text, keys and timings pass. The mind of the call is a
``Dialogue``. Nothing here knows sound, SIP or SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Literal

from wyoming.event import Event

from voicebot.errors import ProtocolError, UnavailableError
from voicebot.journal import Journal
from voicebot.keypad import KeyCollector
from voicebot.link import Link
from voicebot.ports import Contact, Dialogue, Reply
from voicebot.ringing import TRANSFERRED, Exchange, Ringing

LAST_WORDS = 20.0
"""How long the last prompt may take to be spoken before the call is ended anyway, s."""

PATIENCE = 1.0
"""How long a turn may think before the caller is told that he was heard, s; tens of milliseconds are usual."""

STILLNESS = 60.0
"""How long nothing at all may come from the speech process, s: longer than any prompt and any silence."""

SAYING_SO = 1.2
"""How long that takes to be said: an answer that came earlier would cut it, s."""

NOT_UNDERSTOOD = "?"


@dataclass(frozen=True)
class Terms:
    """How calls are handled by this practice."""

    transcript: Literal["on", "ask", "off"] = "on"
    """Whether ``heard`` and ``said`` are stored: always unless refused, only once accepted, or never."""
    patience: str = "Un instant."
    """What is said when a turn takes long to think."""
    briefing: str = ""
    """What whoever answers a transfer hears before the key that takes the call."""


class Call:
    """One call."""

    def __init__(
        self,
        call_id: str,
        link: Link,
        dialogue: Dialogue,
        journal: Journal,
        terms: Terms,
        exchange: Exchange | None = None,
    ) -> None:
        self.id = call_id
        self._link = link
        self._dialogue = dialogue
        self._journal = journal
        self._terms = terms
        self._ringing = Ringing(call_id, link, journal, exchange, terms.briefing)
        self._answered = False
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
        while (reason := await self._converse()) is None:
            over = await self._farewell()
            contact = self._reply.ring if self._reply else None
            if over or contact is None:
                return "normal"
            if (reason := await self._ring(contact)) is not None:
                return reason
        return reason

    async def _converse(self) -> str | None:
        """Turn after turn until a reply ends the call (None) or the line is gone (the reason)."""
        while self._reply is not None and self._reply.outcome is None:
            try:
                event = await self._link.event(0.5 if self._keys.pending else STILLNESS)
            except TimeoutError:
                if (keys := self._keys.expire(monotonic())) is not None:
                    await self._pressed(keys)
                elif not self._keys.pending:
                    # Speech says when a question stays unanswered; should it ever not, nobody is left in silence.
                    await self._think(self._dialogue.hear(""))
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
                case "hand-over":
                    await self._think(self._dialogue.hand_over(event.data["contact"]))
                case "call-end":
                    # Someone at the desk may have taken the call while the assistant was speaking.
                    self._answered = event.data.get("reason") == TRANSFERRED
                    return str(event.data.get("reason", "caller"))[:40]
        return None

    async def _heard(self, event: Event) -> None:
        """Hear: what the recogniser made of one utterance, or that it made nothing of it."""
        text = str(event.data.get("text") or "").strip()
        rejected = event.data.get("rejected")
        # What was said counts as a turn, even where nothing of it was worth recognising.
        self._heard_ms = max(1.0, float(event.data.get("ms") or 0))
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
        thinking = asyncio.ensure_future(turn)
        try:
            await asyncio.wait({thinking}, timeout=PATIENCE)
            if not thinking.done():
                self._link.say(Reply(say=self._terms.patience, asks=self._reply.asks if self._reply else None))
                await asyncio.sleep(SAYING_SO)
            reply = await thinking
        finally:
            thinking.cancel()
        self._thought_ms = (monotonic() - begun) * 1000
        if items := self._dialogue.understood:
            self._journal.record(self.id, "understood", keep=self._keeps_words, items=items)
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
        """The first sound of the reply; what says that the answer takes a moment is none."""
        if event.data.get("mark") != self._mark:
            return
        self._journal.record(
            self.id,
            "turn",
            silence_ms=round(self._silence_ms),
            recognition_ms=round(self._heard_ms),
            dialogue_ms=round(self._thought_ms),
            synthesis_ms=round(float(event.data.get("ms") or 0)),
            missed=bool(self._heard_ms) and self._reply is not None and self._reply.missed,
        )
        # A silence, or whoever takes over, is answered without anything said before it.
        self._heard_ms = self._silence_ms = 0.0

    # --- transfer ---

    def hand_over(self, contact: Contact) -> None:
        """Have ``contact`` rung instead of going on. Raises UnavailableError when the call ends or rings already."""
        if self._reply is None or self._reply.outcome is not None:
            raise UnavailableError("the call is ending or being transferred already")
        self._link.post(Event("hand-over", {"contact": contact}))

    def instruct(self, text: str) -> bool:
        """What the practice's staff want proposed; said at the caller's next turn. False: it was not understood."""
        understood = self._dialogue.instruct(text)
        if understood:
            self._journal.record(self.id, "instructed", keep=False, text=text)
        return understood

    def transferring(self, state: str, reason: str | None, code: int | None) -> None:
        """What telephony says of a transfer: ``ringing``, ``answered`` or ``failed``. Raises UnavailableError."""
        self._link.post(Event("transfer", {"state": state, "reason": reason, "code": code}))

    async def _ring(self, contact: Contact) -> str | None:
        """Ring someone. None: nobody came and the caller is back; else why the call is over for us."""
        end = await self._ringing.ring(contact)
        self._answered = end.answered
        if end.over is None:
            await self._think(self._dialogue.transfer_failed())
        return end.over

    # --- the end ---

    async def _farewell(self) -> bool:
        """Let the last prompt be spoken to its end; whether the line is gone meanwhile."""
        deadline = monotonic() + LAST_WORDS
        while (left := deadline - monotonic()) > 0:
            try:
                event = await self._link.event(left)
            except TimeoutError:
                break
            if event is None or event.type == "call-end":
                return True
            if event.type == "speaking":
                self._speaking(event)
            if event.type == "spoken" and event.data.get("mark") == self._mark:
                break
        return False

    async def _settle(self) -> None:
        """Every call ends in one of the named outcomes, and leaves no hold."""
        reply = self._reply
        if reply is not None and reply.ring is not None and not self._answered:
            # Nobody took the call: it ends by what it had come to before.
            reply = await self._dialogue.transfer_failed()
        if reply is None or reply.outcome is None:
            reply = await self._dialogue.hang_up()
            if self._answered and reply.outcome in (None, "abandoned", "informed"):
                reply = replace(reply, outcome="transferred")
        self._journal.record(self.id, "outcome", outcome=reply.outcome or "abandoned")
