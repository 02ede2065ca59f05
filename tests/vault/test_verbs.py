"""The vault's verbs, as an operator uses them: each says what it did, refuses clearly, and never shows a key."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.verbs import Result
from voicebot.__main__ import main
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.maintenance import DOUBT
from voicebot.vault.paper import from_paper

NOW = "2026-11-23T08:00"
PHRASE = "quatre mots tirés au sort"
CHEAP = ["--memory", "1"]


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a verb on a practice that is not the sample, with what it is to read from file descriptors."""
    for name in ("VOICEBOT_PRACTICE", "VOICEBOT_DATA", "VOICEBOT_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(SAMPLE_PRACTICE, tmp_path / "practice")

    def call(*words: str, json: bool = True, now: str = NOW, key: Path | None = None, **said: str) -> Result:
        options = ["--practice", str(tmp_path / "practice"), "--data", str(tmp_path / "data"), "--now", now]
        options += ["--key-file", str(key or tmp_path / "keys" / "key")]
        pipes = []
        for name, text in said.items():
            read, write = os.pipe()
            os.write(write, text.encode() + b"\n")
            os.close(write)
            pipes.append(read)
            options += [f"--{name.replace('_', '-')}-fd", str(read)]
        capfd.readouterr()
        try:
            status = main([*words, *options, *(["--json"] if json else [])])
        except SystemExit as error:
            status = int(error.code or 0)
        finally:
            for pipe in pipes:
                os.close(pipe)
            gc.collect()
        captured = capfd.readouterr()
        return Result(status, captured.out, captured.err)

    return call


@pytest.fixture
def key(run: Run, tmp_path: Path) -> Path:
    """A plain key file."""
    path = tmp_path / "keys" / "key"
    path.parent.mkdir()
    path.write_text(bytes(range(32)).hex())
    path.chmod(0o600)
    return path


def roussel(run: Run, **said: str) -> str:
    found = run("patient", "find", "Roussel", **said)
    assert found.status == 0, found.err
    return str(found.lines[0]["id"])


def test_a_key_is_made_protected_and_its_paper_opens_everything(run: Run, tmp_path: Path) -> None:
    missing = run("key", "init")
    assert (missing.status, missing.out) == (2, "")
    assert "terminal" in missing.err
    made = run("key", "init", *CHEAP, new_passphrase=PHRASE)
    assert made.status == 0
    [paper] = [line["recovery"] for line in made.lines]
    assert run("key", "init", *CHEAP, new_passphrase=PHRASE).status == 2, "an existing key is never replaced"
    assert run("patient", "find", "Roussel").status == 2
    wrong = run("patient", "find", "Roussel", passphrase="une autre phrase que celle-là")
    assert wrong.status == 2
    assert "passphrase is wrong" in wrong.err
    roussel(run, passphrase=PHRASE)
    assert run("key", "recovery", passphrase=PHRASE).lines == [{"recovery": paper}]
    # The key file is lost and the passphrase forgotten: the paper makes another one.
    (tmp_path / "keys" / "key").unlink()
    mistyped = paper[:-1] + ("1" if paper[-1] == "0" else "0")
    refused = run("key", "recover", *CHEAP, recovery=mistyped, new_passphrase="cinq autres mots au sort")
    assert refused.status == 2
    assert not (tmp_path / "keys" / "key").exists()
    assert run("key", "recover", *CHEAP, recovery=paper, new_passphrase="cinq autres mots au sort").status == 0
    roussel(run, passphrase="cinq autres mots au sort")
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (from_paper(paper), from_paper(paper).hex().encode(), paper.encode(), PHRASE.encode()):
        assert secret not in everything


def test_a_plain_key_is_protected_later(run: Run, key: Path) -> None:
    roussel(run)
    plain = key.read_text()
    assert run("key", "passphrase", *CHEAP, new_passphrase=PHRASE).status == 0
    assert plain not in key.read_text()
    assert run("patient", "find", "Roussel").status == 2
    roussel(run, passphrase=PHRASE)


def test_a_key_is_changed_and_the_old_one_opens_nothing(run: Run, key: Path, tmp_path: Path) -> None:
    roussel(run)
    saved = Path(run("backup").lines[0]["file"])
    old = tmp_path / "old-key"
    shutil.copy(key, old)
    changed = run("key", "rekey")
    assert changed.status == 0, changed.err
    assert from_paper(changed.lines[0]["recovery"]).hex() == key.read_text().strip()
    roussel(run)
    assert run("restore", str(saved)).status == 0, "backups have the new key too"
    refused = run("patient", "find", "Roussel", key=old)
    assert refused.status == 2
    assert "the key does not open it" in refused.err
    assert not list(key.parent.glob("*.next"))


def test_an_interrupted_change_of_key_is_said_and_finished(run: Run, key: Path) -> None:
    roussel(run)
    # As a process leaves it that was killed before the database was replaced.
    following = key.with_name("key.next")
    following.write_text(bytes(range(1, 33)).hex())
    following.chmod(0o600)
    told = run("patient", "find", "Roussel")
    assert told.status == 0
    assert "voicebot key rekey" in told.err
    assert run("key", "rekey").status == 0
    assert key.read_text() == bytes(range(1, 33)).hex()
    assert not following.exists()
    assert "rekey" not in run("patient", "find", "Roussel").err


def test_a_change_of_key_that_was_killed_after_the_swap_is_finished(run: Run, key: Path) -> None:
    roussel(run)
    old = key.read_text()
    assert run("key", "rekey").status == 0
    new = key.read_text()
    # The database has the new key; the files are as they were before the last rename.
    key.with_name("key.next").write_text(new)
    key.with_name("key.next").chmod(0o600)
    key.write_text(old)
    roussel(run)
    assert run("key", "rekey").status == 0
    assert key.read_text() == new
    roussel(run)


def test_nobody_guesses_which_key(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    beside = run("key", "init", *CHEAP, key=tmp_path / "data" / "key", new_passphrase=PHRASE)
    assert beside.status == 2
    assert "lies in the data directory" in beside.err
    absent = run("patient", "find", "Roussel", key=tmp_path / "absent")
    assert absent.status == 2
    assert "make one with" in absent.err


def test_nothing_unlocks_a_service_that_does_not_wait(run: Run, key: Path) -> None:
    refused = run("key", "unlock", passphrase=PHRASE)
    assert refused.status == 2
    assert "no service waits" in refused.err


def test_a_patient_is_exported_corrected_erased_and_stays_erased(run: Run, key: Path, tmp_path: Path) -> None:
    id = roussel(run)
    saved = run("backup", "--to", str(tmp_path / "elsewhere"))
    assert saved.status == 0
    assert run("patient", "correct", id, "--phone", "+33639981299").lines[0]["phone"] == "+33639981299"
    exported = run("patient", "export", id, "--to", str(tmp_path / "out"))
    html, data = (Path(line["file"]) for line in exported.lines)
    assert "Roussel" in html.read_text()
    assert "+33639981299" in data.read_text()
    assert "Roussel" not in html.name
    assert html.stat().st_mode & 0o777 == 0o600
    seen = [line["what"] for line in run("patient", "accesses", id).lines]
    assert seen == ["fiche trouvée par une recherche", "fiche modifiée", "copie des données remise"]
    receipt = run("patient", "erase", id)
    assert receipt.lines[0]["counts"]["patient"] == 1
    assert run("patient", "erase", id).status == 1
    restored = run("restore", saved.lines[0]["file"])
    assert restored.status == 0, restored.err
    assert restored.lines[0]["erased_again"] >= 1
    assert run("patient", "find", "Roussel").status == 1
    assert run("audit", "verify").lines[0]["ok"]


def test_the_trail_is_verified_against_what_was_written_down(run: Run, key: Path, tmp_path: Path) -> None:
    roussel(run)
    noted = run("audit", "verify").lines[0]["anchor"]
    roussel(run)
    assert run("audit", "verify", "--anchor", noted).status == 0
    number, _, digest = noted.partition("-")
    other = f"{number}-{'0' * 16}"
    rewritten = run("audit", "verify", "--anchor", noted, "--anchor", other)
    assert rewritten.status == 1
    assert "rewritten" in rewritten.lines[0]["problems"][0]
    assert run("audit", "verify", "--anchor", f"99-{digest}").status == 1
    assert run("audit", "verify", "--anchor", "nothing").status == 2
    assert [line["action"] for line in run("audit", "log", "--limit", "1").lines] == ["patient.searched"]
    (tmp_path / "data" / "audit.anchor").unlink()
    assert run("audit", "verify").status == 1


def test_a_purge_gives_a_receipt_that_names_no_one(
    run: Run, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicebot.vault.retention.is_synchronised", lambda now: False)
    roussel(run)
    refused = run("purge", now="2027-01-01T08:00")
    assert (refused.status, refused.out) == (2, "")
    assert "--clock-is-right" in refused.err
    (tmp_path / "data" / DOUBT).write_text(refused.err)
    receipt = run("purge", "--clock-is-right", now="2027-01-01T08:00").lines[0]
    assert not (tmp_path / "data" / DOUBT).exists()
    assert receipt["kind"] == "purge"
    assert all(isinstance(count, int) for count in receipt["counts"].values())
    assert run("audit", "log", "--limit", "1").lines[0]["detail"]["receipt"] == receipt["code"]


def test_a_restore_without_the_key_fails(run: Run, key: Path, tmp_path: Path) -> None:
    roussel(run)
    saved = run("backup").lines[0]["file"]
    key.write_text(bytes(range(1, 33)).hex())
    refused = run("restore", saved)
    assert refused.status == 2
    assert "the key does not open it" in refused.err
    key.unlink()
    assert run("restore", saved).status == 2


def test_reading_the_texts_of_calls_is_in_the_trail(run: Run, key: Path, tmp_path: Path) -> None:
    from voicebot.database import open_database
    from voicebot.events import Events

    roussel(run)
    events = Events(open_database(tmp_path / "data", bytes(range(32))))
    events.add({"call": "c1", "at": NOW, "event": "heard", "text": "bonjour"})
    events.add({"call": "c2", "at": NOW, "event": "outcome", "outcome": "booked"})
    events.close()
    del events
    assert run("calls").status == 0
    trail = run("audit", "log").lines
    assert [(line["action"], line["subject"]) for line in trail][-1] == ("transcript.read", "c1")
