"""The database key as a systemd credential that only this machine's TPM2 can open.

A unit with ``LoadCredentialEncrypted=voicebot.key`` finds the key in ``$CREDENTIALS_DIRECTORY``, in memory. systemd can
also bind a credential to a key of its own on the same disk (``--with-key=host``), or to none: whoever steals the disk
has both, so those are refused. The kind is the first 16 bytes of the sealed file (systemd, ``creds-util.h``).
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from voicebot.errors import ConfigurationError

NAME = "voicebot.key"
KEY_BYTES = 32
MARK = "bound-to-tpm2:"
"""Before the key in a credential that was sealed here."""

STORES = (Path("/etc/credstore.encrypted"), Path("/run/credstore.encrypted"), Path("/usr/lib/credstore.encrypted"))
"""Where systemd looks for a sealed credential that a unit names without a path."""

TPM2 = frozenset(
    {
        "0c7cc07b117645919c4b0bea08bc20fe",  # TPM2
        "faf7eb9341e3412ca1a436f95a29362f",  # TPM2, with a public key
        "93a894094874449090caf2fc93cab553",  # the host's key and TPM2
        "ef4ac13679a9480ea7db68897f9f165d",  # the same, for one user
        "af4950a849134eb1a73846304ff30c05",  # the host's key and TPM2, with a public key
        "adbc4ca3efb64201ba881b6f2e4095ea",  # the same, for one user
    }
)
"""Kinds that need this machine's TPM2."""


def credential_directory(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The directory of credentials of a systemd unit that was given ours."""
    directory = environment.get("CREDENTIALS_DIRECTORY")
    return Path(directory) if directory and (Path(directory) / NAME).exists() else None


def read_credential(directory: Path, *, stores: Sequence[Path] = STORES) -> bytes:
    """The database key that systemd has opened for this unit.

    Only ``seal_credential`` writes the mark before the key, and it seals to the TPM2 only. A service that may not read
    the sealed file (systemd's stores are root's) relies on the mark; one that may, looks itself.

    Raises:
        ConfigurationError: malformed, or not known to be bound to the TPM2.
    """
    for store in stores:
        with suppress(PermissionError):
            if (store / NAME).exists():
                refuse_unbound(store / NAME)
    try:
        text = (directory / NAME).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        text = ""
    if not text.startswith(MARK):
        raise ConfigurationError(
            f"the credential {NAME} is not known to be bound to the TPM2: seal it with: voicebot key seal"
            f" --key-file FILE, and name it in the unit with LoadCredentialEncrypted={NAME}"
        )
    try:
        key = bytes.fromhex(text.removeprefix(MARK))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"the credential {NAME} does not hold a key: seal it again")
    return key


def refuse_unbound(sealed: Path) -> None:
    """Refuse a sealed credential that this machine's disk alone can open. Raises ConfigurationError."""
    try:
        kind = base64.b64decode(sealed.read_bytes(), validate=False)[:16].hex()
    except PermissionError:
        raise
    except (OSError, binascii.Error) as error:
        raise ConfigurationError(f"{sealed}: cannot be read ({error}); seal it again") from None
    if kind not in TPM2:
        raise ConfigurationError(
            f"{sealed}: is not bound to the TPM2: whoever takes the disk could open it; seal it with --with-key=tpm2"
        )


def seal_credential(key: bytes, path: Path, *, program: str = "systemd-creds") -> None:
    """Seal a key to this machine's TPM2. Raises ConfigurationError: there is no TPM2 or no systemd-creds."""
    command = [program, "encrypt", "--with-key=tpm2", f"--name={NAME}", "-", "-"]
    try:
        # Through a pipe: the key is neither an argument nor a file.
        done = subprocess.run(command, input=(MARK + key.hex()).encode(), capture_output=True, timeout=60, check=False)  # noqa: S603
    except OSError as error:
        raise ConfigurationError(f"{program}: {error.strerror}; install systemd's credentials tool") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise ConfigurationError(f"{program} could not seal the key: {said[-1]}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(done.stdout)
    draft.chmod(0o600)
    refuse_unbound(draft)
    os.replace(draft, path)
