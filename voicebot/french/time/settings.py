"""What a practice may set about the reading of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

HORIZON_DAYS = 120
"""Times are read up to this many days ahead, today counted, so that none is later than that from now."""

DAY = 1440
"""Minutes of a day."""


def _at(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


_PARTS = {
    "matin": (0, _at(12)),
    "debut matin": (0, _at(10)),
    "milieu matin": (_at(9, 30), _at(11)),
    "fin matin": (_at(10, 30), _at(12, 30)),
    "midi_deux": (_at(12), _at(14)),
    "entre_midi_deux": (_at(12), _at(14)),
    "apres_midi": (_at(13), _at(19)),
    "debut apres_midi": (_at(13), _at(15)),
    "milieu apres_midi": (_at(15), _at(16, 30)),
    "fin apres_midi": (_at(16), _at(19)),
    "soir": (_at(18), DAY),
    "debut soir": (_at(18), _at(20)),
    "milieu soir": (_at(19), _at(21)),
    "fin soir": (_at(20), DAY),
    "nuit": (_at(22), DAY),
    "journee": (0, DAY),
    "debut journee": (0, _at(10)),
    "milieu journee": (_at(11), _at(15)),
    "fin journee": (_at(16, 30), DAY),
    "premiere_heure": (0, _at(9, 30)),
    "derniere_heure": (_at(17), DAY),
    "apres_ecole": (_at(16, 30), DAY),
    "heures_ecole": (_at(8, 30), _at(16, 30)),
    "apres_sieste": (_at(15), DAY),
    "avant_ecole": (0, _at(8, 30)),
    "apres_travail": (_at(17, 30), DAY),
    "avant_travail": (0, _at(9)),
    "apres_repas": (_at(13), _at(15)),
    "avant_repas": (_at(10, 30), _at(12, 30)),
    "pas_tot": (_at(9, 30), DAY),
    "pas_tard": (0, _at(17)),
    "tard": (_at(17), DAY),
}


@dataclass(frozen=True)
class WhenSettings:
    """How a practice and its patients use time words."""

    school_zone: Literal["A", "B", "C"] = "C"
    """Zone of the school holidays."""
    first_hour: int = 8
    """Hours below this one, said bare, are of the afternoon: « deux heures » is 14:00 in a practice open from 8:30."""
    parts: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType(_PARTS))
    """Parts of the day and their edges, as half-open ranges of minutes of the day."""
    around: int = 30
    """What « vers » means, minutes on each side."""


DEFAULT = WhenSettings()
