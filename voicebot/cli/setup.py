"""Open what a verb works on: the practice, its database and the agenda."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from voicebot.agenda.live import LivePractice
from voicebot.agenda.seed import import_patients
from voicebot.agenda.store import Store
from voicebot.call_log import CallLog
from voicebot.cli.common import Clock, parse_now
from voicebot.cli.keys import actor, database_key, is_sample
from voicebot.control import service_now
from voicebot.database import Connections, open_database
from voicebot.events import Events
from voicebot.practice import Practice
from voicebot.todo import TodoList
from voicebot.vault.anchor import FILE_NAME as ANCHOR
from voicebot.vault.anchor import AnchorFile
from voicebot.vault.audit import Audit
from voicebot.vault.vault import Vault


@dataclass(frozen=True)
class Workspace:
    """One practice at work."""

    practice: Practice
    """The rules at the start."""
    rules: LivePractice
    """The rules that hold now; ``refresh()`` follows the file."""
    clock: Clock
    connect: Connections
    """Opens one more connection, for one thread at a time."""
    agenda: Store
    data: Path
    events: Events
    audit: Audit
    vault: Vault
    call_log: CallLog
    todo: TodoList

    def close(self) -> None:
        """Close what this process holds open."""
        self.agenda.close()
        self.events.close()
        self.audit.close()
        self.call_log.close()
        self.todo.close()


def open_workspace(args: argparse.Namespace, key: bytes | None = None, rules_at: Path | None = None) -> Workspace:
    """Load the practice, open the database with its key, and import ``patients.csv`` when the database is new.

    ``key`` is the database's where it was had otherwise than the options say (typed at the desk); ``rules_at`` is where
    the rules lie that hold, when they are a copy of ``--practice`` that may be changed.

    Raises:
        ConfigurationError: the practice's file, the key or the data directory cannot be used.
    """
    rules = LivePractice(rules_at or args.practice)
    practice = rules()
    # Beside a running service its clock counts: a rehearsal may have been started at another time.
    clock = Clock(practice.zone, parse_now(args.now) or service_now(args.data))
    connect = open_database(args.data, key or database_key(args))
    agenda = Store(rules, connect, clock)
    audit = Audit(connect, clock, anchor=AnchorFile(args.data / ANCHOR))
    patients = args.practice / "patients.csv"
    if patients.exists() and (imported := import_patients(agenda, patients)):
        audit.record(actor(), "import", None, {"patients": imported})
        if not is_sample(args):
            print(
                f"voicebot: {patients} was copied into the encrypted agenda; delete it, it is in plain text",
                file=sys.stderr,
            )
    vault = Vault(connect, clock, audit, rules, args.data)
    log, todo = CallLog(connect), TodoList(connect, clock.now)
    return Workspace(practice, rules, clock, connect, agenda, args.data, Events(connect), audit, vault, log, todo)
