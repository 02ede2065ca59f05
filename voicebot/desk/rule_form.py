"""The form of a rule of the practice's file, and where the rule stands in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import HTTPException, Request
from starlette.responses import Response

from voicebot.desk import forms
from voicebot.desk.context import Desk
from voicebot.desk.forms import NEW, Field, Rubric
from voicebot.desk.roles import Account
from voicebot.practice import Practice, Problem
from voicebot.practice.schema import Where
from voicebot.practice.spoken import shipped


@dataclass(frozen=True)
class Item:
    """One rule of a rubric, in a line."""

    id: str
    title: str
    lines: tuple[str, ...]


ONLY = "tout"
"""The item of a rubric that is one table."""


def form_page(
    request: Request,
    desk: Desk,
    rubric: Rubric,
    item: str,
    *,
    filled: Mapping[str, Any] | None = None,
    near: Mapping[str, str] | None = None,
    far: Sequence[Problem] = (),
    general: str = "",
    now: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The form of one rule, with what was typed and what is wrong beside each field.

    Args:
        now: what stands in the file at fields that someone else changed.
    """
    raw, base = desk.rulebook.noted()
    document, practice = document_in(raw), desk.workspace.rules()
    new = item == NEW or (rubric.shape in ("named", "texts") and item not in tables_of(rubric, document))
    if filled is None:
        filled = filling(rubric, item, document)
    return desk.page(
        request,
        "rules/form.html",
        status,
        rubric=rubric,
        item=item,
        new=new,
        action=address(rubric, item),
        filled=filled,
        parts=_parts(rubric, filled, near or {}, now or {}),
        choices={spec.key: _choices(spec, practice, filled.get(spec.key)) for spec in rubric.fields},
        near=near or {},
        far=[(problem, place(problem.where)) for problem in far],
        now=now or {},
        general=general,
        base=base,
        frozen=desk.rulebook.frozen,
        shipped=shipped() if rubric.name == "phrases" else {},
        written=document.get(rubric.name, {}),
    )


def _parts(
    rubric: Rubric, filled: Mapping[str, Any], near: Mapping[str, str], now: Mapping[str, str]
) -> list[tuple[str, bool, list[Field]]]:
    """The parts of a form: title, whether it is unfolded because something is in it, and its fields."""
    found = []
    for title in dict.fromkeys(spec.part for spec in rubric.fields):
        fields = [spec for spec in rubric.fields if spec.part == title]
        told = any(spec.key in near or spec.key in now for spec in fields)
        usual = {spec.key: next(iter(spec.choices), "") for spec in fields}
        found.append((title, told or any(filled[key] not in ("", [], first) for key, first in usual.items()), fields))
    return found


