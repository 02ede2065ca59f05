"""What several packages of tests share."""

from __future__ import annotations

import secrets
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from voicebot.children import Child, Spawn
from voicebot.processes import rasa
from voicebot.thinking.rasa import RasaUnderstander


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def understander() -> AsyncIterator[RasaUnderstander]:
    """The real Rasa, trained and started as a call has it."""
    if not rasa.interpreter().exists():
        pytest.skip("Rasa's environment is not installed: run `make install`")
    model = rasa.train_if_needed()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    secret = secrets.token_hex(16)

    async def spawn() -> Spawn:
        return rasa.spawn(model, port, secret)

    child = Child("rasa", spawn, ready_within=120)
    await child.start()
    client = RasaUnderstander(port=port, secret=secret)
    yield client
    await client.close()
    await child.stop()
