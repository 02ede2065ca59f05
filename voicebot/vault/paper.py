"""The recovery key: the database key as a person writes it on paper and types it back.

Crockford's base 32: 256 bits are 52 symbols, four more check them; 14 groups of 4. O is read as 0, I and L as 1.
"""

from __future__ import annotations

import hashlib

from voicebot.errors import ConfigurationError

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SIZE, CHECK, GROUP = 52, 4, 4
_READ_AS = str.maketrans("OIL", "011")


def to_paper(key: bytes) -> str:
    """A key of 32 bytes as 14 groups of 4 symbols."""
    symbols = _encode(int.from_bytes(key, "big"), SIZE) + _check(key)
    return "-".join(symbols[at : at + GROUP] for at in range(0, len(symbols), GROUP))


def from_paper(text: str) -> bytes:
    """The key that was printed. Raises ConfigurationError: mistyped."""
    symbols = "".join(letter for letter in text.upper() if letter.isalnum()).translate(_READ_AS)
    if len(symbols) != SIZE + CHECK or set(symbols) - set(SYMBOLS):
        groups = (SIZE + CHECK) // GROUP
        raise ConfigurationError(f"a recovery key has {groups} groups of {GROUP} letters and digits; type it again")
    number = 0
    for symbol in symbols[:SIZE]:
        number = number * 32 + SYMBOLS.index(symbol)
    key = (number & (2**256 - 1)).to_bytes(32, "big")
    if number >> 256 or _check(key) != symbols[SIZE:]:
        raise ConfigurationError("the recovery key was mistyped: compare each group with the paper")
    return key


def _check(key: bytes) -> str:
    return _encode(int.from_bytes(hashlib.sha256(b"voicebot recovery" + key).digest(), "big") & 0xFFFFF, CHECK)


def _encode(number: int, size: int) -> str:
    return "".join(SYMBOLS[(number >> (5 * at)) & 31] for at in reversed(range(size)))
