"""A service that waits for its passphrase: two doors, one attempt at a time, and nothing of it anywhere."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from voicebot import locked as module
from voicebot.errors import ConfigurationError, UnavailableError
from voicebot.locked import Locked, send_passphrase
from voicebot.sockets import bind
from voicebot.vault.envelope import Cost, seal

KEY = bytes(range(32))
RIGHT = "quatre mots tirés au sort"


def open_key(passphrase: str) -> bytes:
    if passphrase != RIGHT:
        raise ConfigurationError("the passphrase is wrong")
    return KEY


@asynccontextmanager
async def waiting(data: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[asyncio.Task[bytes], str]]:
    monkeypatch.setattr(module, "ATTEMPT_SECONDS", 0.0)
    page = bind("127.0.0.1", 0, socket.SOCK_STREAM, "--http-port")
    task = asyncio.create_task(Locked(data, page, "Cabinet <des> Tilleuls", open_key).wait())
    url = f"http://127.0.0.1:{page.getsockname()[1]}"
    async with httpx.AsyncClient(timeout=60) as client:
        for _ in range(1500):
            try:
                await client.get(url)
                break
            except httpx.TransportError:
                await asyncio.sleep(0.02)
    try:
        yield task, url
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        page.close()


async def test_the_passphrase_typed_at_the_desk_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with waiting(tmp_path, monkeypatch) as (task, url), httpx.AsyncClient(base_url=url, timeout=60) as client:
        page = await client.get("/agenda")
        assert "Cabinet &lt;des&gt; Tilleuls" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert (await client.get("/static/icon.svg")).status_code == 200
        wrong = await client.post("/deverrouiller", data={"passphrase": "mauvaise phrase"})
        assert wrong.status_code == 403
        assert "mauvaise" not in wrong.text
        assert not task.done()
        right = await client.post("/deverrouiller", data={"passphrase": RIGHT})
        assert right.status_code == 200
        assert await asyncio.wait_for(task, 30) == KEY


async def test_another_site_cannot_try_passphrases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with waiting(tmp_path, monkeypatch) as (task, url), httpx.AsyncClient(base_url=url, timeout=60) as client:
        headers = {"sec-fetch-site": "cross-site"}
        refused = await client.post("/deverrouiller", data={"passphrase": RIGHT}, headers=headers)
        assert refused.status_code == 403
        assert not task.done()


async def test_the_passphrase_typed_at_a_terminal_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path
    async with waiting(data, monkeypatch) as (task, _):
        assert (data / "unlock.sock").stat().st_mode & 0o777 == 0o600
        with pytest.raises(ConfigurationError, match="wrong"):
            await asyncio.to_thread(send_passphrase, data, "mauvaise phrase")
        with pytest.raises(ConfigurationError, match="wrong"):
            await asyncio.to_thread(send_passphrase, data, "x" * 1500)
        await asyncio.to_thread(send_passphrase, data, RIGHT)
        assert await asyncio.wait_for(task, 30) == KEY
    assert not (data / "unlock.sock").exists()
    with pytest.raises(UnavailableError, match="no service waits"):
        send_passphrase(data, RIGHT)


async def test_attempts_are_made_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPT_SECONDS", 0.0)
    at_once = most = 0

    def slow(passphrase: str) -> bytes:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.02)  # long enough for another to come in, were it let in
        at_once -= 1
        raise ConfigurationError("wrong")

    door = Locked(tmp_path, None, "Cabinet", slow)
    task = asyncio.create_task(door.wait())
    await asyncio.sleep(0)
    await asyncio.gather(*(door.try_passphrase("x") for _ in range(5)))
    assert most == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_the_service_that_will_hold_the_key_dumps_no_memory(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(seal(KEY, RIGHT, Cost(memory=1024)).to_text())
    (tmp_path / "key").chmod(0o600)
    command = [sys.executable, "-m", "voicebot", "serve", "--http-port", "0"]
    command += ["--data", str(tmp_path / "data"), "--key-file", str(tmp_path / "key")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        try:
            told = next((line for line in service.stderr if "LOCKED" in line), "")
            limits = Path(f"/proc/{service.pid}/limits").read_text()
        finally:
            service.terminate()
            service.stderr.read()
    assert told
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
