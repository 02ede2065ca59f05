"""Change a practice's file and leave everything else as it stands, to the byte: comments, blanks, order, line ends.

A value is replaced in its place; a new line goes below the last of its table, a new rule below the last of its kind. A
comment is never deleted: when its line goes, it stays on a line of its own.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import tomlkit

from voicebot.errors import ConfigurationError
from voicebot.practice.toml_lines import Layout, Path, layout

Value = str | int | bool | date | datetime | Sequence[str]
"""What the desk writes: a text, a number, yes or no, a date, a moment, or a list of texts."""

TOGETHER = ("openings", "exceptions", "absences", "substitutions", "reception")
"""Rules of time: the first of a kind goes below the last rule of the kind before it."""


@dataclass(frozen=True)
class Put:
    """Write a value at a key; its table is made when it is not there."""

    path: Path
    value: Value


@dataclass(frozen=True)
class Drop:
    """Take away a key, a table with all that is under it, or one rule of a list."""

    path: Path


@dataclass(frozen=True)
class Add:
    """Add a rule ``[[name]]`` at the end of its list."""

    name: str
    values: Mapping[str, Value]


Change = Put | Drop | Add


class EditError(ConfigurationError):
    """The file is written in a way that the desk cannot change; edit it by hand."""


def edit(text: str, changes: Sequence[Change]) -> str:
    """The text of a valid file after some changes, one after the other. Pure.

    Raises:
        EditError: a path is not there, or the change cannot be written (an inline table, for instance).
    """
    wanted = tomllib.loads(text)
    for change in changes:
        try:
            wanted = _meant(wanted, change)
            text = _written(text, change)
        except (AttributeError, KeyError, IndexError, TypeError) as error:
            raise EditError(f"{_dotted(change)}: there is no such key in the file ({error}); read it again") from None
    try:
        got = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        got = None
    if got is None or _filled(got) != _filled(wanted):
        raise EditError("; ".join(map(_dotted, changes)) + ": written in an unusual form; change it by hand")
    return text


def _meant(document: dict[str, Any], change: Change) -> dict[str, Any]:
    """What the file must mean afterwards."""
    document = copy.deepcopy(document)
    if isinstance(change, Add):
        document.setdefault(change.name, []).append(_plain(change.values))
        return document
    table: Any = document
    for part in change.path[:-1]:
        if isinstance(change, Put) and isinstance(part, str) and isinstance(table, dict):
            table.setdefault(part, {})
        table = table[part]
    last: Any = change.path[-1]
    if isinstance(change, Put):
        table[last] = _plain(change.value)
    else:
        del table[last]
        if isinstance(table, list) and not table:
            del document[str(change.path[0])]
    return document


def _filled(document: Any) -> Any:
    """A document without its empty tables: the last ``[rooms.one]`` may take the unwritten ``[rooms]`` with it."""
    if not isinstance(document, dict):
        return document
    inside = {key: _filled(value) for key, value in document.items()}
    return {key: value for key, value in inside.items() if value != {}}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, list | tuple) else value


def _written(text: str, change: Change) -> str:
    where = layout(text)
    match change:
        case Put(path, value) if path in where.pairs:
            pair = where.pairs[path]
            inside = _comments(text, where, pair.start, pair.end)
            changed = text[: pair.start] + _render(value) + text[pair.end :]
            return _insert(changed, _line_start(changed, pair.key), inside)
        case Put(path, value):
            return _put_new(text, where, path, f"{_key(path[-1])} = {_render(value)}")
        case Drop(path):
            return _drop(text, where, path)
        case Add(name, values):
            lines = [f"[[{_key(name)}]]", *(f"{_key(key)} = {_render(value)}" for key, value in values.items())]
            return _new_block(text, where, _below(where, (name,)), lines)


def _put_new(text: str, where: Layout, path: Path, line: str) -> str:
    table = path[:-1]
    siblings = [pair.end for other, pair in where.pairs.items() if other[:-1] == table]
    if siblings:
        return _insert(text, _next_line(text, max(siblings)), [line])
    if table in where.headers:
        return _insert(text, _next_line(text, where.headers[table]), [line])
    head = "[" + ".".join(_key(part) for part in table) + "]"
    return _new_block(text, where, _below(where, table), [head, line])


def _below(where: Layout, table: Path) -> int | None:
    """The end of the last table of the same kind, or of one that belongs before it; None: the end of the file."""
    kinds = [table[:1]]
    if table[0] in TOGETHER:
        kinds += [(name,) for name in reversed(TOGETHER[: TOGETHER.index(str(table[0]))])]
    for kind in kinds:
        inside = [at for path, at in where.headers.items() if path[:1] == kind]
        inside += [pair.end for path, pair in where.pairs.items() if path[:1] == kind]
        if inside:
            return max(inside)
    return None


def _new_block(text: str, where: Layout, after: int | None, lines: Sequence[str]) -> str:
    if after is None:
        text = text if not text or text.endswith("\n") else text + _newline(text)
        return _insert(text, len(text), ["", *lines] if text else lines)
    return _insert(text, _next_line(text, after), ["", *lines])


def _drop(text: str, where: Layout, path: Path) -> str:
    """Take away the lines of a path and of all that is under it, the last first so that offsets stay true."""

    def under(other: Path) -> bool:
        return other[: len(path)] == path

    if path in where.pairs:
        spans = [(where.pairs[path].key, where.pairs[path].end)]
    else:
        spans = [(pair.key, pair.end) for other, pair in where.pairs.items() if under(other)]
        spans += [(at, text.index("]", at) + 1) for other, at in where.headers.items() if under(other)]
    if not spans:
        raise KeyError(path[-1])
    for key, end in sorted(spans, reverse=True):
        start, stop = _line_start(text, key), _next_line(text, end)
        kept = _comments(text, where, start, stop)
        left = text[:start] + "".join(line + _newline(text) for line in kept)
        text = re.sub(r"(\r?\n)(?:\r?\n){2,}\Z", r"\1\1", left) + text[stop:]
    return _one_blank(text, _line_start(text, min(spans)[0]))


def _one_blank(text: str, at: int) -> str:
    """Where lines went, two runs of blank lines meet: leave one."""
    before, after = text[:at], text[at:]
    rest = after.lstrip("\r\n")
    if rest != after and (before.endswith(("\n\n", "\n\r\n")) or not before):
        return before + rest
    return text


def _comments(text: str, where: Layout, start: int, end: int) -> list[str]:
    return [text[first:last] for first, last in where.comments if start <= first < end]


def _insert(text: str, at: int, lines: Sequence[str]) -> str:
    if not lines:
        return text
    newline = _newline(text)
    lead = newline if at and text[at - 1] != "\n" else ""
    return text[:at] + lead + newline.join(lines) + newline + text[at:]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _next_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _key(part: str | int) -> str:
    name = str(part)
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else tomlkit.item(name).as_string()


def _render(value: Value) -> str:
    return tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()


def _dotted(change: Change) -> str:
    return change.name if isinstance(change, Add) else ".".join(map(str, change.path))
