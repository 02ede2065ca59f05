"""Where each key, value and comment of a TOML document stands.

The standard library's parser says what a document means but not where. This scanner walks a document that the parser
has already accepted (TOML 1.0), so it need not judge; it only follows keys, strings and brackets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]\}#\n]*")
_COMMENT = re.compile(r"#[^\r\n]*")


@dataclass(frozen=True)
class Pair:
    """One ``key = value``: offsets of its key's start and of its value."""

    key: int
    start: int
    end: int


@dataclass
class Layout:
    """Where everything stands; offsets into the text."""

    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})
    """Line (from 1) of every table, key and list item."""
    pairs: dict[Path, Pair] = field(default_factory=dict)
    headers: dict[Path, int] = field(default_factory=dict)
    """Start of the ``[…]`` or ``[[…]]`` of each table that has one, in the order of the file."""
    comments: list[tuple[int, int]] = field(default_factory=list)
    """From the ``#`` to the end of the line, exclusive."""


def layout(text: str) -> Layout:
    """The layout of a valid TOML document."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.layout


def line_index(text: str) -> dict[Path, int]:
    """Line (from 1) of every table, key and list item of a valid TOML document."""
    return layout(text).lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.layout = Layout()
        self._counted_to = 0
        self._line = 1

    def document(self) -> None:
        table: Path = ()
        lengths: dict[Path, int] = {}
        while self._skip(_BLANK) and self.at < len(self.text):
            header = self.at
            if self._peek("[["):
                self.at += 2
                path = self._resolve(self._key(), lengths)
                lengths[path] = lengths.get(path, 0) + 1
                table = (*path, lengths[path] - 1)
                self._note(path)
                self._note(table)
                self.layout.headers[table] = header
                self.at = self.text.index("]]", self.at) + 2
            elif self._peek("["):
                self.at += 1
                table = self._resolve(self._key(), lengths)
                self._note(table)
                self.layout.headers[table] = header
                self.at = self.text.index("]", self.at) + 1
            else:
                self._pair(table)

    def _resolve(self, keys: Path, lengths: dict[Path, int]) -> Path:
        """A header's path: a key that names an array of tables means its last table."""
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if path in lengths and position < len(keys) - 1:
                path = (*path, lengths[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        path, first = table, self.at
        for key in self._key():
            path = (*path, key)
            self._note(path)
        self.at = self.text.index("=", self.at) + 1
        self._skip(_SPACE)
        start = self.at
        self._value(path)
        end = start + len(self.text[start : self.at].rstrip())
        self.layout.pairs[path] = Pair(first, start, end)

    def _value(self, path: Path) -> None:
        if self.text[self.at] in "\"'":
            self._string()
        elif self._peek("["):
            self.at += 1
            position = 0
            while self._skip(_BLANK) and not self._peek("]"):
                self._note((*path, position))
                self._value((*path, position))
                position += 1
                self._skip(_BLANK)
                if self._peek(","):
                    self.at += 1
            self.at += 1
        elif self._peek("{"):
            self.at += 1
            while self._skip(_BLANK) and not self._peek("}"):
                self._pair(path)
                self._skip(_BLANK)
                if self._peek(","):
                    self.at += 1
            self.at += 1
        else:
            self._skip(_SCALAR)

    def _key(self) -> Path:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            if self.text[self.at] in "\"'":
                keys.append(self._string())
            elif bare := _BARE.match(self.text, self.at):
                keys.append(bare[0])
                self.at = bare.end()
            self._skip(_SPACE)
            if not self._peek("."):
                return tuple(keys)
            self.at += 1

    def _string(self) -> str:
        """Pass one string of any of the four kinds; its value matters only for quoted keys."""
        quote = self.text[self.at]
        mark = quote * 3 if self._peek(quote * 3) else quote
        start = self.at = self.at + len(mark)
        while not self._peek(mark):
            self.at += 2 if self.text[self.at] == "\\" and quote == '"' else 1
        while len(mark) == 3 and self.text.startswith(mark, self.at + 1):
            self.at += 1
        raw = self.text[start : self.at]
        self.at += len(mark)
        return _unescape(raw) if quote == '"' else raw

    def _note(self, path: Path) -> None:
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        self.layout.lines.setdefault(path, self._line)

    def _peek(self, mark: str) -> bool:
        return self.text.startswith(mark, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.at)
        if match and pattern is _BLANK:
            # What is blank holds no string, so a «#» in it begins a comment.
            self.layout.comments += [found.span() for found in _COMMENT.finditer(self.text, self.at, match.end())]
        self.at = match.end() if match else self.at
        return True


_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_NAMED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def _unescape(raw: str) -> str:
    def value(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) > 1 else _NAMED.get(code, code)

    return _ESCAPE.sub(value, raw)
