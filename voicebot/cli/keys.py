"""Where a verb takes the database key from: a key file, a passphrase, a systemd credential."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.database import FILE_NAME, connect
from voicebot.errors import ConfigurationError
from voicebot.vault.credential import credential_directory, read_credential
from voicebot.vault.key import is_protected, next_of, read_key, throw_away_key

RECIPE = "voicebot key init --key-file FILE, or: (umask 077; openssl rand -hex 32 > FILE)"


def database_key(args: argparse.Namespace, ask: Callable[[], str] | None = None) -> bytes:
    """The key of ``--data``; ``ask`` gives the passphrase where one is needed.

    Raises:
        ConfigurationError: none was given, or it cannot be used; the message says how to mend it.
    """
    path = key_file(args)
    if path is None:
        directory = credential_directory()
        if directory is not None:
            return read_credential(directory)
        raise ConfigurationError(
            "a real practice needs --key-file (or $VOICEBOT_KEY_FILE), outside the data directory;"
            f" make one with: {RECIPE}"
        )
    ask = ask or Passphrase(args)
    key = read_key(path, args.data, ask)
    if not next_of(path).exists():
        return key
    print(
        f"voicebot: a change of key was interrupted; finish it with: voicebot key rekey --key-file {path}",
        file=sys.stderr,
    )
    return key if opens(args.data, key) else read_key(next_of(path), args.data, ask)


def key_file(args: argparse.Namespace) -> Path | None:
    """The key file of a verb: the given one, else the sample practice's throw-away one, which is made when absent."""
    if args.key_file is not None:
        return Path(args.key_file)
    if not is_sample(args):
        return None
    path, made = throw_away_key(args.data)
    if made:
        print(
            f"voicebot: sample practice: a throw-away key was written to {path}; never use it for real patients",
            file=sys.stderr,
        )
    return path


def needs_passphrase(args: argparse.Namespace) -> bool:
    """Whether the key cannot be had without a person: its file is protected, and nobody can be asked here."""
    path = key_file(args)
    if path is None or getattr(args, "passphrase_fd", None) is not None or sys.stdin.isatty():
        return False
    return is_protected(path, args.data)


def opens(data: Path, key: bytes) -> bool:
    """Whether a key opens the database of a data directory, if there is one."""
    path = data / FILE_NAME
    if not path.exists() or path.stat().st_size == 0:
        return True
    try:
        connect(path, key, read_only=True).close()
    except ConfigurationError:
        return False
    return True


def is_sample(args: argparse.Namespace) -> bool:
    """Whether the verb works on the sample practice."""
    return bool(args.practice.resolve() == SAMPLE_PRACTICE)


def actor() -> str:
    """Who acts at this terminal, as the audit trail has it."""
    return f"terminal:{getpass.getuser()}"


class Passphrase:
    """Asks for a passphrase once: from ``--passphrase-fd``, else at the terminal. Raises ConfigurationError without."""

    def __init__(self, args: argparse.Namespace, question: str = "Passphrase: ") -> None:
        self._fd: int | None = getattr(args, "passphrase_fd", None)
        self._question = question
        self._said: str | None = None

    def __call__(self) -> str:
        """The passphrase."""
        if self._said is None:
            self._said = self._from_descriptor(self._fd) if self._fd is not None else prompt(self._question)
        return self._said

    @staticmethod
    def _from_descriptor(descriptor: int) -> str:
        try:
            # Byte by byte: what follows the line is for someone else.
            line = bytearray()
            while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
                line += byte
        except OSError as error:
            raise ConfigurationError(f"--passphrase-fd {descriptor}: {error.strerror}") from None
        return line.decode("utf-8", errors="replace").rstrip("\r")


def prompt(question: str) -> str:
    """Ask at the terminal, unseen. Raises ConfigurationError where there is none."""
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "the key is protected by a passphrase: run this at a terminal, or give --passphrase-fd N"
        )
    return getpass.getpass(question)
