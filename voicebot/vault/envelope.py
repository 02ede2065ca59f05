"""A key file that is worth nothing by itself: the database key wrapped by a passphrase.

The passphrase goes through argon2id (RFC 9106) with a cost that makes guessing slow, and unwraps the key (AES-256-GCM):
it can be replaced without touching the database.
"""

from __future__ import annotations

import json
import secrets
import unicodedata
from dataclasses import asdict, dataclass

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from voicebot.errors import ConfigurationError

VERSION = 1
LEAST_PASSPHRASE = 12
"""Characters. Four words drawn by chance are better than any rule about digits."""

NONCE_BYTES, SALT_BYTES = 12, 16

MOST_MEMORY, MOST_PASSES, MOST_LANES = 2 * 1024 * 1024, 64, 16
"""Bounds of what a key file may ask for, KiB, passes and lanes: a hostile one must not take the machine down."""


@dataclass(frozen=True)
class Cost:
    """What one guess at the passphrase costs: about a second and memory that cannot be had cheaply."""

    memory: int = 256 * 1024
    """KiB."""
    passes: int = 4
    lanes: int = 2


@dataclass(frozen=True)
class Envelope:
    """The content of a protected key file."""

    cost: Cost
    salt: str
    """Hexadecimal."""
    wrapped: str
    """Nonce and wrapped key, hexadecimal."""

    def open(self, passphrase: str) -> bytes:
        """The database key. Raises ConfigurationError: a wrong passphrase."""
        blob = bytes.fromhex(self.wrapped)
        stretched = _stretch(passphrase, self.salt, self.cost)
        try:
            return AESGCM(stretched).decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _bound(self.salt))
        except InvalidTag:
            raise ConfigurationError(
                "the passphrase is wrong; who has forgotten it uses the recovery key: voicebot key recover"
            ) from None

    def to_text(self) -> str:
        """One JSON object."""
        return json.dumps({"version": VERSION, "kdf": "argon2id", **asdict(self)}, indent=1) + "\n"


def seal(key: bytes, passphrase: str, cost: Cost | None = None) -> Envelope:
    """Wrap a key. Raises ConfigurationError: the passphrase is too short."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise ConfigurationError(
            f"the passphrase is too short: at least {LEAST_PASSPHRASE} characters, for instance four words by chance"
        )
    cost, salt, nonce = cost or Cost(), secrets.token_hex(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    wrapped = AESGCM(_stretch(passphrase, salt, cost)).encrypt(nonce, key, _bound(salt))
    return Envelope(cost, salt, (nonce + wrapped).hex())


def parse(text: str) -> Envelope:
    """Read a protected key file. Raises ConfigurationError without showing any of it."""
    try:
        value = json.loads(text)
        cost = Cost(**{name: int(value["cost"][name]) for name in ("memory", "passes", "lanes")})
        envelope = Envelope(cost, str(value["salt"]), str(value["wrapped"]))
        good = value["version"] == VERSION and value["kdf"] == "argon2id"
        good = good and len(bytes.fromhex(envelope.salt)) == SALT_BYTES
        good = good and len(bytes.fromhex(envelope.wrapped)) == NONCE_BYTES + 32 + 16
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise ConfigurationError("is neither a key nor a protected key of this version; bring back a copy of it")
    if not (8 <= cost.memory <= MOST_MEMORY and 1 <= cost.passes <= MOST_PASSES and 1 <= cost.lanes <= MOST_LANES):
        raise ConfigurationError("asks for more work than any key of ours does; bring back a copy of it")
    return envelope


def _stretch(passphrase: str, salt: str, cost: Cost) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode()
    try:
        return hash_secret_raw(secret, bytes.fromhex(salt), cost.passes, cost.memory, cost.lanes, 32, Type.ID)
    except HashingError as error:
        raise ConfigurationError(
            f"argon2id failed ({error}): {cost.memory // 1024} MiB of free memory are needed"
        ) from None


def _bound(salt: str) -> bytes:
    return f"voicebot key {VERSION} {salt}".encode()
