"""Nothing is kept that the inventory does not know: from it come the export, the erasure and the register."""

from __future__ import annotations

import pytest

from tests.vault.world import World
from voicebot.practice.schema import Retention
from voicebot.vault.inventory import inventory


def test_every_table_and_column_is_named(world: World) -> None:
    database = world.connect()
    stored = {
        name: {column.name for column in database[name].columns}
        for name in database.table_names()
        if name != "sqlite_sequence"
    }
    database.close()
    named = {table.name: {*table.personal, *table.technical} for table in inventory()}
    assert named == stored, "name the new table or column in voicebot/vault/inventory.toml"


def test_what_is_kept_has_a_duration_of_the_practice() -> None:
    kinds = {*Retention.__dataclass_fields__, "life"}
    assert {table.name: table.kept for table in inventory() if table.kept not in kinds} == {}


@pytest.mark.parametrize("table", [table for table in inventory() if table.of_patient], ids=lambda table: table.name)
def test_rows_of_a_patient_can_be_found(world: World, table: object) -> None:
    database = world.connect()
    database.execute(
        f"select 1 from {table.name} where {table.of_patient}",  # type: ignore[attr-defined]
        {"patient": "p", "files": "[]", "calls": "[]", "todos": "[]"},
    )
    database.close()