def filling(rubric: Rubric, item: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields of a rule show; 404 when it is not there."""
    table: Any = {} if item == NEW else table_of(rubric, item, document)
    if rubric.shape != "texts":
        return forms.shown(rubric, table)
    words = words_of(rubric, item, document) or ()
    return {"text": table if isinstance(table, str) else "", "words": ", ".join(map(str, words)), "id": ""}


def said_now(rubric: Rubric, filled: Mapping[str, Any], table: Any, practice: Practice) -> dict[str, str]:
    """What a rule says now where that differs from what was typed, as people read it."""
    if rubric.shape == "texts":
        return {"text": str(table)} if isinstance(table, str) and table != filled.get("text") else {}
    if not isinstance(table, Mapping):
        return {}
    stands = forms.shown(rubric, table)
    return {
        spec.key: _said(spec, stands, practice) or "vide"
        for spec in rubric.fields
        if stands[spec.key] != filled.get(spec.key)
        or stands.get(spec.key + ".time") != filled.get(spec.key + ".time", stands.get(spec.key + ".time"))
    }


def items_of(desk: Desk, rubric: Rubric) -> list[Item]:
    """The rules of a rubric, each in a few lines."""
    practice, found = desk.workspace.rules(), []
    tables = tables_of(rubric, document_of(desk))
    if rubric.shape == "texts":
        return [Item(key, rubric.names.get(key, key), (str(text),)) for key, text in tables.items()]
    for id, table in enumerate(tables) if rubric.shape == "list" else tables.items():
        shown = forms.shown(rubric, table)
        said = [(spec.label, _said(spec, shown, practice)) for spec in rubric.fields]
        lines = [f"{label} : {text}" for label, text in said if text]
        title = str(table.get("label") or table.get("name") or "")
        found.append(Item(str(id), title or (lines[0] if lines else "(vide)"), tuple(lines if title else lines[1:])))
    return found


def _said(spec: Field, shown: Mapping[str, Any], practice: Practice) -> str:
    """A field's value as people read it; empty when there is none."""
    value = shown[spec.key]
    if not value:
        return ""
    if spec.kind == "yesno":
        return "oui"
    labels = forms.choices(spec, practice)
    text = ", ".join(str(labels.get(v, v)) for v in value) if isinstance(value, list) else str(labels.get(value, value))
    if spec.kind in ("date", "moment"):
        text = _day(text)
    clock = shown.get(spec.key + ".time")
    return text + (f" à {clock}" if clock else "")


def _day(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text


def _choices(spec: Field, practice: Practice, value: object) -> dict[str, str]:
    """What may be chosen; a value that the file has and the form does not know stays, so that it is not lost."""
    known = forms.choices(spec, practice)
    single = spec.kind in ("choice", "one-of-who", "sites") and isinstance(value, str) and value
    return known | {str(value): str(value)} if single and value not in known else known


def document_of(desk: Desk) -> dict[str, Any]:
    """The file as it stands."""
    return document_in(desk.rulebook.read()[0])


def document_in(raw: bytes) -> dict[str, Any]:
    """A text of the file; 409 when it is not readable."""
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HTTPException(409, "Le fichier du cabinet n'est pas lisible : corrigez-le d'abord à la main.") from None


def tables_of(rubric: Rubric, document: Mapping[str, Any]) -> Any:
    """What the file has of a rubric: a list of tables, tables or texts by name, or one table; 409 for anything else."""
    found = document.get(rubric.name, [] if rubric.shape == "list" else {})
    inside = found if rubric.shape == "list" else found.values() if isinstance(found, dict) else ()
    right = isinstance(found, list if rubric.shape == "list" else dict)
    if not right or (rubric.shape in ("list", "named") and not all(isinstance(table, dict) for table in inside)):
        raise HTTPException(409, f"« {rubric.name} » est mal écrit dans le fichier du cabinet : corrigez-le à la main.")
    return found


def table_of(rubric: Rubric, item: str, document: Mapping[str, Any], *, may_be_new: bool = False) -> Any:
    """One rule as the file has it; 404 when there is none."""
    tables = tables_of(rubric, document)
    if rubric.shape == "one":
        if item != ONLY:
            raise HTTPException(404)
        return tables
    if rubric.shape == "list":
        if not re.fullmatch(r"\d{1,6}", item, re.ASCII) or int(item) >= len(tables):
            raise HTTPException(404)
        return tables[int(item)]
    if item not in tables:
        if may_be_new:
            return {}
        raise HTTPException(404)
    return tables[item]


def words_of(rubric: Rubric, item: str, document: Mapping[str, Any]) -> list[Any] | None:
    """The words of callers that belong to a text; None when there are none."""
    table = document.get(rubric.words) if rubric.words else None
    found = table.get(item) if isinstance(table, dict) else None
    return found if isinstance(found, list) else None


def address(rubric: Rubric, item: str) -> str:
    """Where the form of a rule is."""
    return f"/regles/{rubric.name}" + ("" if item == ONLY else f"/{quote(item, safe='')}")


def place(where: Where | None) -> Mapping[str, object] | None:
    """A place in the file with the form that shows it, for people; None for none."""
    if where is None:
        return None
    name, _, rest = where.key.partition(".")
    name, _, index = name.rstrip("]").partition("[")
    rubric = next((r for r in forms.rubrics().values() if name in (r.name, r.words)), None)
    found: dict[str, object] = {"line": where.line, "key": where.key, "link": "", "title": "", "rubric": rubric}
    if rubric is not None:
        item = str(int(index) - 1) if index else rest if rubric.shape == "texts" else rest.partition(".")[0]
        alone = rubric.shape == "one" or not item
        found |= {"link": address(rubric, ONLY if alone else item), "title": rubric.title}
    return found


def rubric_of(name: str, me: Account) -> Rubric:
    """A rubric by its name, for those who may change it; 404 or 403 else."""
    found = forms.rubrics().get(name)
    if found is None:
        raise HTTPException(404)
    if not may_change(me, found):
        raise HTTPException(403, "Ces réglages sont ceux de l'administration.")
    return found


def may_change(me: Account, rubric: Rubric) -> bool:
    """Whether an account may change a rubric."""
    return not rubric.administrator or me.may("administrator")
