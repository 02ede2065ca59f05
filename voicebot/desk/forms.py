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

from voicebot.desk import rhythm
from voicebot.practice.editing import Add, Change, Drop, Put, Value
from voicebot.practice.reading import DAYS
from voicebot.practice.schema import Practice, Problem
from voicebot.practice.toml_lines import Path as Place

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
    part: str = ""
    """The folded part of the form that has it; empty: always in sight."""
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rubric:
    """One part of the file."""

    name: str
    title: str
    shape: Literal["one", "list", "named", "texts"]
    about: str
    group: str = ""
    """The heading under which the page has it."""
    when: str = ""
    """When a change holds, where it is not about slots."""
    later: bool = False
    """Whether that is not at once."""
    one: str = ""
    """«une absence»."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Titles of well-known keys of a ``texts`` rubric."""
    words: str = ""
    """The table that says, for each text, which words of callers mean it."""
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
    things = {resource.id: resource.name for resource in practice.resources.values()}
    match field.kind:
        case "who" | "one-of-who":
            return people
        case "people":
            return people | things
        case "resources":
            kinds = sorted({resource.kind for resource in practice.resources.values()} - set(things))
            return things | {kind: f"une sorte : {kind}" for kind in kinds}
        case "motives":
            return {motive.id: motive.label for motive in practice.motives.values()}
        case "sites":
            return {site.id: site.name for site in practice.sites.values()}
        case "days":
            return {day: day for day in DAYS}
        case "rhythm":
            return dict(rhythm.RHYTHMS)
    return dict(field.choices)


BOXES = frozenset({"who", "people", "resources", "motives", "days"})
"""Kinds with one box for each choice."""


