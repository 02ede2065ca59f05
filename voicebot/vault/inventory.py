"""What the database holds about people, table by table: the one list from which rights, papers and tests are made."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Table:
    """One table of the database."""

    name: str
    label: str
    """What it holds, in French."""
    kept: str
    """Its key in ``[retention]``; ``life`` as long as the patient is one of the practice's."""
    personal: tuple[str, ...]
    """Columns that say something about a person, in the order of an export."""
    technical: tuple[str, ...]
    of_patient: str | None
    """SQL condition with ``:patient`` (and ``:files``, ``:calls``, ``:todos``: JSON lists): the rows of one patient."""
    of_call: str | None
    """SQL condition with ``:call``: the rows that go when a call is erased."""
    old: str | None
    """SQL condition with ``:before``: the rows that have served their time; None where the purge knows better."""


@cache
def inventory() -> tuple[Table, ...]:
    """Every table, those that depend on others first: the order of deletion."""
    text = (resources.files("voicebot.vault") / "inventory.toml").read_text(encoding="utf-8")
    return tuple(
        Table(
            name=name,
            label=entry["label"],
            kept=entry["kept"],
            personal=tuple(entry.get("personal", ())),
            technical=tuple(entry.get("technical", ())),
            of_patient=entry.get("of_patient"),
            of_call=entry.get("of_call"),
            old=entry.get("old"),
        )
        for name, entry in tomllib.loads(text).items()
    )
