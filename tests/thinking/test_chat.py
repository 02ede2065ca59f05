"""``voicebot chat`` as a program: its protocol on stdin and stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CALL = ["une consultation mardi matin", "non jamais", "le premier", "durand", "martin", "#12031978", "oui", "non merci"]


def chat(tmp_path: Path, lines: list[str]) -> list[dict[str, Any]]:
    """Play one call without Rasa; every line of stdout is one JSON object."""
    found = subprocess.run(
        [
            *(sys.executable, "-m", "voicebot", "chat", "--json", "--no-rasa"),
            *("--data", str(tmp_path / "data"), "--now", "2026-11-23T08:00"),
        ],
        input="".join(line + "\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
    )
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_a_booking_is_one_object_for_the_greeting_and_one_after_each_line(tmp_path: Path) -> None:
    said = chat(tmp_path, CALL)
    assert len(said) == 1 + len(CALL)
    assert all(set(turn) == {"say", "asks", "offers", "outcome", "appointment"} for turn in said)
    assert [turn["asks"] for turn in said] == [
        *("open", "known", "choice", "birth_name", "first_name", "birth_date", "confirm", "open", None)
    ]
    assert said[2]["offers"][0] == "2026-11-24T08:30"
    assert [turn["outcome"] for turn in said] == [None] * 8 + ["booked"]
    assert said[6]["appointment"] is None
    assert said[7]["appointment"]["start"] == "2026-11-24T08:30"
    assert said[7]["appointment"]["patient"]["birth_name"] == "Durand"


def test_the_end_of_input_hangs_up(tmp_path: Path) -> None:
    assert [turn["outcome"] for turn in chat(tmp_path, CALL[:3])] == [None, None, None, None, "abandoned"]


def test_hanging_up_ends_the_call_and_the_rest_is_not_read(tmp_path: Path) -> None:
    said = chat(tmp_path, ["bonjour je voudrais un rendez-vous", "#hangup", "une consultation"])
    assert [turn["outcome"] for turn in said] == [None, None, "abandoned"]
    assert said[-1]["asks"] is None


def test_an_empty_line_is_silence(tmp_path: Path) -> None:
    said = chat(tmp_path, ["", "", "#0"])
    assert "Je ne vous entends pas." in said[1]["say"]
    assert said[-1]["outcome"] == "transferred"


def test_an_erased_chat_leaves_no_words_and_reads_its_receipt_out(tmp_path: Path) -> None:
    lines = ["bonjour je m'appelle Martin Zorglub", "effacez mon appel", "je voudrais un vaccin", "#hangup"]
    said = chat(tmp_path, lines)
    assert "Numéro de reçu :" in said[2]["say"]
    assert said[-1]["outcome"] == "abandoned"
    found = subprocess.run(
        [sys.executable, "-m", "voicebot", "calls", "--json", "--data", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
    )
    assert found.returncode == 0, found.stderr
    assert "outcome" in found.stdout
    for word in ("Zorglub", "vaccin", "effacez"):
        assert word not in found.stdout
