"""Reads the files of time expressions and judges a reading. The format is in LISEZMOI.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from voicebot.ports import When

HERE = Path(__file__).parent
DEVELOPMENT = HERE / "quand"
BLIND = HERE / "blind"
EXAMINED = HERE / "examen"

Verdict = Literal["juste", "demandée", "fausse en silence"]

_TIME = re.compile(r"(\d{1,2})/(\d{1,2})(?:\s+(\d{1,2})h(\d{2})?)?$")
_DEFAULT_HOURS = (9, 11, 14, 17)


@dataclass(frozen=True)
class Expression:
    """One phrase with the start times that it must accept and refuse."""

    text: str
    family: str
    now: datetime
    where: str
    accepted: tuple[datetime, ...] = ()
    refused: tuple[datetime, ...] = ()
    offered: tuple[datetime, ...] = ()
    soonest: bool = False
    ask: bool = False


@dataclass
class _Head:
    family: str
    now: datetime | None = None
    columns: list[str] = field(default_factory=list)


def load(folder: Path) -> Iterator[Expression]:
    """The expressions of every file of a folder."""
    for path in sorted(folder.glob("*.txt")):
        head = _Head(path.stem)
        for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("famille:"):
                head.family = line.split(":", 1)[1].strip()
            elif line.startswith("maintenant:"):
                head.now = datetime.fromisoformat(line.split(":", 1)[1].strip())
            else:
                yield _expression(line, head, f"{path.name}:{number}")


def _expression(line: str, head: _Head, where: str) -> Expression:
    if head.now is None:
        raise ValueError(f"{where}: no « maintenant: » above this line")
    text, *columns = (part.strip() for part in line.split("|"))
    times: dict[str, tuple[datetime, ...]] = {"oui": (), "non": (), "proposé": ()}
    flags = set()
    for column in columns:
        name, _, rest = column.partition(" ")
        if name in times and rest:
            times[name] += tuple(t for item in rest.split(",") for t in _times(item.strip(), head.now, where))
        elif column in ("vite", "demander"):
            flags.add(column)
        else:
            raise ValueError(f"{where}: unknown column {column!r}")
    if not (times["oui"] or times["non"] or "demander" in flags):
        raise ValueError(f"{where}: nothing to check")
    return Expression(
        text,
        head.family,
        head.now,
        where,
        times["oui"],
        times["non"],
        times["proposé"],
        soonest="vite" in flags,
        ask="demander" in flags,
    )


def _times(item: str, now: datetime, where: str) -> Iterator[datetime]:
    match = _TIME.match(item)
    if match is None:
        raise ValueError(f"{where}: {item!r} is not a time like 24/11 9h30")
    day, month, hour, minute = match.groups()
    year = now.year + ((int(month), int(day)) < (now.month, now.day))
    for at in [int(hour)] if hour else _DEFAULT_HOURS:
        yield datetime(year, int(month), int(day), at, int(minute or 0))


def judge(expression: Expression, when: When) -> Verdict:
    """Right, asked, or silently wrong."""
    if expression.ask:
        return "fausse en silence" if when.sure else "juste"
    if not when.sure:
        return "demandée"
    right = (
        all(_inside(t, when) for t in expression.accepted)
        and not any(_inside(t, when) for t in expression.refused)
        and (when.prefer == "soonest") == expression.soonest
    )
    return "juste" if right else "fausse en silence"


def _inside(moment: datetime, when: When) -> bool:
    return any(start <= moment < end for start, end in when.windows)
