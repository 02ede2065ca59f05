"""``voicebot transcribe`` and ``say`` together: what is said into a file is heard out of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.catalogue import model_named
from models.sound import write_wav
from models.store import Store
from tests.hearing.tiny_whisper import build
from voicebot.__main__ import main
from voicebot.cli.transcribe import transcribe
from voicebot.hearing.gate import plain
from voicebot.ports import Audio, Heard

needs_miniature = pytest.mark.skipif(
    not Store().present(model_named("miniature")), reason="the miniature's weights are not in this checkout"
)


class Counting:
    """A recogniser that says how many seconds it was given."""

    def __init__(self) -> None:
        self.given: list[float] = []

    def recognise(self, audio: Audio, *, hotwords: str | None = None) -> Heard:
        self.given.append(audio.seconds)
        return Heard(f"{len(self.given)}", -0.1 * len(self.given), None if len(self.given) < 3 else "unsure", 5.0)


def objects(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A store whose only Whisper has random weights."""
    build(tmp_path / "models" / "tiny")
    (tmp_path / "models" / "tiny" / "vocabulary.txt").write_text("")
    (tmp_path / "models" / "lock.json").write_text('{"tiny": {"fetched": "2026", "files": {}}}')
    return tmp_path / "models"


def test_the_fields_of_json_are_those_that_are_promised(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said, silent = tmp_path / "said.wav", tmp_path / "silent.wav"
    assert main(["say", "Bonjour, c'est moi.", "-o", str(said), "--rate", "8000"]) == 0
    write_wav(silent, [Audio(8000, bytes(32000))])
    capsys.readouterr()
    assert main(["transcribe", str(said), str(silent), "--models", str(models), "--json"]) == 0
    heard, nothing = objects(capsys.readouterr().out)
    assert list(heard) == list(nothing) == ["file", "text", "logprob", "rejected", "ms"]
    assert heard["file"] == str(said)
    assert isinstance(heard["logprob"], float)
    assert heard["rejected"] in ("runaway", "unsure", "empty")  # random weights
    assert nothing == {"file": str(silent), "text": "", "logprob": None, "rejected": "silence", "ms": 0.0}


@needs_miniature
@pytest.mark.parametrize("rate", ["8000", "16000"])
def test_what_is_said_is_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: str) -> None:
    path = str(tmp_path / "a.wav")
    assert main(["say", "Bonjour, je voudrais prendre un rendez-vous.", "-o", path, "--rate", rate, "--json"]) == 0
    [said] = objects(capsys.readouterr().out)
    assert list(said) == ["file", "voice", "seconds", "first_ms", "ms"]
    assert main(["transcribe", path, "--model", "miniature", "--json"]) == 0
    [heard] = objects(capsys.readouterr().out)
    assert "rendez vous" in plain(str(heard["text"]))
    assert heard["rejected"] is None


def test_long_pauses_part_the_turns_of_a_file() -> None:
    from voicebot.speaking import load_voice

    word = b"".join(piece.pcm for piece in load_voice(8000, name="espeak").synthesise("Bonjour à vous."))
    recogniser = Counting()
    transcript = transcribe(Audio(8000, (word + bytes(2 * 8000 * 2)) * 3), recogniser)
    assert len(recogniser.given) == 3
    assert transcript.text == "1 2 3"
    assert transcript.rejected == "unsure"
    assert transcript.logprob == pytest.approx(-0.2)
    assert transcript.milliseconds == 15.0


def test_a_missing_file_is_one_line(tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transcribe", str(tmp_path / "no.wav"), "--models", str(models)]) == 2
    assert "no.wav cannot be read as sound" in capsys.readouterr().err


def test_slow_speech_lasts_longer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "a.wav")
    main(["say", "Bonjour, vous êtes au cabinet.", "-o", path, "--json"])
    main(["say", "Bonjour, vous êtes au cabinet.", "-o", path, "--json", "--slow"])
    usual, slow = objects(capsys.readouterr().out)
    assert float(str(slow["seconds"])) > 1.1 * float(str(usual["seconds"]))


@pytest.mark.parametrize("text", ["", "…"])
def test_nothing_to_say_writes_nothing(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", text, "-o", str(tmp_path / "a.wav")]) == 2
    assert "nothing to say" in capsys.readouterr().err
    assert not (tmp_path / "a.wav").exists()


def test_noise_is_not_text(models: Path) -> None:
    noise = (np.random.default_rng(0).standard_normal(32000) * 300).astype("<i2")
    recogniser = Counting()
    assert transcribe(Audio(16000, noise.tobytes()), recogniser).rejected == "silence"
    assert recogniser.given == []
