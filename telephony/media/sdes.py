"""Keys for SRTP in session descriptions (SDES, RFC 4568): ``a=crypto`` lines, read, chosen and written.

A line is declined, and the next one looked at, where it is malformed or asks for what we cannot do: another suite, MKI,
several keys, a key derivation rate, anything unencrypted or unauthenticated. Keys never show in ``repr`` or in errors.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

KEY_BYTES = 30
"""Master key (16) and master salt (14) of both suites (RFC 4568, section 6.2), bytes."""
LEAST_LIFETIME = 180_000
"""A key that may protect fewer packets is declined: an hour of a call. Who made a key renews it before its end."""

_LINE = re.compile(r"(?P<tag>0|[1-9][0-9]{0,8})[ \t]+(?P<suite>\S+)[ \t]+(?P<keys>\S+)(?P<session>.*)", re.DOTALL)
_LIFETIME = re.compile(r"(?:2\^(?P<power>[0-9]{1,2})|(?P<packets>[0-9]{1,15}))")


class Suite(StrEnum):
    """The crypto-suites that we know, best first (RFC 4568, section 6.2)."""

    SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    SHA1_32 = "AES_CM_128_HMAC_SHA1_32"


_SUITES = {suite.value: suite for suite in Suite}


@dataclass(frozen=True)
class Crypto:
    """One ``a=crypto`` line: the key with which whoever wrote it protects what it sends."""

    tag: int
    suite: Suite
    key: bytes = field(repr=False)
    """Master key and master salt."""

    @classmethod
    def fresh(cls, tag: int, suite: Suite) -> Crypto:
        """A line with a key of our own that was never used."""
        return cls(tag, suite, secrets.token_bytes(KEY_BYTES))

    @property
    def line(self) -> str:
        """As it stands in a description."""
        return f"a=crypto:{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


@dataclass(frozen=True)
class Keys:
    """What both sides agreed: the same tag and suite, a key for each direction."""

    ours: Crypto
    theirs: Crypto


def read(value: str) -> Crypto | None:
    """Read what follows ``a=crypto:``; None when the line is to be declined."""
    line = _LINE.fullmatch(value)
    if line is None:
        return None
    suite, key = _SUITES.get(line["suite"].upper()), _key(line["keys"])
    if suite is None or key is None or not all(map(_is_bearable, line["session"].split())):
        return None
    return Crypto(int(line["tag"]), suite, key)


def _key(text: str) -> bytes | None:
    """The one key of ``inline:KEY[|LIFETIME][|MKI:LENGTH]`` (section 6.1); several keys need MKI."""
    method, _, rest = text.partition(":")
    encoded, *more = rest.split("|")
    if method.lower() != "inline" or len(more) > 1 or not all(map(_lasts, more)):
        return None
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _lasts(text: str) -> bool:
    """Whether it is a lifetime, and long enough."""
    lifetime = _LIFETIME.fullmatch(text)
    if lifetime is None:
        return False
    return (2 ** int(lifetime["power"]) if lifetime["power"] else int(lifetime["packets"])) >= LEAST_LIFETIME


def _is_bearable(parameter: str) -> bool:
    """Whether a session parameter (section 6.3) may be left aside: a hint, or one marked as optional."""
    return parameter.startswith("-") or re.fullmatch(r"WSH=[0-9]{1,9}", parameter, re.IGNORECASE) is not None


def take_up(offered: Sequence[Crypto], held: Keys | None) -> Keys | None:
    """Answer an offer's lines: the first one that we know, in the offerer's order (section 7.1.2).

    Where the offerer keeps its key, we keep ours and the packets' count goes on; a new key of theirs may be another
    telephone's, which knows nothing of our count, and gets a new one of ours (section 7.1.4).
    """
    if not offered:
        return None
    theirs = offered[0]
    if held is not None and (held.theirs.suite, held.theirs.key) == (theirs.suite, theirs.key):
        return Keys(replace(held.ours, tag=theirs.tag), theirs)
    return Keys(Crypto.fresh(theirs.tag, theirs.suite), theirs)


def conclude(answered: Sequence[Crypto], offered: Iterable[Crypto]) -> Keys | None:
    """Read the answer to lines of ours: exactly one of them, by tag and suite (section 7.1.3)."""
    if len(answered) != 1:
        return None
    theirs = answered[0]
    ours = (line for line in offered if (line.tag, line.suite) == (theirs.tag, theirs.suite))
    return next((Keys(line, theirs) for line in ours), None)
