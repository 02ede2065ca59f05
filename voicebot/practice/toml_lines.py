"""Which line of a TOML document each key stands on.

The standard library's parser says what a document means but not where. This scanner walks a document that the parser
has already accepted (TOML 1.0), so it need not judge; it only follows keys, strings and brackets.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]\}#\n]*")


def line_index(text: str) -> dict[Path, int]:
    """Line (from 1) of every table, key and list item of a valid TOML document."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {(): 1}
        self._counted_to = 0
        self._line = 1

    def document(self) -> None:
        table: Path = ()
        lengths: dict[Path, int] = {}
        while self._skip(_BLANK) and self.at < len(self.text):
            if self._peek("[["):
                self.at += 2
                path = self._resolve(self._key(), lengths)
                lengths[path] = lengths.get(path, 0) + 1
                table = (*path, lengths[path] - 1)
                self._note(path)
                self._note(table)
                self.at = self.text.index("]]", self.at) + 2
            elif self._peek("["):
                self.at += 1
                table = self._resolve(self._key(), lengths)
                self._note(table)
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
        path = table
        for key in self._key():
            path = (*path, key)
            self._note(path)
        self.at = self.text.index("=", self.at) + 1
        self._skip(_SPACE)
        self._value(path)

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
        self.lines.setdefault(path, self._line)

    def _peek(self, mark: str) -> bool:
        return self.text.startswith(mark, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return True


_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_NAMED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def _unescape(raw: str) -> str:
    def value(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) > 1 else _NAMED.get(code, code)

    return _ESCAPE.sub(value, raw)
