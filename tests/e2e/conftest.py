"""One real service for all calls, and one whose desk is walked; each on its own data."""

from __future__ import annotations

import shutil
import tempfile
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from tests.desk.visit import CHROMIUM
from tests.e2e.people import PATIENCE_MS, People, settle_in
from tests.e2e.running import RunningService, start, stop
from voicebot.speaking.voice import CallVoice, EspeakEngine

__all__ = ["RunningService", "start", "stop"]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    running = start(tmp_path_factory.mktemp("service"))
    yield running
    stop(running)


# --- the desk: one practice of its own, on a Monday, with everyone at work ---

MONDAY = "2026-11-23T10:00"
A_MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="session")
def cabinet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample practice, whose rules may be changed."""
    return shutil.copytree("voicebot/practice/sample", tmp_path_factory.mktemp("desk") / "cabinet")


@pytest.fixture(scope="session")
def desk_service(cabinet: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """The service whose desk is walked; the calls of every test stay in it."""
    folder, key = tmp_path_factory.mktemp("desk-service"), tmp_path_factory.mktemp("desk-key") / "key"
    with tempfile.TemporaryDirectory(prefix="vb-") as sockets:  # the address of a Unix socket is short
        options = ("--practice", str(cabinet), "--now", MONDAY)
        running = start(folder, *options, key=key, temporary=Path(sockets))
        yield running
        stop(running)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def people(desk_service: RunningService, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    """Everyone at the desk, after its first run."""
    said = tmp_path_factory.mktemp("microphone") / "said.wav"
    microphone_says(said, "Je voudrais un rendez-vous pour une consultation.")
    arguments = ["--no-sandbox", *A_MICROPHONE, f"--use-file-for-fake-audio-capture={said}"]
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield await settle_in(desk_service, browser)
        await browser.close()


def microphone_says(path: Path, text: str) -> None:
    """Write what Chromium's microphone says, over and over: the product's own voice, then silence."""
    rate = 16000
    sound = b"".join(piece.pcm for piece in CallVoice(EspeakEngine(), rate).synthesise(text))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(sound + bytes(2 * rate * 6))
