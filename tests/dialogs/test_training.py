"""When the model is trained, by whom, and which file is trusted."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from voicebot.errors import UnavailableError
from voicebot.processes import rasa


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """Training replaced by writing a file, because what is tested is when it happens."""
    made: list[Path] = []

    def train(argv: list[str], **options: object) -> object:
        path = Path(argv[-1])
        made.append(path)
        path.write_bytes(b"a model")

        class Done:
            returncode = 0
            stderr = b""

        return Done()

    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr(rasa, "interpreter", lambda: python)
    monkeypatch.setattr(rasa.subprocess, "run", train)
    return made


def silent(line: str) -> None:
    pass


def test_the_model_is_trained_once_and_then_taken_from_the_cache(trainings: list[Path], tmp_path: Path) -> None:
    first = rasa.train_if_needed(tmp_path / "cache", announce=silent)
    assert rasa.train_if_needed(tmp_path / "cache", announce=silent) == first
    assert first.read_bytes() == b"a model"
    assert len(trainings) == 1


def test_one_line_announces_the_training_and_none_the_cache(trainings: list[Path], tmp_path: Path) -> None:
    lines: list[str] = []
    rasa.train_if_needed(tmp_path / "cache", announce=lines.append)
    assert len(lines) == 1
    rasa.train_if_needed(tmp_path / "cache", announce=lines.append)
    assert len(lines) == 1


def test_a_model_that_is_not_the_one_trained_here_is_never_returned(trainings: list[Path], tmp_path: Path) -> None:
    model = rasa.train_if_needed(tmp_path / "cache", announce=silent)
    model.write_bytes(b"another model")
    assert rasa.train_if_needed(tmp_path / "cache", announce=silent).read_bytes() == b"a model"
    assert len(trainings) == 2


def test_a_changed_project_is_trained_again_and_the_old_model_removed(
    trainings: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rasa.train_if_needed(tmp_path / "cache", announce=silent)
    monkeypatch.setattr(rasa, "content_hash", lambda: "0" * 64)
    second = rasa.train_if_needed(tmp_path / "cache", announce=silent)
    assert second != first
    assert not first.exists()


def test_processes_that_start_together_train_once(trainings: list[Path], tmp_path: Path) -> None:
    start = threading.Barrier(4)
    models: list[Path] = []

    def begin() -> None:
        start.wait()
        models.append(rasa.train_if_needed(tmp_path / "cache", announce=silent))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(models)) == 1
    assert len(trainings) == 1


def test_the_hash_follows_content_names_and_lock_but_no_build_product(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text("a")
    (tmp_path / "uv.lock").write_text("1")
    before = rasa.content_hash(tmp_path)
    for product in (".venv/lib", "assistant/__pycache__", ".rasa"):
        (tmp_path / product).mkdir(parents=True)
        (tmp_path / product / "made.py").write_text("made")
    assert rasa.content_hash(tmp_path) == before
    (tmp_path / "uv.lock").write_text("2")
    after = rasa.content_hash(tmp_path)
    assert after != before
    (tmp_path / "domain.yml").rename(tmp_path / "other.yml")
    assert rasa.content_hash(tmp_path) not in (before, after)


def test_a_missing_environment_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa, "interpreter", lambda: tmp_path / "venv" / "bin" / "python")
    with pytest.raises(UnavailableError, match="make install"):
        rasa.train_if_needed(tmp_path / "cache", announce=silent)


def test_a_cache_that_cannot_be_used_says_so(trainings: list[Path], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a directory")
    with pytest.raises(UnavailableError, match="XDG_CACHE_HOME"):
        rasa.train_if_needed(tmp_path / "cache", announce=silent)


def test_a_failed_training_leaves_no_model_and_tells_what_rasa_said(
    trainings: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failed:
        returncode = 1
        stderr = b"domain.yml is wrong"

    monkeypatch.setattr(rasa.subprocess, "run", lambda *a, **k: Failed())
    with pytest.raises(UnavailableError, match=r"domain\.yml is wrong"):
        rasa.train_if_needed(tmp_path / "cache", announce=silent)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["training.lock"]
