"""Which model is in use, and what the catalogue says of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.catalogue import load_catalogue, model_named
from models.store import Store, default_directory
from voicebot.errors import ConfigurationError, UnavailableError
from voicebot.hearing.settings import WhisperSettings


def put(store: Store, name: str, fetched: str) -> None:
    """Pretend that a model was fetched."""
    directory = store.directory / name
    directory.mkdir(parents=True)
    for file in model_named(name).files:
        (directory / file.name).write_bytes(b"")
    lock = {**store.lock(), name: {"fetched": fetched, "files": {}}}
    (store.directory / "lock.json").write_text(json.dumps(lock))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_the_models_that_come_with_voicebot_serve_at_first(store: Store) -> None:
    assert [store.in_use(task).name for task in ("hearing", "speaking")] == ["miniature", "espeak"]


def test_a_fetched_model_becomes_the_default_and_the_last_one_wins(store: Store) -> None:
    put(store, "small", "2026-01-01T10:00:00.000+00:00")
    assert store.in_use("hearing").name == "small"
    put(store, "base", "2026-01-02T10:00:00.000+00:00")
    assert store.in_use("hearing").name == "base"
    assert store.in_use("speaking").name == "espeak"


def test_a_choice_stands_until_it_is_undone(store: Store) -> None:
    put(store, "small", "2026-01-01")
    assert [model.name for model in store.use("miniature")] == ["miniature", "espeak"]
    put(store, "base", "2026-01-02")
    assert store.in_use("hearing").name == "miniature"
    assert [model.name for model in store.use("auto")] == ["base", "espeak"]


def test_hearing_and_speaking_are_chosen_apart(store: Store) -> None:
    put(store, "small", "2026-01-01")
    put(store, "tom", "2026-01-01")
    store.use("miniature")
    store.use("espeak")
    assert [store.in_use(task).name for task in ("hearing", "speaking")] == ["miniature", "espeak"]


def test_what_is_not_here_cannot_be_chosen(store: Store) -> None:
    with pytest.raises(UnavailableError, match="voicebot models fetch base"):
        store.use("base")
    with pytest.raises(ConfigurationError, match="no model is called 'huge'"):
        store.use("huge")


def test_a_missing_model_says_how_to_get_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnavailableError, match=r"base/config\.json is missing\): `voicebot models fetch base`"):
        store.require(model_named("base"))
    monkeypatch.setattr("models.store.HERE", store.directory)
    with pytest.raises(UnavailableError, match="it comes with voicebot: install that again"):
        store.require(model_named("miniature"))
    put(store, "base", "2026-01-01")
    assert store.require(model_named("base")) == store.directory / "base"


def test_a_chosen_model_that_went_away_is_told(store: Store) -> None:
    put(store, "base", "2026-01-01")
    store.use("base")
    (store.directory / "base" / "model.bin").unlink()
    with pytest.raises(UnavailableError, match="the model base was chosen but is not in"):
        store.in_use("hearing")


def test_a_fetched_model_that_is_incomplete_is_passed_over(store: Store) -> None:
    put(store, "base", "2026-01-01")
    (store.directory / "base" / "model.bin").unlink()
    assert store.in_use("hearing").name == "miniature"


def test_a_lock_that_cannot_be_read_is_told(store: Store) -> None:
    (store.directory / "lock.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"lock\.json cannot be read"):
        store.in_use("hearing")


def test_reading_writes_nothing(store: Store) -> None:
    store.in_use("hearing")
    assert list(store.directory.iterdir()) == []


def test_the_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VOICEBOT_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_directory() == tmp_path / "voicebot" / "models"
    monkeypatch.setenv("VOICEBOT_MODELS", str(tmp_path / "here"))
    assert default_directory() == tmp_path / "here"


@pytest.mark.parametrize("name", load_catalogue())
def test_every_entry_of_the_catalogue_is_whole(name: str) -> None:
    model = model_named(name)
    assert model.licence
    assert model.description
    assert model.embedded or (model.repository and model.revision and model.files)
    assert len({file.name for file in model.files}) == len(model.files)
    WhisperSettings(**model.whisper)
    for file in model.files:
        assert file.sha256 is None or len(file.sha256) == 64
        assert file.md5 is None or len(file.md5) == 32
    if model.kind == "whisper" and not model.embedded:
        assert all(file.sha256 and file.size for file in model.files)
        assert {"config.json", "model.bin", "tokenizer.json"} <= {file.name for file in model.files}
    if model.kind == "piper":
        assert sorted(Path(file.name).suffix for file in model.files) == [".json", ".onnx"]


def test_a_catalogue_that_is_wrong_names_the_entry(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text('[odd]\nkind = "whisper"\nfiles = []\ncolour = "blue"\n')
    with pytest.raises(ConfigurationError, match=r"\[odd\] is not a model entry"):
        load_catalogue(path)
