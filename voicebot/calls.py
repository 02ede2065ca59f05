"""The calls under way: each gets its mind, and is found again by those who have something to say about it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Literal, cast

from voicebot.afterwards import eraser, settle
from voicebot.agenda.store import Store
from voicebot.call import Call, Terms
from voicebot.cli.setup import Workspace
from voicebot.errors import ProtocolError, UnavailableError
from voicebot.french.time.settings import WhenSettings
from voicebot.journal import Journal
from voicebot.link import Link
from voicebot.ports import Contact, Understander
from voicebot.practice.schema import Practice
from voicebot.telephony_link import TelephonyLink, can_ring
from voicebot.thinking.conversation import Conversation
from voicebot.thinking.phrases import phrases_of
from voicebot.wire import VERSION, read_event

log = logging.getLogger("voicebot.service")

MOST_REHEARSALS = 8
"""Rehearsals whose call has not connected yet; the oldest makes room."""

STOP_SECONDS = 0.5
"""How long calls may take to settle when the service stops, s."""


class Calls:
    """Takes every call that the speech process brings. ``sip`` says whether there is a door to dial out of."""

    def __init__(
        self, workspace: Workspace, journal: Journal, understander: Understander, telephony: TelephonyLink, *, sip: bool
    ) -> None:
        self._workspace = workspace
        self._journal = journal
        self._understander = understander
        self._telephony = telephony
        self._sip = sip
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._live: dict[str, tuple[Call, str]] = {}
        self._rehearsals: OrderedDict[str, Store] = OrderedDict()
        """Agendas of calls to come that are rehearsals."""

    @property
    def live(self) -> int:
        """How many calls are under way."""
        return len(self._tasks)

    async def stop(self) -> None:
        """End every call, each with its outcome."""
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks.values()), timeout=STOP_SECONDS)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one call from the speech process."""
        try:
            start = await read_event(reader)
        except ProtocolError as error:
            log.error("a call was refused: %s", error)
            writer.close()
            return
        if start is None or start.type != "call-start" or start.data.get("version") != VERSION:
            writer.close()
            return
        call_id = str(start.data.get("call"))[:64]
        task = asyncio.current_task()
        if task is not None:
            self._tasks[call_id] = task
        try:
            kind = str(start.data.get("kind"))
            rehearsal = self._rehearsals.pop(call_id, None)
            # What is only tried out is written nowhere: its journal keeps nothing and nobody listens to it.
            journal = self._journal if rehearsal is None else Journal(self._workspace.clock.now)
            mind = self._mind(call_id, start.data.get("caller"), kind, rehearsal)
            rules = self._workspace.rules()
            phrases = phrases_of(rules)
            terms = Terms(
                rules.transcript,
                phrases.text("aside.patience"),
                phrases.text("human.briefing", digit=rules.transfer.accept_key or ""),
            )
            # Trying out rings nobody.
            exchange = self._telephony if rehearsal is None else None
            call = Call(call_id, Link(reader, writer), mind, journal, terms, exchange)
            self._live[call_id] = (call, kind)
            try:
                await call.run(kind)
            finally:
                if rehearsal is None:
                    settle(self._workspace, journal, call_id, mind)
        except ProtocolError as error:
            log.error("call %s was ended: %s", call_id, error)
        except asyncio.CancelledError:
            pass
        except Exception as error:
            # One call's fault must not take the service down, and its words must not reach the log.
            log.error("call %s was ended by a fault: %s at %s", call_id, type(error).__name__, _place(error))
        finally:
            self._tasks.pop(call_id, None)
            self._live.pop(call_id, None)
            writer.close()

    def transfer(self, call_id: str, contact: Contact) -> None:
        """Take a call over for the practice: the caller is told, then ``contact`` is rung.

        What becomes of it are ``transfer`` events of the journal.

        Raises:
            UnavailableError: the call is over, ends or rings already, or this contact cannot be rung.
        """
        if call_id not in self._live:
            raise UnavailableError("this call is over")
        call, kind = self._live[call_id]
        if not self._can_ring(contact, kind):
            raise UnavailableError(f"[transfer] {contact}: no number that a {kind} call can be passed to")
        call.hand_over(contact)

    async def join(self, call_id: str, sdp: str) -> str:
        """Let a page of the desk take a call over: its SDP offer in, telephony's answer out.

        Once the page's sound flows the call is over for the assistant, with the outcome ``transferred``.

        Raises:
            UnavailableError: the call is over or being transferred, or the offer cannot be answered.
        """
        if call_id not in self._live:
            raise UnavailableError("this call is over")
        answer, _ = await self._telephony.offer(sdp, join=call_id)
        return answer

    def instruct(self, call_id: str, text: str) -> bool:
        """Tell the assistant what to propose at the caller's next turn; whether it understood.

        Raises:
            UnavailableError: the call is over.
        """
        if call_id not in self._live:
            raise UnavailableError("this call is over")
        call, _ = self._live[call_id]
        return call.instruct(text)

    def _can_ring(self, contact: Contact, kind: str) -> bool:
        return self._sip and can_ring(self._workspace.rules(), contact, kind)

    def transferring(self, call_id: str, state: str, reason: str | None, code: int | None) -> None:
        """What telephony says of a call's transfer."""
        if call_id in self._live:
            with suppress(UnavailableError):
                self._live[call_id][0].transferring(state, reason, code)

    def rehearse(self, call_id: str, agenda: Store) -> None:
        """The call that is about to connect books into a copy of the agenda."""
        self._rehearsals[call_id] = agenda
        if len(self._rehearsals) > MOST_REHEARSALS:
            self._rehearsals.popitem(last=False)

    def rehearsal(self, call_id: str, agenda: Store) -> Conversation:
        """The mind of a rehearsal in text."""
        return self._mind(call_id, None, "rehearsal", agenda)

    def _mind(self, call_id: str, caller: object, kind: str, rehearsal: Store | None = None) -> Conversation:
        workspace = self._workspace
        practice = workspace.rules()
        # Nobody is promised a person whom this call cannot reach.
        numbers = practice.transfer
        real = rehearsal is None
        reached = replace(
            numbers,
            secretary=numbers.secretary if real and self._can_ring("secretary", kind) else None,
            on_call=numbers.on_call if real and self._can_ring("on_call", kind) else None,
        )
        return Conversation(
            practice=replace(practice, transfer=reached),
            agenda=workspace.agenda if rehearsal is None else rehearsal,
            understander=self._understander,
            now=workspace.clock.now,
            call_id=call_id,
            settings=settings_of(self._workspace.practice),
            caller=caller if isinstance(caller, str) else None,
            erase_call=partial(eraser, workspace, self._journal) if real else None,
        )


def settings_of(practice: Practice) -> WhenSettings:
    """How this practice's callers speak of time."""
    school_zone = cast(Literal["A", "B", "C"] | None, practice.school_zone)
    return WhenSettings(school_zone=school_zone) if school_zone else WhenSettings()


def _place(error: BaseException) -> str:
    """File and line of a fault, without its text: a text may carry a caller's words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"
