"""The two times of a move: when the appointment is, and when it is wanted instead."""

from __future__ import annotations

import re

from voicebot.thinking.words import fold

_DAY = re.compile(
    r"\b(hier|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|janvier|fevrier|mars|avril|mai|juin|juillet|aout"
    r"|septembre|octobre|novembre|decembre)\b"
)
_RELATIVE = re.compile(r"\b(aujourd hui|demain|tout a l heure|ce matin|cet apres midi|ce soir|semaine|mois prochain)\b")
_MOVED = re.compile(r"(?:rendez[- ]vous|celui)\s+(?:de|du|d')\s*(.+)", re.I)
_TO = re.compile(r"\s+(?:à|au|pour|vers)\s+", re.I)

_HAVE = re.compile(
    r"\b(?:j'ai|j'avais|on a|on avait|nous avons|(?:mon|ma) [\w-]+ (?:a|avait)|il a|elle a)\b"
    r"(?: (?:un|une|mon|déjà|pris|noté|bien))*"
    r" (?:rendez[- ]vous|rdv)\b(.*?)"
    r"(?=[,.;?!]|$| et | mais | je | j'| il faudrait| il faut| est-ce| vous | on | c'est "
    r"| pour (?:le |la |l')(?:décal|dépla|report|chang|avanc|repouss))",
    re.I,
)
"""``j'ai rendez-vous mardi à dix heures``, to where the sentence goes on."""

_ELSEWHERE = re.compile(r"\b(chez|hopital|clinique|kine|dentiste|labo\w*|travail|banque|ecole)\b")
"""An appointment that is none of the practice's."""

_CANNOT = re.compile(
    r"\b(peux (pas|plus)|pourrai (pas|plus)|pourrais (pas|plus)|pas possible|impossible|empeche\w*|contretemps|decal\w*"
    r"|deplac\w*|report\w*|repouss\w*|avanc\w*|chang\w*|modif\w*|plus tot|plus tard|un autre jour|une autre heure"
    r"|mettre|remettre|a la place)\b"
)


def names_day(text: str) -> bool:
    """Whether a day or a month is named."""
    return bool(_DAY.search(fold(text)))


def from_to(text: str) -> tuple[str, str] | None:
    """The two times of "mon rendez-vous de demain à dix heures à jeudi": both must name a day."""
    moved = _MOVED.search(text)
    cuts = list(_TO.finditer(moved[1])) if moved else []
    for cut in reversed(cuts):
        old, new = cut.string[: cut.start()], cut.string[cut.end() :]
        if _names_time(old) and _names_time(new):
            return old, new
    return None


def _names_time(text: str) -> bool:
    return names_day(text) or bool(_RELATIVE.search(fold(text)))


def has_appointment(text: str) -> tuple[str, str] | None:
    """When the caller has an appointment, as he tells it in passing, and the rest of what he says.

    The first is empty where it is an appointment elsewhere.
    """
    found = _HAVE.search(text)
    if found is None or not found[1].strip():
        return None
    if _ELSEWHERE.search(fold(found[1])):
        return "", text[found.end() :]
    return found[1], f"{text[: found.start()]} {text[found.end() :]}"


def wants_another_time(rest: str) -> bool:
    """Whether the rest says that the time does not suit."""
    return bool(_CANNOT.search(fold(rest)))
