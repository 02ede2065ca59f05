"""Header fields of SIP messages (RFC 3261 §7.3, §20)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from telephony.sip.uri import SipError, split_list

MAX_HEADERS = 200
"""Most header lines of a message."""
TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
"""RFC 3261 §25.1 ``token``."""

_COMPACT = {
    "a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
    "e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported",
    "l": "Content-Length", "m": "Contact", "o": "Event", "r": "Refer-To", "s": "Subject", "t": "To",
    "u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
}  # fmt: skip
"""Compact header names (RFC 3261 §7.3.3 and the IANA registry)."""


class Headers:
    """Header fields in order; names compare without regard to case and compact names are spelt out."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: list[tuple[str, str]] = []
        for name, value in fields:
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        """Append a field. Raises SipError where a value would start a new line."""
        if "\r" in value or "\n" in value:
            raise SipError(f"header {name}: a value may not hold a line break")
        self._fields.append((_COMPACT.get(name.lower(), name), value))

    def set(self, name: str, value: str) -> None:
        """Replace every field of this name by one, where the first stood."""
        self.replace(name, [value])

    def replace(self, name: str, values: Iterable[str]) -> None:
        """Replace every field of this name by these, where the first stood."""
        wanted = name.lower()
        place = next((i for i, (n, _) in enumerate(self._fields) if n.lower() == wanted), len(self._fields))
        kept = [f for f in self._fields if f[0].lower() != wanted]
        fresh = Headers((name, value) for value in values)._fields
        self._fields = kept[:place] + fresh + kept[place:]

    def get(self, name: str) -> str | None:
        """The first value of this name, or None."""
        wanted = name.lower()
        return next((value for n, value in self._fields if n.lower() == wanted), None)

    def all(self, name: str) -> list[str]:
        """Every field value of this name, as it stood."""
        wanted = name.lower()
        return [value for n, value in self._fields if n.lower() == wanted]

    def elements(self, name: str) -> list[str]:
        """Every element of the comma-separated fields of this name. Raises SipError at an open quote."""
        return [element for value in self.all(name) for element in split_list(value)]

    def tokens(self, name: str) -> frozenset[str]:
        """The elements of :meth:`elements` in lower case: option tags, methods."""
        return frozenset(element.lower() for element in self.elements(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None


def read_headers(lines: Iterable[str]) -> Headers:
    """Unfold and read header lines (RFC 3261 §7.3.1). Raises SipError."""
    unfolded: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and unfolded:
            unfolded[-1] += " " + line.strip()
        elif line:
            unfolded.append(line)
        if len(unfolded) > MAX_HEADERS:
            raise SipError("a message has more than 200 headers")
    headers = Headers()
    for line in unfolded:
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not TOKEN.fullmatch(name):
            raise SipError("a header line is malformed")
        headers.add(name, value.strip().replace("\r", " "))
    return headers
