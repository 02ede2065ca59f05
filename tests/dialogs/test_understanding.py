"""How well utterances are understood that the model was not trained on. ``pytest -s`` prints the measures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.dialogs.utterances import Utterance, macro_f1, read
from voicebot.ports import Understanding
from voicebot.processes import rasa
from voicebot.thinking.rasa import RasaUnderstander

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

FILES = ("held_out.txt", "blind.txt")


@dataclass(frozen=True)
class Measured:
    """One file, understood."""

    pairs: list[tuple[Utterance, Understanding]]

    def accepted(self) -> list[tuple[Utterance, Understanding]]:
        """Those that were not given up as not understood."""
        return [(wanted, got) for wanted, got in self.pairs if got.intent != "no_understanding"]

    def f1(self) -> float:
        """Macro F1, with what was given up counted as wrong."""
        return macro_f1([wanted.intent for wanted, _ in self.pairs], [got.intent for _, got in self.pairs])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(understander: RasaUnderstander) -> Mapping[str, Measured]:
    files = {}
    for name in FILES:
        utterances = read(name)
        understood = [await understander.understand(item.text, asks=item.asks, conversation="c") for item in utterances]
        files[name] = Measured(list(zip(utterances, understood, strict=True)))
        accepted = files[name].accepted()
        right = sum(wanted.intent == got.intent for wanted, got in accepted)
        print(
            f"{name}: {len(utterances)} utterances, macro F1 {files[name].f1():.3f}, "
            f"understood {len(accepted)}, of these right {right / len(accepted):.3f}"
        )
    return files


@pytest.mark.parametrize(("name", "least"), [("held_out.txt", 0.95), ("blind.txt", 0.75)])
async def test_intents_are_found(measured: Mapping[str, Measured], name: str, least: float) -> None:
    assert measured[name].f1() >= least


@pytest.mark.parametrize("name", FILES)
async def test_what_is_said_with_confidence_is_right(measured: Mapping[str, Measured], name: str) -> None:
    sure = [(wanted, got) for wanted, got in measured[name].pairs if got.confidence >= 0.6]
    assert sum(wanted.intent == got.intent for wanted, got in sure) / len(sure) >= 0.88


@pytest.mark.parametrize("name", FILES)
async def test_signs_of_emergency_are_not_missed_and_false_alarms_are_few(
    measured: Mapping[str, Measured], name: str
) -> None:
    signs = [got for wanted, got in measured[name].pairs if wanted.intent == "emergency"]
    others = [got for wanted, got in measured[name].pairs if wanted.intent != "emergency"]
    assert sum(got.route == "emergency" for got in signs) / len(signs) >= 0.95
    assert sum(got.route == "emergency" for got in others) / len(others) <= 0.03


async def test_nothing_that_is_measured_was_trained_on() -> None:
    trained = set()
    for path in (rasa.DIALOGS / "data" / "nlu").glob("*.yml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("      - "):
                trained.add(_bare(re.sub(r"\[([^\]]+)\]\(\w+\)", r"\1", line[8:])))
    measured_on = {_bare(item.text) for name in FILES for item in read(name)}
    assert len(measured_on) >= 800
    assert measured_on & trained == set()


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
