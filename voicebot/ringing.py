"""Having someone else take a call: what telephony tells of it, until they answered, nobody came or the caller left."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from voicebot.errors import UnavailableError
from voicebot.journal import Journal
from voicebot.link import Link
from voicebot.ports import Contact, Reply

LONGEST = 300.0
"""How long a transfer may take to succeed or fail; telephony itself gives up far earlier, s."""

TRANSFERRED = "transferred"
"""Why telephony ends the speech of a call that someone else has taken."""


class Exchange(Protocol):
    """Rings people for a call; what becomes of it is told to :meth:`voicebot.call.Call.transferring`."""

    def ring(self, call_id: str, contact: Contact) -> None:
        """Begin. Raises UnavailableError where nobody can be rung."""


@dataclass(frozen=True)
class RingEnd:
    """What came of it."""

    answered: bool = False
    over: str | None = None
    """Why the call is over for us; None: nobody came and the caller is back."""


class Ringing:
    """Rings for one call. Every attempt is in the journal: contact, state and why it failed, never a number."""

    def __init__(self, call_id: str, link: Link, journal: Journal, exchange: Exchange | None, briefing: str) -> None:
        self._id = call_id
        self._link = link
        self._journal = journal
        self._exchange = exchange
        self._briefing = briefing

    async def ring(self, contact: Contact) -> RingEnd:
        """Ring ``contact`` and wait. Raises ProtocolError."""
        self._record(contact, "started")
        try:
            if self._exchange is None:
                raise UnavailableError("there is no telephony")
            self._exchange.ring(self._id, contact)
        except UnavailableError:
            return self._failed(contact, "unavailable")
        deadline = monotonic() + LONGEST
        while True:
            try:
                event = await self._link.event(max(0.0, deadline - monotonic()))
            except TimeoutError:
                return self._failed(contact, "timeout")
            if event is None:
                return self._failed(contact, "lost", over="lost")
            state = event.data.get("state")
            if event.type == "call-end":
                reason = str(event.data.get("reason", "caller"))[:40]
                if reason != TRANSFERRED:
                    return self._failed(contact, "caller-gone", over=reason)
                state = "answered"  # telephony says it both ways; one of them comes first
            elif event.type != "transfer":
                continue  # what is said while it rings is for nobody
            match state:
                case "answered":
                    self._record(contact, "answered")
                    return RingEnd(answered=True, over=TRANSFERRED)
                case "failed":
                    return self._failed(contact, event.data["reason"], event.data["code"])
                case "briefing":
                    self._link.say(Reply(say=self._briefing, asks=None, interruptible=False))
                case _:
                    self._record(contact, str(state), keep=False)

    def _record(self, contact: Contact, state: str, *, keep: bool = True) -> None:
        self._journal.record(self._id, "transfer", keep=keep, contact=contact, state=state)

    def _failed(self, contact: Contact, reason: str, code: int | None = None, *, over: str | None = None) -> RingEnd:
        self._journal.record(self._id, "transfer", contact=contact, state="failed", reason=reason, code=code)
        return RingEnd(over=over)
