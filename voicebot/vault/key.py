"""The database key: where it is read from, and where it may not lie.

The key is 32 random bytes, written as 64 hexadecimal digits in a file that only its owner may read. It never lies in
the data directory, so that a copy of the data alone opens nothing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path

from voicebot.errors import ConfigurationError

KEY_BYTES = 32


def read_key(path: Path, data: Path) -> bytes:
    """Read a key file for the data directory ``data``.

    Raises:
        ConfigurationError: absent, readable by others, malformed, or lying in the data directory.
    """
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
        text = os.read(descriptor, 256).strip()
    finally:
        os.close(descriptor)
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"--key-file {path}: does not hold {KEY_BYTES * 2} hexadecimal digits; make one with: {_recipe(path)}"
        )
    return key


def refuse_beside_data(path: Path, data: Path) -> None:
    """Refuse a key file that lies with the data: whoever copies or steals one would have both."""
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
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole under another name first: a second process never reads half a key.
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, secrets.token_hex(KEY_BYTES).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
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
