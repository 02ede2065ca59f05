"""Read TOML values strictly and collect every problem, with its line, instead of stopping at the first."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from voicebot.practice.schema import GRANULE_MINUTES, Hours, Problem, Where
from voicebot.practice.toml_lines import Path

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

YEARS = range(1900, 2200)
"""Years of dates; others are typing errors, and the calendar ends soon after 9999."""

_HOURS = re.compile(r"(\d{1,2})[:h](\d{2})\s*[-–]\s*(\d{1,2})[:h](\d{2})")
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


@cache
def _messages() -> Mapping[str, str]:
    return tomllib.loads((FilePath(__file__).parent / "messages.toml").read_text(encoding="utf-8"))


def warning(where: Where, code: str, **values: object) -> Problem:
    """A problem by its code in ``messages.toml``."""
    return Problem(where, _messages()[code].format(**values), code, values)


class Problems:
    """The errors and warnings of one file."""

    def __init__(self, file: str, lines: Mapping[Path, int]) -> None:
        self.file = file
        self.lines = lines
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def where(self, path: Path) -> Where:
        """The place of a key; that of the nearest enclosing table when the key is absent."""
        known = path
        while known not in self.lines:
            known = known[:-1]
        return Where(self.file, _dotted(path), self.lines[known])

    def error(self, path: Path, code: str, **values: object) -> None:
        """Note an error by its code in ``messages.toml``."""
        self.errors.append(warning(self.where(path), code, **values))

    def warn(self, path: Path, code: str, **values: object) -> None:
        """Note a warning by its code in ``messages.toml``."""
        self.warnings.append(warning(self.where(path), code, **values))


class Table:
    """One table of the file. Every reader notes a problem and returns its default rather than raising."""

    def __init__(self, problems: Problems, path: Path, values: Mapping[str, Any]) -> None:
        self.problems = problems
        self.path = path
        self.values = values
        self._read: set[str] = set()

    @property
    def where(self) -> Where:
        """The place of this table."""
        return self.problems.where(self.path)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self.values

    def error(self, key: str, code: str, **values: object) -> None:
        """Note an error at a key of this table."""
        self.problems.error((*self.path, key) if key else self.path, code, **values)

    def text(self, key: str, default: str | None = None, *, example: str = '"…"') -> str:
        """A text; required unless a default is given."""
        value = self._get(key, default is None, example)
        if value is None:
            return default or ""
        if not isinstance(value, str):
            self.error(key, "not_text", example=example)
            return default or ""
        if not value.strip() and default is None:
            self.error(key, "empty_text", example=example)
        return value

    def integer(self, key: str, default: int | None, *, low: int, high: int, step: int = 1) -> int:
        """A bounded whole number; required when there is no default."""
        return self.optional_integer(key, default, low=low, high=high, step=step, required=default is None) or 0

    def optional_integer(
        self, key: str, default: int | None = None, *, low: int, high: int, step: int = 1, required: bool = False
    ) -> int | None:
        """A bounded whole number or the default."""
        example = max(low, step)
        value = self._get(key, required, example)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.error(key, "not_integer", example=example)
        elif not low <= value <= high:
            self.error(key, "bounds", value=value, low=low, high=high)
        elif value % step:
            lower = value - value % step
            self.error(key, "multiple", value=value, step=step, lower=lower, upper=lower + step)
        else:
            return value
        return default

    def boolean(self, key: str, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self._get(key, False, "true")
        if value is not None and not isinstance(value, bool):
            self.error(key, "not_boolean")
            return default
        return default if value is None else value

    def choice(self, key: str, default: str | None, choices: Collection[str]) -> str:
        """One of some words; required when there is no default."""
        fallback = default if default is not None else next(iter(choices))
        value = self._get(key, default is None, f'"{next(iter(choices), "")}"')
        if value is None:
            return fallback
        return value if self._among(self.path, key, value, choices) else fallback

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(text for _, text in self._items(key, '["…"]'))

    def among(self, key: str, choices: Collection[str], *, required: bool = False) -> tuple[str, ...]:
        """A list of words, each one of ``choices`` (ids defined elsewhere in the file).

        Where the list is not ``required``, an empty one means all, as no list does: that surprises, so it is a warning.
        """
        if self.values.get(key) == [] and not required:
            self.problems.warn((*self.path, key), "warn_empty_list")
        items = self._items(key, f'["{next(iter(choices), "…")}"]')
        return tuple(text for i, text in items if self._among((*self.path, key), i, text, choices))

    def days(self, key: str) -> frozenset[int]:
        """Weekdays by their French names, Monday is 0."""
        names = self.among(key, DAYS, required=True)
        return frozenset(DAYS.index(name) for name in names)

    def hours(self, key: str) -> tuple[Hours, ...]:
        """Parts of the day as ``"08:30-12:30"``, disjoint and sorted; an end at or before the start is tomorrow's."""
        found: list[Hours] = []
        for position, text in self._items(key, '["08:30-12:30"]'):
            read = self._hours((*self.path, key, position), text)
            if read is None:
                continue
            if any(read.start < other.end and other.start < read.end for other in found):
                self.problems.error((*self.path, key, position), "hours_overlap", value=text)
                continue
            found.append(read)
        return tuple(sorted(found, key=lambda hours: hours.start))

    def date(self, key: str, *, required: bool = False) -> dt.date | None:
        """A TOML local date."""
        value = self._get(key, required, "2026-12-24")
        if value is None:
            return None
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date) or value.year not in YEARS:
            self.error(key, "date")
            return None
        return value

    def moment(self, key: str, *, required: bool = False) -> dt.date | dt.datetime | None:
        """A TOML local date or date and time."""
        value = self._get(key, required, "2026-12-24")
        if value is None:
            return None
        if not isinstance(value, dt.date) or value.year not in YEARS:
            self.error(key, "moment")
            return None
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            self.error(key, "moment_offset")
            return None
        return value

    def phone(self, key: str, *, sip: bool = False, required: bool = False) -> str | None:
        """A number in E.164 form, written with or without spaces; with ``sip`` also a sip URI."""
        value = self._get(key, required, '"+33465710010"')
        if value is None or value == "":
            return None
        compact = re.sub(r"[ .()-]", "", value) if isinstance(value, str) else ""
        if re.fullmatch(r"0[1-9]\d{8}", compact):
            compact = "+33" + compact[1:]
        if _PHONE.fullmatch(compact):
            return compact
        if sip and isinstance(value, str) and re.fullmatch(r"sip:[^\s@<>\"?,]+@[^\s@<>\"?,]+", value):
            return value
        self.error(key, "phone_or_sip" if sip else "phone", value=value)
        return None

    def table(self, key: str, *, required: bool = False) -> Table:
        """A sub-table, empty when absent."""
        self._read.add(key)
        value = self.values.get(key, {})
        if key not in self.values and required:
            self.error(key, "missing_table", name=key)
        if not isinstance(value, dict):
            self.error(key, "not_table", name=key)
            value = {}
        return Table(self.problems, (*self.path, key), value)

    def named_tables(self, key: str) -> dict[str, Table]:
        """The sub-tables ``[key.id]`` by their ids."""
        parent = self.table(key)
        for name in parent.values:
            if not _IDENTIFIER.fullmatch(name):
                parent.error(name, "identifier", value=name)
        return {name: parent.table(name) for name in parent.values}

    def tables(self, key: str) -> list[Table]:
        """The sub-tables ``[[key]]``."""
        self._read.add(key)
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.error(key, "not_tables", name=key)
            return []
        return [Table(self.problems, (*self.path, key, i), item) for i, item in enumerate(value)]

    def every_text(self) -> dict[str, str]:
        """All keys of a free table of texts."""
        return {key: self.text(key, "") for key in self.values}

    def finish(self) -> None:
        """Note keys that nothing has read."""
        for key in self.values:
            if key in self._read:
                continue
            if key in ("password", "secret"):
                self.error(key, "inside_password")
            elif close := difflib.get_close_matches(key, self._read, 1):
                self.error(key, "unknown_close", close=close[0])
            else:
                self.error(key, "unknown", choices=", ".join(sorted(self._read)))

    def _get(self, key: str, required: bool, example: object) -> Any:
        self._read.add(key)
        value = self.values.get(key)
        if value is None and required:
            self.error(key, "missing", name=key, example=example)
        return value

    def _items(self, key: str, example: str) -> Iterator[tuple[int, str]]:
        value = self._get(key, False, example)
        if value is None:
            return
        if not isinstance(value, Sequence) or isinstance(value, str):
            self.error(key, "not_list", example=example)
            return
        for position, item in enumerate(value):
            if isinstance(item, str) and item.strip():
                yield position, item
            else:
                self.problems.error((*self.path, key, position), "not_text", example='"…"')

    def _among(self, path: Path, key: str | int, value: object, choices: Collection[str]) -> bool:
        if isinstance(value, str) and value in choices:
            return True
        listed = ", ".join(choices)
        close = difflib.get_close_matches(str(value), list(choices), 1)
        code = "choice_close" if close else "choice"
        self.problems.error((*path, key), code, value=value, choices=listed, close=close[0] if close else "")
        return False

    def _hours(self, path: Path, text: str) -> Hours | None:
        match = _HOURS.fullmatch(text.strip())
        if not match:
            self.problems.error(path, "hours", value=text)
            return None
        h1, m1, h2, m2 = map(int, match.groups())
        start, end = h1 * 60 + m1, h2 * 60 + m2
        if m1 > 59 or m2 > 59 or start >= 1440 or end > 1440:
            self.problems.error(path, "hours", value=text)
        elif start % GRANULE_MINUTES or end % GRANULE_MINUTES:
            self.problems.error(path, "hours_grid", value=text, step=GRANULE_MINUTES)
        elif start == end:
            self.problems.error(path, "hours_empty", value=text)
        else:
            return Hours(start, end if end > start else end + 1440)
        return None


def _dotted(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text
