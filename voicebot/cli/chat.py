"""``voicebot chat``: the dialogue and agenda of a phone call, in text.

One caller utterance a line: text, an empty line for silence, ``#`` and keys (``#5``, ``#12031978``, ``##`` for the
hash key), ``?`` for words that were not understood, ``#hangup``. The end of input equals ``#hangup``.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
from functools import partial
from typing import Literal, cast

from voicebot.afterwards import eraser, settle
from voicebot.cli.appointments import as_json
from voicebot.cli.common import emit, minute
from voicebot.cli.setup import Workspace, open_workspace
from voicebot.errors import UnavailableError
from voicebot.french.when import WhenSettings
from voicebot.journal import Journal
from voicebot.ports import Asks, Reply, Understander, Understanding
from voicebot.processes.rasa_service import RasaService
from voicebot.thinking.conversation import Conversation, prepare

HANG_UP = "#hangup"


class Absent:
    """The understander of ``--no-rasa``: what a call hears while Rasa is away."""

    async def understand(self, text: str, *, asks: Asks | None, conversation: str) -> Understanding:
        """Never understands."""
        raise UnavailableError("Rasa was not started (--no-rasa)")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--caller", metavar="NUMBER", help="the number that calls, in E.164 (default: hidden)")
    parser.add_argument("--no-rasa", action="store_true", help="understand by words alone, as while Rasa is away")


def run(args: argparse.Namespace) -> int:
    """Play one call on stdin and stdout."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s")
    workspace = open_workspace(args)
    try:
        asyncio.run(_play(args, workspace))
    finally:
        workspace.close()
    return 0


async def _play(args: argparse.Namespace, workspace: Workspace) -> None:
    if args.no_rasa:
        await _converse(args, workspace, Absent())
        return
    rasa = RasaService()
    try:
        await rasa.child.start()
        await _converse(args, workspace, rasa)
    finally:
        await rasa.child.stop()
        await rasa.close()


async def _converse(args: argparse.Namespace, workspace: Workspace, understander: Understander) -> None:
    call = f"chat-{secrets.token_hex(6)}"
    zone = cast(Literal["A", "B", "C"] | None, workspace.practice.school_zone)
    settings = WhenSettings(school_zone=zone) if zone else WhenSettings()
    prepare(workspace.practice, workspace.agenda, workspace.clock.now(), settings)
    journal = Journal(workspace.clock.now, workspace.events)
    journal.listen(workspace.call_log.take)
    journal.listen(workspace.todo.take)
    mind = Conversation(
        practice=workspace.practice,
        agenda=workspace.agenda,
        understander=understander,
        now=workspace.clock.now,
        call_id=call,
        settings=settings,
        caller=args.caller,
        erase_call=partial(eraser, workspace, journal),
    )
    journal.record(call, "answered", kind="chat")
    reply = await mind.greet()
    try:
        while True:
            _show(reply, json=args.json)
            journal.record(call, "said", keep=_keeps(workspace, mind), text=reply.say)
            if reply.asks is not None:
                offers = [minute(start) for start in reply.offers]
                journal.record(call, "asks", asks=reply.asks, offers=offers)
            if reply.outcome is not None:
                return
            line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
            text = line.strip()
            if not line or text == HANG_UP:
                reply = await mind.hang_up()
            elif text.startswith("#"):
                reply = await mind.key(text[1:] or "#")
            else:
                journal.record(call, "heard", keep=_keeps(workspace, mind), text=text)
                reply = await mind.hear(text)
    finally:
        last = await mind.hang_up()
        journal.record(call, "outcome", outcome=last.outcome)
        journal.record(call, "ended", reason="normal")
        settle(workspace, journal, call, mind)


def _keeps(workspace: Workspace, mind: Conversation) -> bool:
    """Whether the words of this chat are kept: as those of a call."""
    answer = mind.keeps_transcript
    return {"on": answer is not False, "ask": answer is True, "off": False}[workspace.practice.transcript]


def _show(reply: Reply, *, json: bool) -> None:
    if not json:
        if reply.say:
            print(f"— {reply.say}", flush=True)
        if reply.outcome is not None:
            print(f"[{reply.outcome}]", flush=True)
        return
    emit(
        {
            "say": reply.say,
            "asks": reply.asks,
            "offers": [minute(start) for start in reply.offers],
            "outcome": reply.outcome,
            "appointment": None if reply.appointment is None else as_json(reply.appointment),
        }
    )
