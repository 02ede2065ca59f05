"""The key's file: private, outside the data, never replaced."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from voicebot.errors import ConfigurationError
from voicebot.vault.envelope import Cost, seal
from voicebot.vault.key import is_protected, make_key, read_key, throw_away_key, write_key_file


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "practice.key"
    make_key(path)
    return path


def test_a_made_key_is_private_and_read_back(key_file: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key = read_key(key_file, tmp_path / "data")
    assert len(key) == 32
    make_key(key_file)
    assert read_key(key_file, tmp_path / "data") == key, "an existing key is never replaced"
    assert [file.name for file in key_file.parent.iterdir()] == ["practice.key"]


def test_a_key_in_the_data_directory_is_refused_even_through_a_link(key_file: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "deep").mkdir(parents=True)
    inside = data / "deep" / "k"
    make_key(inside)
    with pytest.raises(ConfigurationError, match="lies in the data directory"):
        read_key(inside, data)
    link = tmp_path / "link"
    link.symlink_to(data)
    with pytest.raises(ConfigurationError, match="lies in the data directory"):
        read_key(link / "deep" / "k", data)


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31, "é" * 64])
def test_a_file_that_holds_no_key_is_said_without_its_content(tmp_path: Path, content: str) -> None:
    path = tmp_path / "k"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="64 hexadecimal digits") as refused:
        read_key(path, tmp_path / "data")
    assert not content or content not in str(refused.value)


def test_a_key_that_others_may_read_is_refused(key_file: Path, tmp_path: Path) -> None:
    key_file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_key(key_file, tmp_path / "data")


def test_an_absent_key_is_said_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand -hex 32"):
        read_key(tmp_path / "none", tmp_path / "data")
    with pytest.raises(ConfigurationError, match="regular file"):
        read_key(tmp_path, tmp_path / "data")


def test_the_throw_away_key_belongs_to_its_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path, made = throw_away_key(tmp_path / "one")
    assert made
    assert throw_away_key(tmp_path / "one") == (path, False)
    assert throw_away_key(tmp_path / "two")[0] != path
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "one" / "state"))
    with pytest.raises(ConfigurationError, match="lies in the data directory"):
        throw_away_key(tmp_path / "one")


def test_a_key_in_the_place_of_its_path_is_refused_and_not_repeated(tmp_path: Path) -> None:
    key = bytes(range(32)).hex()
    with pytest.raises(ConfigurationError, match="never the key itself") as refused:
        read_key(Path(key), tmp_path / "data")
    assert key not in str(refused.value)


def test_a_protected_key_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "k"
    write_key_file(path, seal(bytes(range(32)), "quatre mots au sort", Cost(64, 1, 1)).to_text(), replace=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_protected(path, tmp_path / "data")
    with pytest.raises(ConfigurationError, match="protected by a passphrase"):
        read_key(path, tmp_path / "data")
    assert read_key(path, tmp_path / "data", lambda: "quatre mots au sort") == bytes(range(32))
    path.write_text('{"version": 1}')
    with pytest.raises(ConfigurationError, match=f"--key-file {path}: is neither a key"):
        read_key(path, tmp_path / "data", lambda: "x")
