"""The store on SQLite passes the contract."""

from __future__ import annotations

from tests.agenda.contract import RepositoryContract
from voicebot.agenda.repository import Repository
from voicebot.agenda.store import Store


class TestSqliteStore(RepositoryContract):
    pass


def test_the_store_has_the_repositorys_type(agenda: Store) -> None:
    repository: Repository = agenda
    assert repository is agenda
