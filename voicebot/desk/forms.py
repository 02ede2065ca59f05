"""The forms of the rules page (``forms.toml``): the values of ``practice.toml`` ↔ the fields of a page."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from voicebot.practice.editing import Add, Change, Drop, Put, Value
from voicebot.practice.reading import DAYS
from voicebot.practice.schema import Practice, Problem

NEW = "nouveau"
"""The item of a rule that is not there yet."""

Fields = Mapping[str, Sequence[str]]
"""A posted form: every value of every name."""


@dataclass(frozen=True)
class Field:
    """One field of a form."""

    key: str
    label: str
    kind: str
    hint: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rubric:
    """One part of the file."""

    name: str
    title: str
    shape: Literal["one", "list", "named", "texts"]
    about: str
    one: str = ""
    """«une absence»."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Titles of well-known keys of a ``texts`` rubric."""
    administrator: bool = False
    """Only an administrator changes it."""
    fields: tuple[Field, ...] = ()


@cache
def rubrics() -> Mapping[str, Rubric]:
    """Every rubric, in the order of the page."""
    tables = tomllib.loads((Path(__file__).parent / "forms.toml").read_text(encoding="utf-8"))
    found = {}
    for name, table in tables.items():
        fields = tuple(Field(key, **entry) for key, entry in table.pop("fields", {}).items())
        found[name] = Rubric(name=name, fields=fields, **table)
    return found


def choices(field: Field, practice: Practice) -> dict[str, str]:
    """What may be chosen in a field: value → label."""
    people = {person.id: person.name for person in practice.practitioners.values()}
    match field.kind:
        case "who" | "one-of-who":
            return people
        case "people":
            return people | {resource.id: resource.name for resource in practice.resources.values()}
        case "motives":
            return {motive.id: motive.label for motive in practice.motives.values()}
        case "sites":
            return {site.id: site.name for site in practice.sites.values()}
        case "days":
            return {day: day for day in DAYS}
    return dict(field.choices)


def shown(rubric: Rubric, table: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a table of the file, as its fields show them: texts, and lists of texts for boxes."""
    found: dict[str, Any] = {}
    for spec in rubric.fields:
        value = table.get(spec.key)
        if spec.kind == "moment":
            found[spec.key] = "" if value is None else f"{value:%Y-%m-%d}"
            found[spec.key + ".time"] = f"{value:%H:%M}" if isinstance(value, datetime) else ""
        elif spec.kind in BOXES:
            found[spec.key] = list(value) if isinstance(value, list) else []
        elif isinstance(value, bool):
            found[spec.key] = "true" if value else ""
        elif isinstance(value, list):
            found[spec.key] = ", ".join(map(str, value))
        else:
            found[spec.key] = "" if value is None else str(value)
    return found


BOXES = frozenset({"who", "people", "motives", "days"})
"""Kinds with one box for each choice."""


def typed(rubric: Rubric, form: Fields) -> dict[str, Any]:
    """A posted form, as :func:`shown` gives it, so that nothing typed is lost when it is refused."""
    found: dict[str, Any] = {}
    for spec in rubric.fields:
        values = [value.strip() for value in form.get(spec.key, ()) if value.strip()]
        found[spec.key] = values if spec.kind in BOXES else (values or [""])[0]
        if spec.kind == "moment":
            found[spec.key + ".time"] = (form.get(spec.key + ".time") or [""])[0].strip()
    return found


def values(rubric: Rubric, filled: Mapping[str, Any]) -> dict[str, Value]:
    """What a filled form says, as values of the file; what is empty is left out.

    A text that is no number or date stays a text: the reader of the file then says what is wrong, and where.
    """
    found: dict[str, Value] = {}
    for spec in rubric.fields:
        value = filled.get(spec.key)
        if not value:
            continue
        match spec.kind:
            case "yesno":
                found[spec.key] = True
            case "number":
                found[spec.key] = int(value) if re.fullmatch(r"-?\d{1,9}", value) else value
            case "hours" | "words":
                found[spec.key] = [part.strip() for part in re.split(r"[,;\n]", value) if part.strip()]
            case "date":
                found[spec.key] = _date(value)
            case "moment":
                found[spec.key] = _moment(value, filled.get(spec.key + ".time", ""))
            case _:
                found[spec.key] = value
    return found


def changes(rubric: Rubric, item: str, table: Mapping[str, Any] | None, filled: Mapping[str, Any]) -> list[Change]:
    """The changes that make a table of the file say what a form says. Only what differs is written."""
    wanted = values(rubric, filled)
    if rubric.shape == "list" and item == NEW:
        return [Add(rubric.name, wanted)]
    path = path_of(rubric, item)
    before, stood = table or {}, shown(rubric, table or {})
    made: list[Change] = []
    for spec in rubric.fields:
        if _same(spec, stood, filled):
            continue
        new = wanted.get(spec.key)
        if new is not None:
            made.append(Put((*path, spec.key), new))
        elif spec.key in before:
            made.append(Put((*path, spec.key), False) if spec.kind == "yesno" else Drop((*path, spec.key)))
    return made


def path_of(rubric: Rubric, item: str) -> tuple[str | int, ...]:
    """Where an item stands in the file."""
    if rubric.shape == "one":
        return (rubric.name,)
    return (rubric.name, int(item)) if rubric.shape == "list" else (rubric.name, item)


def beside(rubric: Rubric, item: str, problems: Sequence[Problem], count: int) -> tuple[dict[str, str], list[Problem]]:
    """Problems beside the fields that they are about, and the others.

    Args:
        count: rules of the list before the change: where a new one stands.
    """
    if rubric.shape == "list":
        prefix = f"{rubric.name}[{(count if item == NEW else int(item)) + 1}]"
    else:
        prefix = ".".join(map(str, path_of(rubric, item)))
    near: dict[str, str] = {}
    far: list[Problem] = []
    keys = {spec.key for spec in rubric.fields}
    for problem in problems:
        rest = problem.where.key.removeprefix(prefix)
        key = re.sub(r"\[\d+\]", "", rest.lstrip("."))
        if rest != problem.where.key and key in keys:
            near[key] = (near[key] + " " if key in near else "") + _sentence(problem.text)
        else:
            far.append(problem)
    return near, far


def _same(spec: Field, stood: Mapping[str, Any], filled: Mapping[str, Any]) -> bool:
    """Whether a field was left as it was; a choice that is not written means its first one."""
    old, new = stood[spec.key], filled.get(spec.key)
    if spec.kind in BOXES:
        return set(old) == set(new or ())
    if spec.kind == "choice" and not old:
        return new in (None, "", next(iter(spec.choices), ""))
    clock = spec.key + ".time"
    return bool(old == (new or "") and stood.get(clock) == (filled.get(clock, "") if clock in stood else None))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _date(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _moment(day: str, time: str) -> date | datetime | str:
    try:
        return datetime.fromisoformat(f"{day}T{time}") if time else date.fromisoformat(day)
    except ValueError:
        return f"{day} {time}".strip()
