"""``voicebot when`` as a person or a check runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from voicebot.__main__ import main

NOW = ["--now", "2026-11-23T08:00"]


def when(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["when", *arguments, *NOW, "--json"]) == 0
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def test_a_text_gives_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert when(capsys, "mardi matin") == {
        "windows": [["2026-11-24T00:00", "2026-11-24T12:00"]],
        "prefer": None,
        "leftover": [],
        "sure": True,
        "reading": "mardi 24 novembre au matin",
    }


def test_words_need_no_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    assert when(capsys, "mardi", "matin")["reading"] == "mardi 24 novembre au matin"


def test_offers_are_given_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    offered = "2026-11-25T10:00,2026-11-24T09:00"
    assert when(capsys, "le deuxième", "--offered", offered)["windows"] == [["2026-11-24T09:00", "2026-11-24T09:01"]]


def test_nothing_found_is_an_answer_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert when(capsys, "le 30 février") == {
        "windows": [],
        "prefer": None,
        "leftover": [],
        "sure": False,
        "reading": "",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mardi", "--now", "hier"], "--now: 'hier' is not a time"),
        (["mardi", "--offered", "demain"], "--offered: 'demain' is not a time like 2026-11-24T09:00"),
        (["mardi", "--offered", "2026-11-24T09:00+01:00"], "carries an offset"),
    ],
)
def test_wrong_use_exits_2_and_says_how_to_mend_it(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["when", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_stream_is_answered_line_by_line_while_it_is_open() -> None:
    command = [sys.executable, "-m", "voicebot", "when", "-", *NOW]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for said, heard in (
            ("jeudi\n", "jeudi 26 novembre"),
            ("\n", ""),
            ("à 10h30\n", "tous les jours à 10 heures 30"),
        ):
            process.stdin.write(said)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["reading"] == heard
        process.stdin.close()
        assert process.wait(10) == 0
