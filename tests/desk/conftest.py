"""A desk on a database of its own, with one account a role."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from voicebot.agenda.store import Store
from voicebot.calls import settings_of
from voicebot.cli.chat import Absent
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.cli.setup import Workspace, open_workspace
from voicebot.desk.accounts import Accounts
from voicebot.desk.app import create_desk
from voicebot.desk.context import Desk
from voicebot.desk.roles import ROLES, Role
from voicebot.desk.sessions import Sessions
from voicebot.errors import UnavailableError
from voicebot.journal import Journal
from voicebot.ports import Contact
from voicebot.thinking.conversation import Conversation

CODE = "un-code-d-acces"
PASSWORD = "une phrase bien à moi"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    key = tmp_path / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    made = open_workspace(
        argparse.Namespace(
            practice=SAMPLE_PRACTICE, data=tmp_path / "data", key_file=key, now="2026-11-23T08:00", passphrase_fd=None
        )
    )
    yield made
    made.close()


class Time:
    """Seconds since the epoch, moved by the test."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


class Told:
    """Notes what the desk asks of calls in progress; the call ``over`` is over."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.asked: list[tuple[str, ...]] = []

    def transfer(self, call_id: str, contact: Contact) -> None:
        if call_id == "over":
            raise UnavailableError("this call is over")
        self.asked.append(("transfer", call_id, contact))

    def instruct(self, call_id: str, text: str) -> bool:
        if call_id == "over":
            raise UnavailableError("this call is over")
        self.asked.append(("instruct", call_id, text))
        return "jeudi" in text

    async def join(self, call_id: str, sdp: str) -> str:
        if call_id == "over":
            raise UnavailableError("this call is over")
        return "answer to " + sdp

    def rehearse(self, call_id: str, agenda: Store) -> None:
        self.asked.append(("rehearse", call_id))

    def rehearsal(self, call_id: str, agenda: Store) -> Conversation:
        rules = self.workspace.rules()
        return Conversation(
            practice=rules,
            agenda=agenda,
            understander=Absent(),
            now=self.workspace.clock.now,
            call_id=call_id,
            settings=settings_of(rules),
        )


async def offer(sdp: str) -> tuple[str, str]:
    return "answer to " + sdp, "c1"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def desk(workspace: Workspace, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # The cost of a password is argon2's own subject; here it would only be waiting.
    monkeypatch.setattr("voicebot.desk.accounts.PasswordHasher", lambda: PasswordHasher(1, 8, 1))
    journal = Journal(workspace.clock.now, workspace.events)
    journal.listen(workspace.call_log.take)
    journal.listen(workspace.todo.take)
    accounts, sessions = Accounts(workspace.connect, time), Sessions(workspace.connect, time)
    made = Desk(workspace, journal, accounts, sessions, Told(workspace), offer, CODE)
    for role in ROLES:
        made.accounts.add(role, f"Personne {role}", [role], PASSWORD)
    yield made
    made.close()


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    return create_desk(desk)


def visitor(app: FastAPI) -> TestClient:
    """Someone who has not logged in."""
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


def enter(app: FastAPI, role: Role = "secretary") -> TestClient:
    """A person of one role, logged in."""
    client = visitor(app)
    assert client.post("/login", data={"login": role, "password": PASSWORD}).status_code == 303
    return client
