"""Promises of the charter that no other test holds."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.practice import load_practice
from voicebot.thinking.phrases import phrases_of

NEVER_ASKED = re.compile(
    r"sécurité sociale|numéro de sécu|carte vitale.{0,20}numéro|\bNIR\b|mutuelle|assurance|"
    r"\bsexe\b|homme ou (une )?femme|revenus?\b|\bCMU\b|\bAME\b|complémentaire",
    re.IGNORECASE,
)
LEARNERS = ("models.forge", "torch", "transformers", "sklearn", "tensorflow", "optuna")


def sentences(table: Any) -> Iterator[str]:
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict):
        for value in table.values():
            yield from sentences(value)


def test_no_question_asks_for_what_is_never_asked() -> None:
    text = (resources.files("voicebot.thinking") / "phrases.toml").read_text(encoding="utf-8")
    said = list(sentences(tomllib.loads(text)))
    assert len(said) > 100
    assert [sentence for sentence in said if NEVER_ASKED.search(sentence)] == []


@pytest.mark.parametrize("mode", ["on", "ask", "off"])
def test_the_announcement_says_what_the_law_wants(mode: Any) -> None:
    practice = replace(load_practice(SAMPLE_PRACTICE), transcript=mode)
    said = phrases_of(practice).text("greeting.announce")
    for part in (practice.name, "assistant automatique", "n'est pas enregistrée", "secrétaire", "15"):
        assert part in said


def test_the_running_service_holds_nothing_that_learns() -> None:
    program = "import sys, voicebot.service, voicebot.cli.serve; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "voicebot.service" in loaded
    assert [name for name in loaded if name.startswith(LEARNERS)] == []
