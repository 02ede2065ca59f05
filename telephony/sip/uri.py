"""SIP URIs, addresses and parameters, read leniently (RFC 3261 §19.1, §20, §25.1).

Real PBXs send ``sip:a@my_pbx``, ``SIP:``, unquoted accents and the like, so these readers accept more than the grammar
does. Every one of them is a single pass over its input: no backtracking, no exponential time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from voicebot.errors import ProtocolError

_HOST = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
_IPV6 = frozenset("0123456789abcdefABCDEF:.")
_SCHEME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-")


class SipError(ProtocolError):
    """A SIP message, or a part of one, that cannot be understood. The message never quotes the input."""


def _separated(text: str, separator: str) -> Iterator[str]:
    """Cut at ``separator`` outside quoted strings and angle brackets; unbalanced quotes raise SipError."""
    if '"' not in text and "<" not in text:
        yield from text.split(separator)
        return
    start, quoted, bracketed, index = 0, False, False, 0
    while index < len(text):
        char = text[index]
        if quoted:
            if char == "\\":
                index += 1
            elif char == '"':
                quoted = False
        elif char == '"':
            quoted = True
        elif char == "<":
            bracketed = True
        elif char == ">":
            bracketed = False
        elif char == separator and not bracketed:
            yield text[start:index]
            start = index + 1
        index += 1
    if quoted:
        raise SipError("a quoted string is not closed")
    yield text[start:]


def split_list(value: str) -> list[str]:
    """The elements of a comma-separated header value (RFC 3261 §7.3.1), stripped, empty ones left out."""
    return [part.strip() for part in _separated(value, ",") if part.strip()]


def unquote_string(text: str) -> str:
    """The content of a quoted string (RFC 3261 §25.1 ``quoted-string``), or the text itself where it has no quotes."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    out: list[str] = []
    escaped = False
    for char in text[1:-1]:
        if char == "\\" and not escaped:
            escaped = True
            continue
        out.append(char)
        escaped = False
    return "".join(out)


def parse_parameters(text: str) -> dict[str, str | None]:
    """``;a=b;c`` as a mapping with lower-case names; the first of a repeated name counts; quotes are kept."""
    parameters: dict[str, str | None] = {}
    for part in _separated(text, ";"):
        name, equals, value = part.partition("=")
        key = name.strip().lower()
        if key and key not in parameters:
            parameters[key] = value.strip() if equals else None
    return parameters


def render_parameters(parameters: Mapping[str, str | None]) -> str:
    """The opposite of :func:`parse_parameters`."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in parameters.items())


def split_host_port(text: str) -> tuple[str, int | None]:
    """``host``, ``host:5060`` or ``[2001:db8::1]:5060``; an IPv6 address comes back without brackets.

    Raises:
        SipError: the host has a character that no host has, or the port is not 1 to 65535.
    """
    text = text.strip()
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        good = bool(bracket) and bool(host) and _IPV6.issuperset(host)
    else:
        host, colon, port_text = text.partition(":")
        host, rest = host.strip(), colon + port_text
        good = bool(host) and _HOST.issuperset(host)
    if not good:
        raise SipError("a host is malformed")
    if not rest:
        return host, None
    number = rest[1:].strip()
    if rest[0] != ":" or not (number.isascii() and number.isdigit()) or len(number) > 5:
        raise SipError("a port is malformed")
    port = int(number)
    if not 0 < port < 65536:
        raise SipError("a port is out of range")
    return host, port


def format_host(host: str) -> str:
    """A host as it stands in a URI: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


@dataclass(frozen=True)
class Uri:
    """A URI; ``host`` is empty for schemes other than ``sip`` and ``sips``. ``text`` is what was read."""

    text: str
    scheme: str
    user: str | None = None
    """User part, percent-decoded; for ``tel`` the number."""
    host: str = ""
    port: int | None = None
    parameters: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Read a URI of any scheme. Raises SipError."""
        text = text.strip()
        scheme, colon, rest = text.partition(":")
        scheme = scheme.strip().lower()
        if not colon or not scheme or not _SCHEME.issuperset(scheme) or not rest:
            raise SipError("a URI has no scheme or nothing behind it")
        if scheme == "tel":  # RFC 3966
            number, _, tail = rest.partition(";")
            return cls(text, scheme, user=unquote(number.strip()), parameters=parse_parameters(tail))
        if scheme not in ("sip", "sips"):
            return cls(text, scheme)
        if any(char.isspace() and char != " " for char in rest):
            raise SipError("a URI holds white space")
        # The user part may hold ; ? and : but never an unescaped @ (§25.1), so the first one ends it.
        userinfo, at, tail = rest.partition("@")
        if not at:
            userinfo, tail = "", rest
        tail = tail.partition("?")[0]  # headers of a URI are never obeyed (§19.1.5)
        hostport, _, parameters = tail.partition(";")
        host, port = split_host_port(hostport)
        user = unquote(userinfo.partition(":")[0], errors="replace") if at else None
        return cls(text, scheme, user, host, port, parse_parameters(parameters))

    @property
    def transport(self) -> str:
        """The transport that the URI asks for: ``UDP`` unless it names another (RFC 3263 §4.1 for numeric hosts)."""
        if self.scheme == "sips":
            return "TLS"
        return (self.parameters.get("transport") or "udp").upper()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Address:
    """A ``name-addr`` or ``addr-spec`` with header parameters (RFC 3261 §20.10)."""

    uri: Uri
    display: str = ""
    parameters: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read one address. Raises SipError."""
        text = text.strip()
        before, angle, after = _partition_angle(text)
        if angle:
            uri, closing, tail = after.partition(">")
            if not closing:
                raise SipError("an address lacks its closing angle bracket")
            return cls(Uri.parse(uri), unquote_string(before.strip()), parse_parameters(tail))
        # Without brackets, everything behind the first semicolon belongs to the header, not to the URI (§20).
        uri, _, tail = text.partition(";")
        return cls(Uri.parse(uri), "", parse_parameters(tail))

    @property
    def tag(self) -> str | None:
        """The ``tag`` parameter, or None."""
        return self.parameters.get("tag") or None


def _partition_angle(text: str) -> tuple[str, bool, str]:
    """Cut at the first ``<`` outside a quoted display name."""
    if not text.startswith('"'):
        before, angle, after = text.partition("<")
        return before, bool(angle), after
    index = 1
    while index < len(text) and text[index] != '"':
        index += 2 if text[index] == "\\" else 1
    if index >= len(text):
        raise SipError("a display name's quote is not closed")
    before, angle, after = text[index + 1 :].partition("<")
    return text[: index + 1] + before, bool(angle), after
