"""A real speech process, with the embedded models, between two ends that the test holds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.processes.peers import SpeechProcess
from voicebot.sockets import bind_unix


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], Path, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("speech")
    listening = bind_unix(folder / "speech.sock")
    child = subprocess.Popen(
        [sys.executable, "-m", "voicebot.processes.speech"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=(listening.fileno(),),
    )
    settings = {"listen_fd": listening.fileno(), "mind": str(folder / "mind.sock"), "phrases": ["Bonjour."]}
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(settings).encode() + b"\n")
    child.stdin.flush()
    ready = json.loads(child.stdout.readline())
    yield child, folder, ready
    child.stdin.close()
    child.wait(5)
    child.stdout.close()
    listening.close()


@pytest.fixture
async def speech(
    process: tuple[subprocess.Popen[bytes], Path, dict[str, Any]],
) -> AsyncIterator[SpeechProcess]:
    made = SpeechProcess(*process)
    await made.listen()
    yield made
    await made.close()


@pytest.fixture(scope="session")
def oui() -> npt.NDArray[np.int16]:
    """«oui, c'est ça» at 8 kHz, spoken by espeak-ng."""
    from voicebot.hearing.resample import to_16k
    from voicebot.speaking.espeak import Espeak

    samples, rate = Espeak().synthesise("Oui, c'est ça.", voice="fr", rate=150)
    wide = to_16k(samples.astype(np.float32) / 32768, rate)
    return (wide[::2] * 32767).astype(np.int16)
