"""A systemd credential: taken where it is bound to the TPM2, refused where the disk alone opens it."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from voicebot.errors import ConfigurationError
from voicebot.vault.credential import NAME, credential_directory, read_credential, refuse_unbound, seal_credential

KEY = bytes(range(32))
BOUND = "0c7cc07b117645919c4b0bea08bc20fe"
BY_HOST = "5a1c6a86df9d4096b1d5a65e0862f19a"
BY_NOTHING = "058469daf6f543248005 49da0f8ea2fb".replace(" ", "")


def sealed(store: Path, kind: str) -> Path:
    store.mkdir(exist_ok=True)
    path = store / NAME
    # As systemd-creds writes it: base 64 in lines.
    path.write_bytes(base64.encodebytes(bytes.fromhex(kind) + os.urandom(200)))
    return path


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    directory = tmp_path / "credentials"
    directory.mkdir()
    (directory / NAME).write_text(f"bound-to-tpm2:{KEY.hex()}\n")
    return directory


def test_a_key_bound_to_the_tpm2_is_taken(opened: Path, tmp_path: Path) -> None:
    sealed(tmp_path / "store", BOUND)
    assert credential_directory({"CREDENTIALS_DIRECTORY": str(opened)}) == opened
    assert read_credential(opened, stores=[tmp_path / "none", tmp_path / "store"]) == KEY


@pytest.mark.parametrize("kind", [BY_HOST, BY_NOTHING, "00" * 16])
def test_a_key_that_the_disk_alone_opens_is_refused(opened: Path, tmp_path: Path, kind: str) -> None:
    sealed(tmp_path / "store", kind)
    with pytest.raises(ConfigurationError, match="not bound to the TPM2"):
        read_credential(opened, stores=[tmp_path / "store"])


@pytest.mark.parametrize("text", [KEY.hex(), "hunter2", ""])
def test_a_key_that_was_not_sealed_here_is_refused_and_not_shown(opened: Path, tmp_path: Path, text: str) -> None:
    (opened / NAME).write_text(text)
    with pytest.raises(ConfigurationError, match="voicebot key seal") as refused:
        read_credential(opened, stores=[tmp_path / "store"])
    assert not text or text not in str(refused.value)


def test_a_service_that_may_not_read_the_sealed_file_relies_on_the_mark(opened: Path, tmp_path: Path) -> None:
    assert read_credential(opened, stores=[tmp_path / "none"]) == KEY
    (opened / NAME).write_text("bound-to-tpm2:zz")
    with pytest.raises(ConfigurationError, match="seal it again"):
        read_credential(opened, stores=[tmp_path / "none"])


def test_a_unit_without_our_credential_has_none(tmp_path: Path) -> None:
    assert credential_directory({}) is None
    assert credential_directory({"CREDENTIALS_DIRECTORY": str(tmp_path)}) is None


@pytest.mark.skipif(shutil.which("systemd-creds") is None, reason="systemd-creds is not installed")
def test_what_systemd_really_seals_without_a_tpm2_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / NAME
    command = ["systemd-creds", "encrypt", "--with-key=null", f"--name={NAME}", "-", str(path)]
    done = subprocess.run(command, input=KEY.hex().encode(), capture_output=True, check=False)
    if done.returncode:
        command[2] = "--with-key=tpm2-absent"
        done = subprocess.run(command, input=KEY.hex().encode(), capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this systemd-creds seals nothing here")
    with pytest.raises(ConfigurationError, match="not bound to the TPM2"):
        refuse_unbound(path)


def test_sealing_says_what_is_missing_and_never_shows_the_key(tmp_path: Path) -> None:
    program = tmp_path / "fake-creds"
    program.write_text("#!/bin/sh\necho 'No TPM2 device found' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(ConfigurationError, match="No TPM2 device found") as refused:
        seal_credential(KEY, tmp_path / "store" / NAME, program=str(program))
    assert KEY.hex() not in str(refused.value)
    with pytest.raises(ConfigurationError, match="install"):
        seal_credential(KEY, tmp_path / NAME, program=str(tmp_path / "absent"))


def test_a_sealed_key_is_written_whole(tmp_path: Path) -> None:
    program = tmp_path / "fake-creds"
    blob = base64.b64encode(bytes.fromhex(BOUND) + bytes(60)).decode()
    program.write_text(f"#!/bin/sh\ngrep -q bound-to-tpm2:{KEY.hex()} && echo {blob}\n")
    program.chmod(0o755)
    seal_credential(KEY, tmp_path / "store" / NAME, program=str(program))
    refuse_unbound(tmp_path / "store" / NAME)
    assert (tmp_path / "store" / NAME).stat().st_mode & 0o777 == 0o600
