"""``voicebot doctor`` tells a doctor without any IT what is well, what to look at, and what is missing."""

from __future__ import annotations

import string
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.verbs import Result
from voicebot import data_checks
from voicebot.__main__ import main
from voicebot.data_checks import data_findings, key_finding
from voicebot.findings import Finding, texts
from voicebot.maintenance import DOUBT
from voicebot.vault.anchor import Anchor, AnchorFile
from voicebot.vault.envelope import Cost, seal

NOW = datetime(2026, 11, 23, 8, 0)


def of(found: list[Finding], check: str) -> Finding:
    return next(finding for finding in found if finding.check == check)


def test_every_finding_of_the_demonstration_is_told_and_calls_may_be_taken(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status = main(["doctor", "--json", "--data", str(tmp_path / "data")])
    out, err = capfd.readouterr()
    lines = Result(status, out, err).lines
    assert {line["check"] for line in lines} == set(texts()) - {"sandbox"}
    missing = [line["finding"] for line in lines if line["needed"]]
    assert status == (1 if missing else 0)
    assert not (tmp_path / "data").exists(), "a look leaves nothing"


def test_a_practice_s_file_that_cannot_be_read_is_missing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--practice", str(tmp_path)]) == 1
    out = capfd.readouterr().out
    assert "MANQUE  Le fichier du cabinet se lit" in out
    assert "Ne prenez pas d'appel" in out
    assert "ne comprend pas de vrais appelants" in out


def test_every_text_can_be_filled_in() -> None:
    for check, words in texts().items():
        for state, text in words.items():
            names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
            if state != "name":
                kind, _, case = state.partition("_")
                assert Finding(check, kind, case, dict.fromkeys(names, "x")).text  # type: ignore[arg-type]


def test_a_new_practice_has_nothing_to_mend(tmp_path: Path) -> None:
    assert [finding.holds for finding in data_findings(tmp_path / "none", NOW)] == [True, True, True]


def test_a_backup_that_is_missing_or_old_is_told(tmp_path: Path) -> None:
    (tmp_path / "voicebot.db").touch()
    assert "aucune" in of(data_findings(tmp_path, NOW), "backups").text
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "voicebot-20261118T040000.db").touch()
    found = of(data_findings(tmp_path, NOW), "backups")
    assert (found.state, found.case) == ("weak", "old")
    assert "18/11/2026" in found.text
    (tmp_path / "backups" / "voicebot-20261122T040000.db").touch()
    assert of(data_findings(tmp_path, NOW), "backups").holds


def test_a_clock_that_is_doubted_or_went_back_is_told(tmp_path: Path) -> None:
    AnchorFile(tmp_path / "audit.anchor").write(Anchor(1, "0" * 64, NOW.isoformat()))
    assert of(data_findings(tmp_path, NOW), "clock").holds
    assert of(data_findings(tmp_path, NOW - timedelta(hours=3)), "clock").holds
    back = of(data_findings(tmp_path, NOW - timedelta(days=400)), "clock")
    assert "a reculé" in back.text
    (tmp_path / DOUBT).write_text("")
    assert "voicebot purge --clock-is-right" in of(data_findings(tmp_path, NOW), "clock").text


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("free", "state"), [(5e9, "well"), (1e9, "weak"), (1e8, "missing")])
def test_a_disk_that_fills_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, state: str) -> None:
    monkeypatch.setattr(data_checks.shutil, "disk_usage", lambda path: Disk(0, 0, int(free)))
    assert of(data_findings(tmp_path / "none", NOW), "room").state == state


def test_how_the_key_is_kept_is_told(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "key"

    def case(path: Path | None, *, sample: bool = False, sealed: bool = False) -> tuple[str, str]:
        found = key_finding(path, data, sample=sample, sealed=sealed)
        return found.state, found.case

    assert case(file)[0] == "missing"
    file.write_text("00" * 32)
    file.chmod(0o600)
    assert case(file) == ("weak", "plain")
    file.write_text(seal(bytes(32), "quatre mots tirés au sort", Cost(memory=1024)).to_text())
    assert case(file) == ("well", "protected")
    assert case(None) == ("weak", "unsaid")
    assert case(None, sealed=True) == ("well", "sealed")
    assert case(None, sample=True) == ("well", "sample")
    file.chmod(0o644)
    assert "chmod 600" in key_finding(file, data, sample=False, sealed=False).text
