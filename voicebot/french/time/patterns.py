"""A small pattern language over pieces of a sentence, compiled to regular expressions.

A pattern is words in lower case (folded), classes of pieces in capitals, ``( | )``, ``?`` and ``*``; ``name:CLASS`` or
``name:( … )`` keeps what matched. ``"w:WD le? d:NUM m:MONTH"`` fits *mardi 24 novembre* and *mardi le 24 novembre*.
Each class and word is one private character, so that a sentence is a short string and matching is done by ``re``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_FIRST_CODE = 0xE000
_TOKEN = re.compile(r"\s+|(?:(\w+):)?(\w+|\()|([)|?*])")


class Alphabet:
    """Gives each class and each word of the patterns its character."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def code(self, symbol: str) -> str:
        """The character of a symbol; it is made when it is new."""
        return self._codes.setdefault(symbol, chr(_FIRST_CODE + len(self._codes)))

    def known(self, symbol: str) -> str | None:
        """The character of a symbol, or None when no pattern names it."""
        return self._codes.get(symbol)

    @property
    def words(self) -> frozenset[str]:
        """The literal words that patterns name."""
        return frozenset(s for s in self._codes if s == s.lower())


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the sentence, words ``start`` to ``end`` (exclusive), that was recognised as ``kind``."""

    kind: str
    value: Any
    start: int
    end: int
    code: str


_CLOSING = frozenset({"STOP", "COMMA", "YES", "BUT", "DONC", "PLUTOT", "WANT", "CAN", "BOOK", "REASON", "SOON"})
"""Kinds of pieces that begin something new."""


class Found:
    """What a pattern matched: the value of a named piece, by name; None where an optional piece was absent."""

    __slots__ = ("_match", "_pieces")

    def __init__(self, match: re.Match[str], pieces: Sequence[Piece]) -> None:
        self._match = match
        self._pieces = pieces

    def __getitem__(self, name: str) -> Any:
        piece = self.piece(name)
        return None if piece is None else piece.value

    def piece(self, name: str) -> Piece | None:
        """The named piece itself."""
        at, end = self._match.span(name) if name in self.names else (-1, -1)
        return self._pieces[at] if at < end else None

    def has(self, name: str) -> bool:
        """Whether the named part of the pattern matched something."""
        return self.piece(name) is not None

    @property
    def names(self) -> Mapping[str, int]:
        """The names that the pattern has."""
        return self._match.re.groupindex

    def first_word(self) -> Any:
        """The value of the first piece."""
        return self._pieces[self._match.start()].value

    def words(self) -> set[Any]:
        """The values of every piece of the match."""
        return {piece.value for piece in self._pieces[self._match.start() : self._match.end()] if piece.kind == "word"}

    def kinds(self) -> set[str]:
        """The kinds of every piece of the match."""
        return {piece.kind for piece in self._pieces[self._match.start() : self._match.end()]}

    def after(self) -> Piece | None:
        """The piece that follows the match."""
        end = self._match.end()
        return self._pieces[end] if end < len(self._pieces) else None

    def follows(self, kind: str) -> bool:
        """Whether a piece of this kind stands in front of the match, articles aside."""
        at = self._match.start() - 1
        while at >= 0 and self._pieces[at].value in ("le", "la", "les", "l"):
            at -= 1
        return at >= 0 and self._pieces[at].kind == kind

    def earlier(self, kind: str, value: Any) -> bool:
        """Whether such a piece stands anywhere in front of the match."""
        return any(piece.kind == kind and piece.value == value for piece in self._pieces[: self._match.start()])

    def closes(self) -> bool:
        """Whether no object follows the match: « mardi ou après », not « mardi ou après Noël »."""
        following = self.after()
        return following is None or following.kind in _CLOSING

    def before(self) -> Piece | None:
        """The piece in front of the match."""
        start = self._match.start()
        return self._pieces[start - 1] if start else None


Action = Callable[[Any, Found], Any]
"""(context, found) → a list of (kind, value) that replaces the pieces, or None to refuse the match."""


@dataclass(frozen=True)
class Rule:
    """A compiled pattern and what it makes."""

    regex: re.Pattern[str]
    action: Action
    first: frozenset[str]


class Grammar:
    """One pass of rules over the pieces: at each place the longest match wins, then the earlier rule."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet
        self._rules: list[Rule] = []
        self._by_first: dict[str, list[Rule]] = {}

    def rule(self, *patterns: str) -> Callable[[Action], Action]:
        """Register an action for one or several patterns."""

        def register(action: Action) -> Action:
            for pattern in patterns:
                rule = self._compile(pattern, action)
                self._rules.append(rule)
                for code in rule.first:
                    self._by_first.setdefault(code, []).append(rule)
            return action

        return register

    def _compile(self, pattern: str, action: Action) -> Rule:
        source: list[str] = []
        for match in _TOKEN.finditer(pattern):
            name, symbol, mark = match.groups()
            if symbol == "(":
                source.append(f"(?P<{name}>" if name else "(?:")
            elif symbol:
                code = self._alphabet.code(symbol)
                source.append(f"(?P<{name}>{code})" if name else code)
            elif mark:
                source.append(mark)
        regex = re.compile("".join(source))
        return Rule(regex, action, _first_codes("".join(source)))

    def reduce(self, context: Any, pieces: list[Piece]) -> list[Piece]:
        """Apply the rules once from left to right."""
        text = "".join(piece.code for piece in pieces)
        out: list[Piece] = []
        index = 0
        while index < len(pieces):
            made = self._at(context, pieces, text, index)
            if made is None:
                out.append(pieces[index])
                index += 1
            else:
                replaced, index = made
                out.extend(replaced)
        return out

    def _at(self, context: Any, pieces: list[Piece], text: str, index: int) -> tuple[list[Piece], int] | None:
        rules = self._by_first.get(text[index])
        if not rules:
            return None
        hits = [(m, rule) for rule in rules if (m := rule.regex.match(text, index)) and m.end() > index]
        hits.sort(key=lambda hit: -hit[0].end())
        for match, rule in hits:
            made = rule.action(context, Found(match, pieces))
            if made is not None:
                start, end = pieces[index].start, pieces[match.end() - 1].end
                return [self.piece(kind, value, start, end) for kind, value in made], match.end()
        return None

    def piece(self, kind: str, value: Any, start: int, end: int) -> Piece:
        """Make a piece of a class, or of a literal word (kind ``word``, the word as its value)."""
        return Piece(kind, value, start, end, self._alphabet.code(value if kind == "word" else kind))


def _first_codes(source: str) -> frozenset[str]:
    """The characters that a match may begin with."""
    first, _, _ = _sequence(source, 0)
    return frozenset(first)


def _sequence(source: str, at: int) -> tuple[set[str], bool, int]:
    """(first characters, may be empty, end) of an alternation that ends at ``)`` or at the end of the source."""
    first: set[str] = set()
    branch: set[str] = set()
    empty = True
    any_empty = False
    while at < len(source) and source[at] != ")":
        if source[at] == "|":
            first |= branch
            any_empty = any_empty or empty
            branch, empty, at = set(), True, at + 1
            continue
        if source[at] == "(":
            start = source.index(">", at) + 1 if source.startswith("(?P", at) else at + 3
            inner, inner_empty, at = _sequence(source, start)
            at += 1
        else:
            inner, inner_empty, at = {source[at]}, False, at + 1
        if at < len(source) and source[at] in "?*":
            inner_empty, at = True, at + 1
        if empty:
            branch |= inner
            empty = inner_empty
    return first | branch, any_empty or empty, at
