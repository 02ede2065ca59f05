"""The real Rasa server, trained from dialogs/ and started as the service starts it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from voicebot.children import Child, Spawn
from voicebot.processes import rasa
from voicebot.thinking.rasa import RasaUnderstander

READY_WITHIN = 120.0


@dataclass
class Server:
    """A running Rasa process."""

    model: Path
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    port: int = 0
    child: Child = field(init=False)

    def __post_init__(self) -> None:
        self.child = Child("rasa", self._spawn, ready_within=READY_WITHIN)

    async def _spawn(self) -> Spawn:
        return self.spawn()

    def spawn(self) -> Spawn:
        """How its next incarnation is started, on a port of its own."""
        door = rasa.door()
        self.port = int(door.getsockname()[1])
        return rasa.spawn(self.model, door, self.secret)

    def understander(self) -> RasaUnderstander:
        """The product's client."""
        return RasaUnderstander(port=self.port, secret=self.secret)

    def http(self, **headers: str) -> httpx.AsyncClient:
        """A bare client, for what the product's client never sends."""
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers=headers, trust_env=False)


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model, from the cache if dialogs/ has not changed."""
    if not rasa.interpreter().exists():
        pytest.skip("Rasa's environment is not installed (make install)")
    return rasa.train_if_needed()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(model: Path) -> AsyncIterator[Server]:
    """A server that answers."""
    made = Server(model)
    await made.child.start()
    yield made
    await made.child.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def understander(running: Server) -> AsyncIterator[RasaUnderstander]:
    """The product's client of the running server."""
    made = running.understander()
    yield made
    await made.close()
