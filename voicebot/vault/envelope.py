"""A key file that is worth nothing by itself: the database key wrapped by a passphrase, and by a recovery key on paper.

The passphrase goes through argon2id (RFC 9106) with a cost that makes guessing slow; the recovery key is random and
needs none. Both unwrap the same key (AES-256-GCM), so that either can be replaced without touching the database.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from dataclasses import asdict, dataclass

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from voicebot.errors import ConfigurationError
from voicebot.vault.receipts import ALPHABET

VERSION = 1
LEAST_PASSPHRASE = 12
"""Characters. Four words drawn by chance are better than any rule about digits."""

RECOVERY_GROUPS, RECOVERY_GROUP = 8, 4
"""Of a recovery key: 32 symbols of 28, 153 bits."""

MOST_MEMORY, MOST_PASSES = 2 * 1024 * 1024, 64
"""Bounds of what a key file may ask for, KiB and passes: a hostile one must not take the machine down."""


@dataclass(frozen=True)
class Cost:
    """What one guess at the passphrase costs."""

    memory: int = 256 * 1024
    """KiB."""
    passes: int = 3
    lanes: int = 2


@dataclass(frozen=True)
class Envelope:
    """The content of a protected key file. Hexadecimal throughout."""

    cost: Cost
    salt: str
    by_passphrase: str
    """Nonce and wrapped key."""
    by_recovery: str

    def open(self, passphrase: str) -> bytes:
        """The database key. Raises ConfigurationError: a wrong passphrase."""
        return self._unwrap(self.by_passphrase, _stretch(passphrase, self.salt, self.cost), "the passphrase is wrong")

    def recover(self, recovery: str) -> bytes:
        """The database key by the recovery key. Raises ConfigurationError: a wrong one."""
        return self._unwrap(
            self.by_recovery,
            _from_recovery(recovery),
            "the recovery key is wrong: copy its 8 groups from the paper, and take the newest paper",
        )

    def to_text(self) -> str:
        """One JSON object."""
        return json.dumps({"version": VERSION, "kdf": "argon2id", **asdict(self)}, indent=1) + "\n"

    def _unwrap(self, wrapped: str, key: bytes, wrong: str) -> bytes:
        blob = bytes.fromhex(wrapped)
        try:
            return AESGCM(key).decrypt(blob[:12], blob[12:], _bound(self.salt))
        except InvalidTag:
            raise ConfigurationError(wrong) from None


def seal(key: bytes, passphrase: str, recovery: str, cost: Cost | None = None) -> Envelope:
    """Wrap a key. Raises ConfigurationError: the passphrase is too short."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise ConfigurationError(
            f"the passphrase is too short: at least {LEAST_PASSPHRASE} characters, for instance four words by chance"
        )
    cost = cost or Cost()
    salt = secrets.token_hex(16)
    return Envelope(
        cost, salt, _wrap(_stretch(passphrase, salt, cost), key, salt), _wrap(_from_recovery(recovery), key, salt)
    )


def parse(text: str) -> Envelope:
    """Read a protected key file. Raises ConfigurationError without showing any of it."""
    try:
        value = json.loads(text)
        cost = Cost(**{name: int(value["cost"][name]) for name in ("memory", "passes", "lanes")})
        envelope = Envelope(cost, value["salt"], value["by_passphrase"], value["by_recovery"])
        for part in (envelope.salt, envelope.by_passphrase, envelope.by_recovery):
            bytes.fromhex(part)
        good = value["version"] == VERSION and value["kdf"] == "argon2id"
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise ConfigurationError("is neither a key nor a protected key of this version; restore it from its copy")
    if not (8 <= cost.memory <= MOST_MEMORY and 1 <= cost.passes <= MOST_PASSES and 1 <= cost.lanes <= 16):
        raise ConfigurationError("asks for more work than any key of ours does; restore it from its copy")
    return envelope


def new_recovery_key() -> str:
    """A recovery key to be printed: 8 groups of 4 symbols."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_GROUP)) for _ in range(RECOVERY_GROUPS))


def _stretch(passphrase: str, salt: str, cost: Cost) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode()
    return hash_secret_raw(secret, bytes.fromhex(salt), cost.passes, cost.memory, cost.lanes, 32, Type.ID)


def _from_recovery(recovery: str) -> bytes:
    symbols = "".join(symbol for symbol in recovery.upper() if symbol.isalnum())
    # Random and long: one pass of a hash is enough.
    return hashlib.blake2b(symbols.encode(), digest_size=32, person=b"voicebot recover").digest()


def _wrap(wrapping: bytes, key: bytes, salt: str) -> str:
    nonce = secrets.token_bytes(12)
    return (nonce + AESGCM(wrapping).encrypt(nonce, key, _bound(salt))).hex()


def _bound(salt: str) -> bytes:
    return f"voicebot key {VERSION} {salt}".encode()
