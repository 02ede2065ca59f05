"""What a posted form asks of the practice's file, also when someone else has changed the file meanwhile."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voicebot.desk import forms
from voicebot.desk.forms import NEW, Rubric
from voicebot.desk.rule_form import ONLY, document_in, table_of, tables_of, words_of
from voicebot.practice.editing import Add, Change, Drop, Put

NAME = re.compile(r"[^/\\\"\s][^/\\\"\n]{0,39}")
"""A key that an address can carry; the file's reader says the rest."""


@dataclass(frozen=True)
class Posted:
    """A form as it came in."""

    rubric: Rubric
    item: str
    """The rule: its position or its name, ``ONLY`` or ``NEW``."""
    fields: Mapping[str, list[str]]
    removed: bool = False
    fresh: bool = False
    """Whether it is to become a rule of a name that nobody has."""

    @classmethod
    def of(cls, rubric: Rubric, item: str, fields: Mapping[str, list[str]], removed: bool) -> Posted:
        """The form; that of a new named rule says its name itself."""
        fresh = item == NEW and rubric.shape in ("named", "texts")
        return cls(rubric, (fields.get("id") or [""])[0].strip() if fresh else item, fields, removed, fresh)

    def one(self, key: str) -> str:
        """The first value of a field that stands beside those of the rubric."""
        return (self.fields.get(key) or [""])[0].strip()

    @property
    def form(self) -> str:
        """The item whose form this is."""
        return NEW if self.fresh else self.item

    @property
    def filled(self) -> dict[str, Any]:
        """What was typed."""
        beside = {"text": self.one("text"), "words": self.one("words"), "id": self.item}
        return forms.typed(self.rubric, self.fields) | beside

    def misnamed(self, document: Mapping[str, Any]) -> str:
        """Why a new rule cannot have its name, in French; empty when it can."""
        if not self.fresh:
            return ""
        if not NAME.fullmatch(self.item) or self.item in (NEW, ONLY):
            return "Donnez un nom court, par exemple « prise-de-sang »."
        taken = self.item in tables_of(self.rubric, document)
        return "Ce nom est déjà pris : choisissez-en un autre, ou changez l'existant." if taken else ""

    @property
    def doubtful_paths(self) -> dict[str, str]:
        """Fields that ask for a file's path and hold something else."""
        return {
            spec.key: "Écrivez le chemin complet d'un fichier (/etc/…), jamais le mot de passe lui-même."
            for spec in self.rubric.fields
            if spec.kind == "path" and self.filled[spec.key] and not self.filled[spec.key].startswith("/")
        }

    def changes(self, document: Mapping[str, Any]) -> list[Change]:
        """What the file's tables must become. HTTPException 404 when the rule is not there."""
        rubric, item, filled = self.rubric, self.item, self.filled
        tables, said = tables_of(rubric, document), words_of(rubric, item, document)
        if self.removed:
            table_of(rubric, item, document)
            words: list[Change] = [] if said is None else [Drop((rubric.words, item))]
            return [*words, Drop(forms.path_of(rubric, item))]
        if rubric.shape != "texts":
            table = None if item == NEW else table_of(rubric, item, document, may_be_new=True)
            return forms.changes(rubric, item, table, filled)
        made: list[Change] = []
        if tables.get(item) != filled["text"]:
            made.append(Put((rubric.name, item), filled["text"]))
        wanted = forms.parts(filled["words"]) if rubric.words else []
        if wanted and wanted != said:
            made.append(Put((rubric.words, item), wanted))
        elif said is not None and not wanted and rubric.words:
            made.append(Drop((rubric.words, item)))
        return made

    @property
    def what(self) -> str:
        """The change in a few words, for the list of versions."""
        rubric = self.rubric
        if rubric.shape == "one":
            return rubric.title
        new = self.fresh or self.item == NEW
        done = "retrait" if self.removed else "ajout" if new else "changement"
        name = f" « {rubric.names.get(self.item, self.item)} »" if rubric.shape in ("named", "texts") else ""
        return f"{rubric.title}{name}, {done}"


class OvertakenError(Exception):
    """Someone else has changed or removed the very rule; ``table`` is what stands now, None: nothing."""

    def __init__(self, table: Any) -> None:
        super().__init__("the rule changed meanwhile")
        self.table = table


def still(rubric: Rubric, item: str, then: bytes | None, document: Mapping[str, Any]) -> str:
    """Where a rule of an earlier state of the file stands now, untouched; rules of a list may have moved.

    Args:
        then: the file as it was when the form was opened; None when that is not known.

    Raises:
        OvertakenError: it is no longer the same rule.
    """
    if item == NEW:
        return item
    tables = tables_of(rubric, document)
    if rubric.shape == "list":
        before = tables_of(rubric, document_in(then)) if then is not None else []
        was = before[int(item)] if item.isdecimal() and int(item) < len(before) else None
        places = [place for place, table in enumerate(tables) if table == was]
        if was is None or not places:
            raise OvertakenError(None)
        return item if int(item) in places else str(places[0])
    now = _whole(rubric, item, document)
    if then is None or _whole(rubric, item, document_in(then)) != now:
        raise OvertakenError(now[0])
    return item


def _whole(rubric: Rubric, item: str, document: Mapping[str, Any]) -> tuple[Any, Any]:
    """A rule with the words that belong to it."""
    tables = tables_of(rubric, document)
    found = tables if item == ONLY else tables.get(item)
    return found, words_of(rubric, item, document)


def told(before: str, change: Change) -> dict[str, str]:
    """A change as the audit trail keeps it."""
    if isinstance(change, Add):
        return {"key": change.name, "before": "", "after": str(dict(change.values))}
    value: Any = tomllib.loads(before)
    for part in change.path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = ""
            break
    after = str(change.value) if isinstance(change, Put) else ""
    return {"key": ".".join(map(str, change.path)), "before": str(value), "after": after}
