"""The practice's file written by the desk: kept whole, given back byte for byte, never over someone else's change."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.agenda.helpers import StandingClock
from voicebot.agenda.live import LivePractice
from voicebot.agenda.session import Session
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.database import open_database
from voicebot.desk.rulebook import BY_HAND, Rulebook
from voicebot.errors import StaleVersionError, UnavailableError
from voicebot.practice import PracticeError
from voicebot.practice.editing import Add, Put

CLOSED = Add("exceptions", {"date": date(2026, 12, 24), "closed": True, "label": "veille de Noël"})


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE_PRACTICE, tmp_path / "practice")
    return tmp_path / "practice"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(open_database(tmp_path / "data", bytes(range(32))))
    yield made
    made.close()


@pytest.fixture
def rules(directory: Path) -> LivePractice:
    return LivePractice(directory)


@pytest.fixture
def book(rules: LivePractice, directory: Path, session: Session) -> Rulebook:
    return Rulebook(rules, directory, session, StandingClock().now)


def change(book: Rulebook, what: str = "Fermé le 24 décembre") -> None:
    draft = book.draft([CLOSED])
    book.apply(draft.after, base=draft.base, author="a1", what=what)


def test_a_change_is_written_and_the_running_service_has_it(
    book: Rulebook, rules: LivePractice, directory: Path
) -> None:
    before = (directory / "practice.toml").stat().st_mode
    change(book)
    assert rules().exceptions[0].label == "veille de Noël"
    assert "veille de Noël" in (directory / "practice.toml").read_text()
    assert (directory / "practice.toml").stat().st_mode == before
    assert [path.name for path in directory.glob(".practice-*")] == []


def test_undo_gives_the_file_back_byte_for_byte(book: Rulebook, directory: Path) -> None:
    file = directory / "practice.toml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    original = file.read_bytes()
    change(book)
    assert file.read_bytes() != original
    newest, oldest = book.versions()
    assert (newest.author, newest.what) == ("a1", "Fermé le 24 décembre")
    assert (oldest.author, oldest.what) == (BY_HAND, "Premier état connu du fichier")
    book.restore(oldest.id, base=newest.digest, author="a2")
    assert file.read_bytes() == original
    assert [version.author for version in book.versions()] == ["a2", "a1", BY_HAND]
    book.restore(newest.id, base=oldest.digest, author="a2")
    assert book.text(newest.id) == file.read_bytes()


def test_a_draft_that_someone_overtook_writes_nothing(book: Rulebook, directory: Path) -> None:
    draft = book.draft([Put(("practice", "notice_minutes"), 120)])
    change(book)
    standing = (directory / "practice.toml").read_bytes()
    with pytest.raises(StaleVersionError):
        book.apply(draft.after, base=draft.base, author="a2", what="Délai")
    assert (directory / "practice.toml").read_bytes() == standing


def test_a_change_by_hand_is_kept_before_it_is_overwritten(book: Rulebook, directory: Path) -> None:
    change(book)
    file = directory / "practice.toml"
    file.write_text(file.read_text() + "# par l'éditeur\n")
    draft = book.draft([Put(("practice", "notice_minutes"), 120)])
    book.apply(draft.after, base=draft.base, author="a1", what="Délai")
    whats = [version.what for version in book.versions()]
    assert whats == ["Délai", "Fichier modifié à la main", "Fermé le 24 décembre", "Premier état connu du fichier"]
    assert "# par l'éditeur" in file.read_text()


def test_a_wrong_change_says_where_and_how_to_mend_it(book: Rulebook, directory: Path) -> None:
    before = (directory / "practice.toml").read_bytes()
    with pytest.raises(PracticeError) as caught:
        book.draft([Put(("motives", "frottis", "duration_minutes"), 17)])
    [problem] = caught.value.problems
    assert problem.where.key == "motives.frottis.duration_minutes"
    assert before.decode().splitlines()[problem.where.line - 1].startswith("duration_minutes = 20")
    assert "15 ou 20" in problem.text
    assert (directory / "practice.toml").read_bytes() == before


def test_a_file_that_cannot_be_written_changes_nothing(
    book: Rulebook, directory: Path, rules: LivePractice, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = book.draft([CLOSED])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UnavailableError, match="No space left"):
        book.apply(draft.after, base=draft.base, author="a1", what="x")
    monkeypatch.undo()
    assert rules().exceptions == ()
    assert [path.name for path in directory.glob(".practice-*")] == []
    assert [version.what for version in book.versions()] == ["Premier état connu du fichier"]


def test_the_sample_practice_is_never_written(session: Session) -> None:
    book = Rulebook(LivePractice(SAMPLE_PRACTICE), SAMPLE_PRACTICE, session, StandingClock().now)
    draft = book.draft([CLOSED])
    with pytest.raises(UnavailableError, match="exemple"):
        book.apply(draft.after, base=draft.base, author="a1", what="x")


def test_a_draft_shows_the_lines_that_change(book: Rulebook) -> None:
    draft = book.draft([Put(("practice", "notice_minutes"), 120)])
    changed = [line for line in draft.lines if line[0] in "+-"]
    assert [line.split("=")[0].strip() for line in changed] == ["-notice_minutes", "+notice_minutes"]
