"""Piper in chunks is Piper whole, from any thread, for voices of one speaker or several."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.speaking.tiny_piper import HOP, RATE, build
from voicebot.errors import UnavailableError
from voicebot.speaking.piper import CHUNKS, PiperEngine

TEXT = "Bonjour, vous êtes au cabinet. Je vous propose mardi à quatorze heures trente."


@pytest.fixture(scope="module", params=[1, 3])
def speakers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module", params=[True, False], ids=["named", "numbered"])
def engine(request: pytest.FixtureRequest, speakers: int, tmp_path_factory: pytest.TempPathFactory) -> PiperEngine:
    return PiperEngine(build(tmp_path_factory.mktemp("voice"), speakers=speakers, named=request.param))


@pytest.mark.parametrize("frames", [1, 5, 21, 22, 100, 300])
def test_chunks_equal_the_whole_decode(engine: PiperEngine, frames: int) -> None:
    latent = np.random.default_rng(frames).standard_normal((1, 4, frames), dtype=np.float32)
    feed = {"sid": np.array([1], np.int64)} if len(engine._vocoder.get_inputs()) > 1 else {}
    [whole] = engine._vocoder.run(None, {"latent": latent, **feed})
    chunks = list(engine.decode(latent, {"sid": np.array([1], np.int64)}))
    np.testing.assert_allclose(np.concatenate(chunks), whole.reshape(-1), atol=1e-6)
    assert len(chunks[0]) == min(frames, int(CHUNKS[0] * RATE / HOP)) * HOP


def test_the_first_sound_is_short_and_comes_before_the_rest(engine: PiperEngine) -> None:
    sounds = engine.stream(TEXT)
    first = next(sounds)
    assert len(first) / engine.rate <= CHUNKS[0]
    rest = list(sounds)
    assert sum(map(len, rest)) > 5 * len(first)
    assert all(sound.dtype == np.float32 and np.abs(sound).max() <= 1 for sound in (first, *rest))


def test_a_larger_pace_is_slower(engine: PiperEngine) -> None:
    usual, slow = (sum(map(len, engine.stream(TEXT, pace))) for pace in (1.0, 1.5))
    assert slow == pytest.approx(1.5 * usual, rel=0.05)


def test_sentences_keep_their_own_loudness(tmp_path: Path) -> None:
    """Peak normalisation of each sentence, which stock Piper does, would make every peak 1."""
    engine = PiperEngine(build(tmp_path))
    assert max(np.abs(sound).max() for sound in engine.stream(TEXT)) < 0.999


def test_threads_may_share_a_voice(engine: PiperEngine) -> None:
    with ThreadPoolExecutor(4) as pool:
        lengths = set(pool.map(lambda _: sum(map(len, engine.stream("Bonjour à tous."))), range(8)))
    assert len(lengths) == 1


def test_speakers_differ(tmp_path: Path) -> None:
    directory = build(tmp_path, speakers=2)
    latent = np.random.default_rng(0).standard_normal((1, 4, 30), dtype=np.float32)
    first, second = (PiperEngine(directory, speaker=speaker) for speaker in (0, 1))
    sounds = [
        np.concatenate(list(engine.decode(latent, {"sid": np.array([engine._speaker])}))) for engine in (first, second)
    ]
    assert np.abs(sounds[0] - sounds[1]).max() > 1e-3


def test_a_graph_without_a_vocoder_to_split_speaks_whole_sentences(tmp_path: Path) -> None:
    engine = PiperEngine(build(tmp_path, vocoder=False))
    assert len(list(engine.stream("Bonjour à tous. Au revoir."))) == 2


def test_a_missing_voice_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="holds 0 voices"):
        PiperEngine(tmp_path)


def test_a_missing_configuration_is_told(tmp_path: Path) -> None:
    (build(tmp_path) / "voice.onnx.json").unlink()
    with pytest.raises(UnavailableError, match=r"voice\.onnx\.json: the voice's configuration cannot be read"):
        PiperEngine(tmp_path)


def test_a_file_that_is_no_graph_is_told(tmp_path: Path) -> None:
    (build(tmp_path) / "voice.onnx").write_bytes(b"not a graph")
    with pytest.raises(UnavailableError, match="is not"):
        PiperEngine(tmp_path)


def test_another_writing_system_is_refused(tmp_path: Path) -> None:
    config = build(tmp_path) / "voice.onnx.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"phoneme_type": "pinyin"}))
    with pytest.raises(UnavailableError, match="espeak phonemes"):
        PiperEngine(tmp_path)
