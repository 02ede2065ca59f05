"""The reference in docs/practice.md names every word that the reader knows, and the sample is written with them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.practice import load_practice
from voicebot.practice.reading import Table

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "practice.md"


def test_every_word_of_the_file_is_in_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known: set[str] = set()
    finish = Table.finish

    def remember(table: Table) -> None:
        known.update(table._read)
        finish(table)

    monkeypatch.setattr(Table, "finish", remember)
    text = (SAMPLE_PRACTICE / "practice.toml").read_text(encoding="utf-8")
    # Rules that the sample shows as comments are read as well.
    live = re.sub(r"^# ?(\[|[a-z_]+ = )", r"\1", text, flags=re.MULTILINE)
    live += '\n[resources.salle]\nname = "la salle"\n'
    assert live != text
    (tmp_path / "practice.toml").write_text(live, encoding="utf-8")
    load_practice(tmp_path)
    reference = re.sub(r"```.*?```", "", REFERENCE.read_text(encoding="utf-8"), flags=re.DOTALL)
    documented = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", reference))))
    assert known - documented == set()


def test_the_examples_in_comments_are_valid_rules() -> None:
    text = (SAMPLE_PRACTICE / "practice.toml").read_text(encoding="utf-8")
    commented: list[Any] = re.findall(r"^# (\[.*\])", text, flags=re.MULTILINE)
    assert commented == ["[[exceptions]]", "[[absences]]", "[[substitutions]]", "[sip.registration]"]
