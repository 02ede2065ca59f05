"""``voicebot models`` at a terminal: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.catalogue import model_named
from tests.models.hub import Hub, serve
from voicebot.__main__ import main


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Holds the voice gilles, whose checksums the catalogue does not know."""
    with serve() as hub:
        voice = model_named("gilles")
        for file in voice.files:
            hub.put(str(voice.repository), str(voice.revision), file.path, file.name.encode() * 100)
        yield hub


@pytest.fixture
def models(tmp_path: Path) -> list[str]:
    return ["--models", str(tmp_path / "models")]


def objects(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_fetch_says_that_an_unknown_checksum_was_recorded(
    hub: Hub, models: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *models, "fetch", "gilles", "--hub", hub.address]) == 0
    out = capsys.readouterr().out
    assert "gilles/fr_FR-gilles-low.onnx: its checksum was unknown; recorded in lock.json: " in out
    assert "gilles is here; gilles is in use for speaking" in out


def test_fetch_and_list_in_json(hub: Hub, models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", "gilles", "--hub", hub.address, *models, "--json"]) == 0
    captured = capsys.readouterr()
    assert {(item["model"], item["checked"]) for item in objects(captured.out)} == {("gilles", "recorded")}
    assert "100 %" in captured.err
    assert main(["models", *models, "list", "--json"]) == 0
    by_name = {item["name"]: item for item in objects(capsys.readouterr().out)}
    assert by_name["gilles"]["present"] is True
    assert by_name["gilles"]["in_use"] is True
    assert by_name["espeak"]["in_use"] is False
    assert by_name["tiny"]["present"] is False


def test_list_for_people_names_state_size_and_licence(models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", *models, "list"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("small ")]
    assert "to fetch" in line
    assert "486 MB" in line
    assert "MIT" in line


def test_verify_tells_a_file_that_changed(hub: Hub, models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", *models, "fetch", "gilles", "--hub", hub.address])
    capsys.readouterr()
    assert main(["models", *models, "verify", "gilles"]) == 0
    assert capsys.readouterr().out.count(": right") == 2
    (Path(models[1]) / "gilles" / "fr_FR-gilles-low.onnx").write_bytes(b"other")
    assert main(["models", *models, "verify", "gilles", "--json"]) == 1
    assert [item["verdict"] for item in objects(capsys.readouterr().out)] == ["wrong checksum", "right"]
    (Path(models[1]) / "gilles" / "fr_FR-gilles-low.onnx").unlink()
    assert main(["models", *models, "verify", "gilles"]) == 1
    assert "missing" in capsys.readouterr().out


def test_use_chooses_and_auto_undoes(hub: Hub, models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", *models, "fetch", "gilles", "--hub", hub.address])
    assert main(["models", *models, "use", "espeak"]) == 0
    assert "espeak is in use for speaking" in capsys.readouterr().out
    assert main(["models", "use", "auto", "--json", *models]) == 0
    assert {"task": "speaking", "in_use": "gilles"} in objects(capsys.readouterr().out)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of stderr of a command that ends with 2."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.splitlines()
    return line


def test_an_unknown_name_is_one_clear_line(models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(["models", *models, "fetch", "whisper-huge"], capsys)
    assert "no model is called 'whisper-huge'; there are miniature, tiny" in line


def test_a_hub_out_of_reach_is_one_clear_line(models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        hub = f"http://127.0.0.1:{unused.getsockname()[1]}"
        line = refused(["models", *models, "fetch", "tiny", "--hub", hub], capsys)
    assert f"{hub}/Systran/faster-whisper-tiny/resolve/" in line
    assert "cannot be reached" in line


def test_a_wrong_checksum_is_one_clear_line(hub: Hub, models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    tiny = model_named("tiny")
    hub.put(str(tiny.repository), str(tiny.revision), "config.json", b"{}" * 1124 + b" ")  # the right size
    main(["models", *models, "fetch", "tiny", "--hub", hub.address])
    lines = capsys.readouterr().err.splitlines()
    assert "config.json: its checksum" in lines[-1]
    assert "is not the catalogue's" in lines[-1]


def test_a_directory_that_cannot_be_written_is_one_clear_line(
    tmp_path: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    where = str(tmp_path / "file" / "models")
    assert "give another --models" in refused(
        ["models", "--models", where, "fetch", "gilles", "--hub", hub.address], capsys
    )