def shown(rubric: Rubric, table: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a table of the file, as its fields show them: texts, and lists of texts for boxes."""
    found: dict[str, Any] = {}
    for spec in rubric.fields:
        value = written(table, spec.key)
        if spec.kind == "moment":
            found[spec.key] = f"{value:%Y-%m-%d}" if isinstance(value, date) else ""
            found[spec.key + ".time"] = f"{value:%H:%M}" if isinstance(value, datetime) else ""
        elif spec.kind in BOXES:
            found[spec.key] = [str(item) for item in value] if isinstance(value, list) else []
        elif isinstance(value, bool):
            found[spec.key] = "true" if value else ""
        elif isinstance(value, list):
            found[spec.key] = ", ".join(map(str, value))
        else:
            found[spec.key] = "" if value is None else str(value)
    if "rhythm" in found and (rule := found["rrule"]):
        read = rhythm.read(rule)
        found["rhythm"] = read[0] if read else rhythm.RULE
        if read:
            found["days"], found["rrule"] = read[1], ""
    return found


def written(table: Mapping[str, Any], key: str) -> Any:
    """What stands at a key of a table, or of a table in it (``registration.username``); None: nothing."""
    value: Any = table
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


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
        if not value or spec.kind == "rhythm":
            continue
        match spec.kind:
            case "yesno":
                found[spec.key] = True
            case "number":
                found[spec.key] = int(value) if re.fullmatch(r"-?\d{1,9}", value) else value
            case "hours" | "words":
                found[spec.key] = parts(value)
            case "date":
                found[spec.key] = _date(value)
            case "moment":
                found[spec.key] = _moment(value, filled.get(spec.key + ".time", ""))
            case _:
                found[spec.key] = value
    chosen = filled.get("rhythm")
    if chosen == rhythm.RULE:
        found.pop("days", None)
    elif chosen in rhythm.RHYTHMS and chosen and "days" in found and "rrule" not in found:
        found["rrule"] = rhythm.write(chosen, filled["days"])
        del found["days"]
    return found


def parts(text: str) -> list[str]:
    """What commas, semicolons or lines part."""
    return [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]


def changes(rubric: Rubric, item: str, table: Mapping[str, Any] | None, filled: Mapping[str, Any]) -> list[Change]:
    """The changes that make a table of the file say what a form says. Only what differs is written."""
    wanted = values(rubric, filled)
    if rubric.shape == "list" and item == NEW:
        return [Add(rubric.name, _unusual(rubric, wanted))]
    path = path_of(rubric, item)
    before, stood = table or {}, shown(rubric, table or {})
    changed = {spec.key for spec in rubric.fields if not _same(spec, stood, filled)}
    if "rhythm" in stood and changed & {"rhythm", "days", "rrule"}:
        changed |= {"days", "rrule"}
    made: list[Change] = []
    for spec in rubric.fields:
        if spec.key not in changed or spec.kind == "rhythm":
            continue
        place = (*path, *spec.key.split("."))
        new = wanted.get(spec.key)
        if new is not None:
            made.append(Put(place, new))
        elif written(before, spec.key) is not None:
            made.append(Put(place, False) if spec.kind == "yesno" else Drop(place))
    return _whole_tables(path, rubric, before, wanted, made)


def _unusual(rubric: Rubric, wanted: Mapping[str, Value]) -> dict[str, Value]:
    """Values without the choices that hold anyway."""
    usual = {spec.key: next(iter(spec.choices)) for spec in rubric.fields if spec.choices}
    return {key: value for key, value in wanted.items() if usual.get(key) != value}


def _whole_tables(
    path: Place, rubric: Rubric, before: Mapping[str, Any], wanted: Mapping[str, Value], made: list[Change]
) -> list[Change]:
    """A table in a table that loses its last value goes with it."""
    for inner in {spec.key.rpartition(".")[0] for spec in rubric.fields} - {""}:
        if inner in before and not any(key.startswith(inner + ".") for key in _unusual(rubric, wanted)):
            whole = (*path, inner)
            made = [change for change in made if isinstance(change, Add) or change.path[: len(whole)] != whole]
            made.append(Drop(whole))
    return made


def path_of(rubric: Rubric, item: str) -> Place:
    """Where an item stands in the file."""
    if rubric.shape == "one":
        return (rubric.name,)
    return (rubric.name, int(item)) if rubric.shape == "list" else (rubric.name, item)


def beside(rubric: Rubric, item: str, problems: Sequence[Problem], count: int) -> tuple[dict[str, str], list[Problem]]:
    """Problems beside the fields that they are about, and the others.

    Args:
        count: rules of the list before the change: where a new one stands.
    """
    if rubric.shape == "texts":
        own = {f"{rubric.name}.{item}": "text", f"{rubric.words}.{item}": "words"}
        about = [(own.get(re.sub(r"\[\d+\]$", "", problem.where.key), ""), problem) for problem in problems]
        beside = {key: " ".join(sentence(one) for k, one in about if k == key) for key, _ in about if key}
        return beside, [problem for key, problem in about if not key]
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
        elsewhere = form_words().get(problem.code, {}).get("field", "")
        key = elsewhere if elsewhere in keys else key
        if rest != problem.where.key and key in keys:
            near[key] = (near[key] + " " if key in near else "") + sentence(problem)
        else:
            far.append(problem)
    return near, far


@cache
def form_words() -> Mapping[str, Mapping[str, str]]:
    """What forms say of a problem, by its code."""
    return tomllib.loads((Path(__file__).parent / "form_words.toml").read_text(encoding="utf-8"))


def sentence(problem: Problem) -> str:
    """A problem in the words of a form."""
    words = form_words().get(problem.code)
    text = words["text"].format(**problem.values) if words else problem.text
    return text[:1].upper() + text[1:] + "."


def _same(spec: Field, stood: Mapping[str, Any], filled: Mapping[str, Any]) -> bool:
    """Whether a field was left as it was; a choice that is not written means its first one."""
    old, new = stood[spec.key], filled.get(spec.key)
    if spec.kind in BOXES:
        return set(old) == set(new or ())
    if spec.kind in ("choice", "rhythm") and not old:
        return new in (None, "", next(iter(spec.choices), ""))
    clock = spec.key + ".time"
    return bool(old == (new or "") and stood.get(clock) == (filled.get(clock, "") if clock in stood else None))


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
