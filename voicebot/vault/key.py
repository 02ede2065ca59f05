"""The database key: where it is read from, and where it may not lie.

The key is 32 random bytes. Its file, which only its owner may read, holds it as 64 hexadecimal digits, or wrapped by a
passphrase (``envelope.py``). It never lies in the data directory, so that a copy of the data alone opens nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from voicebot.errors import ConfigurationError
from voicebot.vault.envelope import Envelope, parse

KEY_BYTES = 32
LONGEST = 4096
"""Bytes of a key file that are read."""


def read_key(path: Path, data: Path, passphrase: Callable[[], str] | None = None) -> bytes:
    """Read a key file for the data directory ``data``.

    Args:
        passphrase: asked for where the file is protected by one.

    Raises:
        ConfigurationError: absent, readable by others, malformed, lying in the data directory, or its passphrase is
            wrong or was not given.
    """
    text = _content(path, data)
    if text.startswith("{"):
        if passphrase is None:
            raise ConfigurationError(f"--key-file {path}: is protected by a passphrase, and none was given")
        return read_envelope(path, data).open(passphrase())
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"--key-file {path}: does not hold {KEY_BYTES * 2} hexadecimal digits; make one with: {_recipe(path)}"
        )
    return key


def is_protected(path: Path, data: Path) -> bool:
    """Whether a key file needs a passphrase. Raises ConfigurationError like ``read_key``."""
    return _content(path, data).startswith("{")


def read_envelope(path: Path, data: Path) -> Envelope:
    """A protected key file. Raises ConfigurationError: it is not one."""
    try:
        return parse(_content(path, data))
    except ConfigurationError as error:
        raise ConfigurationError(f"--key-file {path}: {error}") from None


def next_of(path: Path) -> Path:
    """Where the new key lies while a change of key goes on."""
    return path.with_name(path.name + ".next")


def _content(path: Path, data: Path) -> str:
    refuse_beside_data(path, data)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise ConfigurationError(f"--key-file {path}: {error.strerror}; make one with: {_recipe(path)}") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ConfigurationError(f"--key-file {path}: is not a regular file; give the file that holds the key")
        if mode & 0o077:
            raise ConfigurationError(f"--key-file {path}: others may read it; run: chmod 600 {path}")
        return os.read(descriptor, LONGEST).strip().decode("ascii", errors="replace")
    finally:
        os.close(descriptor)


def refuse_beside_data(path: Path, data: Path) -> None:
    """Refuse a key file that lies with the data: whoever copies or steals one would have both."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", path.name):
        # Not repeated: it would stand in a log.
        raise ConfigurationError("--key-file (or $VOICEBOT_KEY_FILE) is the path of a file, never the key itself")
    key, directory = path.resolve(), data.resolve()
    if key.is_relative_to(directory):
        raise ConfigurationError(
            f"--key-file {path}: lies in the data directory {data}; keep it elsewhere, for instance in /etc/voicebot"
        )


def make_key(path: Path) -> None:
    """Write a new key file, 0600. An existing one is never replaced.

    Raises:
        ConfigurationError: it cannot be written.
    """
    write_key_file(path, secrets.token_hex(KEY_BYTES) + "\n", replace=False)


def write_key_file(path: Path, text: str, *, replace: bool) -> bool:
    """Write a key file whole, 0600, and return whether it was written: without ``replace`` an existing one stays.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole under another name first: a second process never reads half a key.
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, text.encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            if replace:
                os.replace(draft, path)
            else:
                os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; give a --key-file that this user may write") from None


def throw_away_key(data: Path) -> tuple[Path, bool]:
    """The sample practice's key file for a data directory, made when absent, and whether it was made now.

    Raises:
        ConfigurationError: it cannot be written, or would lie in the data directory.
    """
    state = os.environ.get("XDG_STATE_HOME")
    base = Path(state) if state and Path(state).is_absolute() else Path.home() / ".local" / "state"
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:16]
    path = base / "voicebot" / f"{name}.key"
    refuse_beside_data(path, data)
    if path.exists():
        return path, False
    make_key(path)
    return path, True


def _recipe(path: Path) -> str:
    return f"(umask 077; openssl rand -hex 32 > {path})"
