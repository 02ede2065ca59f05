"""Conversations as data: who calls, what he answers to what is asked, and what must stand in the agenda afterwards.

The files in ``scripts/`` are French, for people who do not program to read and extend; LISEZMOI.md says how.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).with_name("scripts")
PEOPLE = SCRIPTS / "personnes.toml"

ASKS = {
    "ouverture": "open",
    "motif": "motive",
    "deja_venu": "known",
    "pour_qui": "for_whom",
    "praticien": "practitioner",
    "quand": "when",
    "choix": "choice",
    "nom": "birth_name",
    "prenom": "first_name",
    "epeler": "spelling",
    "naissance": "birth_date",
    "telephone": "phone",
    "confirmation": "confirm",
    "lequel": "which",
    "urgence": "emergency",
    "rappel": "callback",
    "transcription": "transcript",
}
"""The French names of what is asked, as the scripts write them."""

OUTCOMES = {
    "réservé": "booked",
    "déplacé": "moved",
    "annulé": "cancelled",
    "renseigné": "informed",
    "transféré": "transferred",
    "rappel": "callback",
    "urgence": "emergency",
    "abandon": "abandoned",
}

SETTINGS = frozenset({"transcription_demandee", "sans_secretaire", "sans_rasa"})
"""What a script may change about the practice."""

_KEYS = frozenset(
    {"nom", "personne", "appelant", "maintenant", "avant", "dit", "evenements", "reglages", "programme"}
    | {"issue", "agenda", "retient", "annonce", "jamais", "texte_garde"}
)


@dataclass(frozen=True)
class Script:
    """One conversation."""

    name: str
    answers: Mapping[str, tuple[str, ...]]
    """By what is asked; used up one by one. Asked once more than there are answers is a failure."""
    defaults: Mapping[str, str]
    """What the person answers where the script says nothing."""
    outcomes: tuple[str, ...]
    """The outcomes that are right; one, unless two ways are equally good."""
    before: tuple[str, ...] = ()
    """Rows of the agenda before the call."""
    rows: tuple[str, ...] | None = None
    """Rows afterwards, as patterns; None: the same as before."""
    picked: int | None = None
    """The offer (from 1) that must have been committed, of those that were offered last."""
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    caller: str | None = None
    now: str | None = None
    keeps_text: bool | None = None
    events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What happens before an answer is given: ``attend 400``, ``pris 1``, ``rasa part``, ``rasa revient``."""
    settings: frozenset[str] = frozenset()
    program: bool = False
    """Also played through the program ``voicebot chat``."""


@cache
def scripts() -> tuple[Script, ...]:
    """Every conversation of ``scripts/``. Raises ValueError naming file and conversation."""
    people = tomllib.loads(PEOPLE.read_text(encoding="utf-8"))
    found = []
    for path in sorted(SCRIPTS.glob("*.toml")):
        if path != PEOPLE:
            for table in tomllib.loads(path.read_text(encoding="utf-8"))["conversation"]:
                try:
                    found.append(_script(table, people))
                except (KeyError, TypeError, ValueError) as error:
                    raise ValueError(f"{path.name}, « {table.get('nom')} » : {error}") from error
    names = [script.name for script in found]
    if len(set(names)) < len(names):
        raise ValueError(f"two conversations have one name: {sorted({n for n in names if names.count(n) > 1})}")
    return tuple(found)


def _script(table: Mapping[str, Any], people: Mapping[str, Mapping[str, str]]) -> Script:
    if unknown := table.keys() - _KEYS:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    settings = frozenset(table.get("reglages", ()))
    if unknown := settings - SETTINGS:
        raise ValueError(f"unknown settings {sorted(unknown)}")
    return Script(
        name=table["nom"],
        answers={ASKS[asks]: _several(answer) for asks, answer in table["dit"].items()},
        defaults={ASKS[asks]: answer for asks, answer in people[table.get("personne", "martin")].items()},
        outcomes=tuple(OUTCOMES[issue] for issue in _several(table["issue"])),
        before=_several(table.get("avant", ())),
        rows=_several(table["agenda"]) if "agenda" in table else None,
        picked=table.get("retient"),
        says=_several(table.get("annonce", ())),
        never=_several(table.get("jamais", ())),
        caller=table.get("appelant"),
        now=table.get("maintenant"),
        keeps_text=table.get("texte_garde"),
        events={ASKS[asks]: _several(events) for asks, events in table.get("evenements", {}).items()},
        settings=settings,
        program=table.get("programme", False),
    )


def _several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
