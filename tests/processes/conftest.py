"""A real speech process, with the embedded models, between two ends that the test holds."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.processes.peers import SpeechProcess
from voicebot.sockets import bind_unix


@pytest.fixture
async def speech(tmp_path: Path) -> AsyncIterator[SpeechProcess]:
    listening = bind_unix(tmp_path / "speech.sock")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voicebot.processes.speech"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        pass_fds=(listening.fileno(),),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    settings = {"listen_fd": listening.fileno(), "mind": str(tmp_path / "mind.sock"), "phrases": ["Bonjour."]}
    process.stdin.write(json.dumps(settings).encode() + b"\n")
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    made = SpeechProcess(process, tmp_path, ready)
    await made.listen()
    yield made
    await made.close()
    listening.close()


@pytest.fixture(scope="session")
def oui() -> npt.NDArray[np.int16]:
    """«oui, c'est ça» at 8 kHz, spoken by espeak-ng."""
    from voicebot.hearing.resample import to_16k
    from voicebot.speaking.espeak import Espeak

    samples, rate = Espeak().synthesise("Oui, c'est ça.", voice="fr", rate=150)
    wide = to_16k(samples.astype(np.float32) / 32768, rate)
    return (wide[::2] * 32767).astype(np.int16)
