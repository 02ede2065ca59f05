"""The papers are filled in from the practice's file, print without a network, and promise nothing that is not so."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.papers import PAPERS, SUBPROCESSORS, write_papers
from voicebot.practice import load_practice
from voicebot.practice.schema import Practice

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def practice() -> Practice:
    return load_practice(SAMPLE_PRACTICE)


class Reader(HTMLParser):
    """The words of a page, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.loads: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in ("src", "srcset", "href") and tag != "a"]


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def words(path: Path) -> str:
    return " ".join(" ".join(read(path).words).split())


def test_every_paper_is_written_with_the_practices_own_settings(practice: Practice, tmp_path: Path) -> None:
    changed = replace(practice, retention=replace(practice.retention, transcript=17))
    written = write_papers(changed, tmp_path, TODAY)
    assert {path.name for path in written} == {"index.html", *PAPERS}
    for path in written:
        assert practice.name in words(path)
        assert "{{" not in path.read_text(encoding="utf-8")
        assert read(path).loads == []
    for name in ("registre.html", "affiche.html", "mention-web.html", "aipd.html", "annonce.html"):
        assert "17 jours" in words(tmp_path / name), name
    assert "04 65 71 00 10" in words(tmp_path / "affiche.html")


@pytest.mark.parametrize(
    ("mode", "said"),
    [("on", "est gardé 30 jours"), ("ask", "que si vous l'acceptez"), ("off", "n'est pas gardé")],
)
def test_the_notices_say_what_becomes_of_the_text(
    practice: Practice, tmp_path: Path, mode: Literal["on", "ask", "off"], said: str
) -> None:
    write_papers(replace(practice, transcript=mode), tmp_path, TODAY)
    assert said in words(tmp_path / "affiche.html")
    assert said in words(tmp_path / "annonce.html")


def test_the_announcement_is_the_one_that_callers_hear(practice: Practice, tmp_path: Path) -> None:
    from voicebot.thinking.phrases import phrases_of

    write_papers(practice, tmp_path, TODAY)
    assert phrases_of(practice).text("greeting.announce") in words(tmp_path / "annonce.html")


def test_the_register_names_every_kind_of_data_with_its_end(practice: Practice, tmp_path: Path) -> None:
    from voicebot.vault.inventory import inventory

    write_papers(practice, tmp_path, TODAY)
    text = words(tmp_path / "registre.html")
    for table in inventory():
        # The text of a call goes before the rest of it, so the paper gives it a line of its own.
        if table.personal and table.kept != "audit" and table.name != "call_event":
            assert " ".join(table.label.split()) in text, table.name
    assert "Texte de l'appel, s'il est gardé 30 jours" in text
    assert "sans leur texte : issue, rappels promis 90 jours" in text
    for article in ("6.1.f", "9.2.h", "article 22"):
        assert article in text


def test_the_list_of_subprocessors_is_empty_and_says_so(practice: Practice, tmp_path: Path) -> None:
    assert SUBPROCESSORS == ()
    write_papers(practice, tmp_path, TODAY)
    assert "Aucun." in words(tmp_path / "sous-traitants.html")
    assert re.search(r"Sous-traitants Aucun", words(tmp_path / "registre.html"))


def test_a_name_with_markup_stays_text(practice: Practice, tmp_path: Path) -> None:
    write_papers(replace(practice, name="<script>x</script> & fils"), tmp_path, TODAY)
    for path in tmp_path.iterdir():
        assert "<script>" not in path.read_text(encoding="utf-8")


def test_the_verb_writes_them(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "voicebot", "papers", "--out", str(tmp_path / "papiers")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == len(PAPERS) + 1
    wrong = subprocess.run([*command[:-1], "/dev/null/x"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "--out" in wrong.stderr
