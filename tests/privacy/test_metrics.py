"""The metrics hold counts and nothing else."""

from __future__ import annotations

import re
from typing import Any

from starlette.testclient import TestClient

from voicebot.metrics import Metrics

SECRETS = ("Dupont", "Élodie", "0612345678", "mal au ventre", "frottis", "c4ll-1d", "12031978")


def lines(metrics: Metrics) -> dict[str, float]:
    text = TestClient(metrics.app()).get("/metrics").text
    assert not [secret for secret in SECRETS if secret in text]
    samples = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in samples if "_created" not in name}


def event(name: str, **data: Any) -> dict[str, Any]:
    return {"call": "c4ll-1d", "at": "2026-11-23T08:00:00", "event": name, **data}


def test_a_call_is_counted_without_a_word_of_it() -> None:
    metrics = Metrics()
    for taken in (
        event("answered", kind="sip", caller="0612345678"),
        event("heard", text="je m'appelle Élodie Dupont, j'ai mal au ventre", rejected=None),
        event("heard", text="frottis", rejected="noise"),
        event("said", text="Bonjour Élodie Dupont"),
        event("key", digit="12031978"),
        event("turn", silence_ms=300, recognition_ms=120, dialogue_ms=10, synthesis_ms=60),
        event("transfer", state="started", contact="0612345678"),
        event("outcome", outcome="booked"),
    ):
        metrics.take(taken)
    counted = lines(metrics)
    assert counted['voicebot_calls_total{kind="sip"}'] == 1
    assert counted["voicebot_calls_active"] == 1
    assert counted['voicebot_utterances_total{recognised="yes"}'] == 1
    assert counted['voicebot_utterances_total{recognised="no"}'] == 1
    assert counted['voicebot_outcomes_total{outcome="booked"}'] == 1
    assert counted['voicebot_turn_milliseconds_count{part="recognition"}'] == 1
    metrics.take(event("ended", reason="hangup"))
    assert lines(metrics)["voicebot_calls_active"] == 0


def test_a_label_that_is_not_of_the_closed_set_is_not_shown() -> None:
    metrics = Metrics()
    metrics.take(event("answered", kind="Dupont"))
    metrics.take(event("outcome", outcome="mal au ventre"))
    metrics.take(event("transfer", state="0612345678"))
    counted = lines(metrics)
    assert counted['voicebot_calls_total{kind="other"}'] == 1
    assert counted['voicebot_outcomes_total{outcome="other"}'] == 1


def test_nothing_about_the_process_or_the_machine_is_told() -> None:
    names = {re.split(r"[{ ]", name)[0] for name in lines(Metrics())}
    assert all(name.startswith("voicebot_") for name in names)
