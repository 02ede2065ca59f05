"""``voicebot key``: make, protect, change and recover the key of the database."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from voicebot.cli.common import Clock, emit, parse_now
from voicebot.cli.keys import Passphrase, actor, database_key, key_file, opens, prompt
from voicebot.database import FILE_NAME
from voicebot.errors import ConfigurationError, UnavailableError
from voicebot.locked import send_passphrase
from voicebot.practice import load_practice
from voicebot.vault.credential import NAME, STORES, seal_credential
from voicebot.vault.envelope import Cost, seal
from voicebot.vault.key import is_protected, make_key, next_of, read_key, refuse_beside_data, write_key_file
from voicebot.vault.paper import from_paper, to_paper
from voicebot.vault.rekey import rekey

ACTIONS = ("init", "passphrase", "recovery", "recover", "rekey", "unlock", "seal")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.description = (
        "init: make a key that a passphrase protects, and print its recovery key. passphrase: protect a plain key, or"
        " change the passphrase. recovery: print the recovery key again. recover: type the recovery key, for a key file"
        " that is lost or a passphrase that is forgotten. rekey: encrypt the database and its backups with a new key,"
        " or finish doing so. unlock: give the passphrase to a service that waits for it. seal: bind the key to this"
        " machine's TPM2, for a unit that starts by itself."
    )
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument(
        "--new-passphrase-fd", type=int, metavar="N", help="read the new passphrase from this file descriptor"
    )
    parser.add_argument("--recovery-fd", type=int, metavar="N", help="recover: read the recovery key from there")
    parser.add_argument("--memory", type=int, metavar="MIB", default=Cost().memory // 1024, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Do one action."""
    if args.action == "unlock":
        send_passphrase(args.data, Passphrase(args)())
        return 0
    path = key_file(args)
    if path is None:
        raise ConfigurationError(f"key {args.action}: say which key with --key-file FILE (outside the data directory)")
    refuse_beside_data(path, args.data)
    actions = {
        "init": _init,
        "passphrase": _passphrase,
        "recovery": _recovery,
        "recover": _recover,
        "rekey": _rekey,
        "seal": _seal,
    }
    return actions[args.action](args, path)


def _init(args: argparse.Namespace, path: Path) -> int:
    if path.exists():
        raise ConfigurationError(f"{path} exists; to protect or change its passphrase: voicebot key passphrase")
    if (args.data / FILE_NAME).exists():
        raise ConfigurationError(f"{args.data} has a database already; its key is changed with: voicebot key rekey")
    key = os.urandom(32)
    if not write_key_file(path, _sealed(args, key), replace=False):
        raise ConfigurationError(f"{path} was made by someone else meanwhile")
    _print_paper(args, key)
    return 0


def _passphrase(args: argparse.Namespace, path: Path) -> int:
    key = read_key(path, args.data, Passphrase(args))
    write_key_file(path, _sealed(args, key), replace=True)
    return 0


def _recovery(args: argparse.Namespace, path: Path) -> int:
    _print_paper(args, database_key(args))
    return 0


def _recover(args: argparse.Namespace, path: Path) -> int:
    typed = Passphrase(argparse.Namespace(passphrase_fd=args.recovery_fd), "Recovery key: ")()
    key = from_paper(typed)
    if not opens(args.data, key):
        raise ConfigurationError(f"this recovery key does not open {args.data}: take the newest paper")
    write_key_file(path, _sealed(args, key), replace=True)
    return 0


def _rekey(args: argparse.Namespace, path: Path) -> int:
    new_path, ask = next_of(path), Passphrase(args)
    key = read_key(path, args.data, ask)
    clock = Clock(load_practice(args.practice).zone, parse_now(args.now))
    if not new_path.exists():
        if is_protected(path, args.data):
            new = seal(os.urandom(32), ask(), _cost(args)).to_text()
            write_key_file(new_path, new, replace=False)
        else:
            make_key(new_path)
    new_key = read_key(new_path, args.data, ask)
    try:
        done = rekey(args.data, key, new_key, clock, actor=actor())
    except UnavailableError:
        if opens(args.data, key):
            # Nothing was changed: the next attempt begins anew.
            new_path.unlink()
        raise
    os.replace(new_path, path)
    for backup in done.other_key:
        print(f"voicebot: {backup} has an older key: restore it with --backup-key-file, or delete it", file=sys.stderr)
    _print_paper(args, new_key)
    return 0


def _seal(args: argparse.Namespace, path: Path) -> int:
    sealed = STORES[0] / NAME
    seal_credential(read_key(path, args.data, Passphrase(args)), sealed)
    print(f"{sealed}: sealed to this machine's TPM2. In the unit: LoadCredentialEncrypted={NAME}", file=sys.stderr)
    print(f"Now take {path} off this machine, or protect it: voicebot key passphrase", file=sys.stderr)
    return 0


def _sealed(args: argparse.Namespace, key: bytes) -> str:
    """The key file's text, protected by a new passphrase that is typed twice."""
    if args.new_passphrase_fd is not None:
        said = Passphrase(argparse.Namespace(passphrase_fd=args.new_passphrase_fd))()
    else:
        said = prompt("New passphrase: ")
        if said != prompt("The same again: "):
            raise ConfigurationError("the two passphrases differ: nothing was changed")
    return seal(key, said, _cost(args)).to_text()


def _cost(args: argparse.Namespace) -> Cost:
    return replace(Cost(), memory=args.memory * 1024)


def _print_paper(args: argparse.Namespace, key: bytes) -> None:
    if args.json:
        emit({"recovery": to_paper(key)})
        return
    print("Recovery key: print it or copy it by hand, and lock it away from this machine. It opens the data and every")
    print("backup without the key file and without the passphrase; it is not shown again unless you ask.")
    print(f"\n    {to_paper(key)}\n")
