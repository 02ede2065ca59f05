"""The form of a rule of the practice's file, and where the rule stands in it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request
from starlette.responses import Response

from voicebot.desk import forms
from voicebot.desk.context import Desk
from voicebot.desk.forms import NEW, Rubric
from voicebot.desk.roles import Account
from voicebot.practice import Problem
from voicebot.practice.spoken import shipped


@dataclass(frozen=True)
class Item:
    """One rule of a rubric, in a line."""

    id: str
    title: str
    lines: tuple[str, ...]


def form_page(
    request: Request,
    desk: Desk,
    rubric: Rubric,
    item: str,
    *,
    filled: Mapping[str, Any] | None = None,
    near: Mapping[str, str] | None = None,
    far: list[Problem] | None = None,
    general: str = "",
    status: int = 200,
) -> Response:
    """The form of one rule, with what was typed and what is wrong beside each field."""
    document, practice = document_of(desk), desk.workspace.rules()
    table: Any = {}
    if item != NEW:
        table = (
            document.get(rubric.name, {})
            if item == "tout"
            else table_of(rubric, item, document, may_be_new=status > 200)
        )
    if filled is None:
        filled = forms.shown(rubric, table) if rubric.shape != "texts" else {"text": table if item != NEW else ""}
    return desk.page(
        request,
        "rules/form.html",
        status,
        rubric=rubric,
        item=item,
        new=item == NEW or (rubric.shape in ("named", "texts") and item not in document.get(rubric.name, {})),
        action=f"/regles/{rubric.name}" + ("" if item == "tout" else f"/{item}"),
        filled=filled,
        choices={spec.key: forms.choices(spec, practice) for spec in rubric.fields},
        near=near or {},
        far=far or [],
        general=general,
        base=desk.rulebook.read()[1],
        frozen=desk.rulebook.frozen,
        shipped=shipped() if rubric.name == "phrases" else {},
        written=document.get(rubric.name, {}),
    )


def items_of(desk: Desk, rubric: Rubric) -> list[Item]:
    """The rules of a rubric, each in a few lines."""
    practice, found = desk.workspace.rules(), []
    tables = document_of(desk).get(rubric.name, [] if rubric.shape == "list" else {})
    if rubric.shape == "texts":
        return [Item(key, rubric.names.get(key, key), (text,)) for key, text in tables.items()]
    for id, table in enumerate(tables) if rubric.shape == "list" else tables.items():
        shown = forms.shown(rubric, table)
        lines = []
        for spec in rubric.fields:
            value = shown[spec.key]
            if not value:
                continue
            labels = forms.choices(spec, practice)
            text = (
                ", ".join(str(labels.get(v, v)) for v in value) if isinstance(value, list) else labels.get(value, value)
            )
            text = "oui" if spec.kind == "yesno" else text
            clock = shown.get(spec.key + ".time")
            lines.append(f"{spec.label} : {text}" + (f" à {clock}" if clock else ""))
        title = str(table.get("label") or table.get("name") or "")
        found.append(Item(str(id), title or (lines[0] if lines else "(vide)"), tuple(lines if title else lines[1:])))
    return found


def document_of(desk: Desk) -> dict[str, Any]:
    """The file as it stands; the rules in force when it is wrong."""
    raw, _ = desk.rulebook.read()
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise HTTPException(409, "Le fichier du cabinet n'est pas lisible : corrigez-le d'abord à la main.") from None


def table_of(rubric: Rubric, item: str, document: Mapping[str, Any], *, may_be_new: bool = False) -> Any:
    """One rule as the file has it; 404 when there is none."""
    tables = document.get(rubric.name, [] if rubric.shape == "list" else {})
    if rubric.shape == "list":
        if not item.isdecimal() or int(item) >= len(tables):
            raise HTTPException(404)
        return tables[int(item)]
    if item not in tables:
        if may_be_new:
            return {}
        raise HTTPException(404)
    return tables[item]


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
