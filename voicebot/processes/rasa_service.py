"""The Rasa process as its owner holds it: trained, started, watched, and spoken to whichever incarnation is alive."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from voicebot.children import Child, Spawn
from voicebot.errors import UnavailableError
from voicebot.ports import Asks, Understanding
from voicebot.processes import rasa
from voicebot.thinking.rasa import HUNG, TIMEOUT, RasaUnderstander

READY = 120.0
"""How long it may take to be ready on a busy machine, s; a few seconds on a quiet one. Training comes before."""


class RasaService:
    """An ``Understander`` over a child process of our own; calls outlive its restarts.

    Each owner has its own process, port and secret: two services, or a chat beside a service, share nothing. The
    trained model is looked for in ``cache_dir`` (default: the user's cache).
    """

    def __init__(self, *, timeout: float = TIMEOUT, hung: float = HUNG, cache_dir: Path | None = None) -> None:
        self._timeout = timeout
        self._cache_dir = cache_dir
        self._hung = hung
        self._client: RasaUnderstander | None = None
        self.child = Child("rasa", self._spawn, ready_within=READY)

    async def understand(self, text: str, *, asks: Asks | None, conversation: str) -> Understanding:
        """Understand one utterance. Raises UnavailableError while Rasa is away."""
        if self._client is None:
            raise UnavailableError("Rasa is being started")
        return await self._client.understand(text, asks=asks, conversation=conversation)

    async def close(self) -> None:
        """Close the connections; the child is stopped by whoever started it."""
        await self._replace(None)

    async def _spawn(self) -> Spawn:
        model = await asyncio.to_thread(rasa.train_if_needed, self._cache_dir)
        door = rasa.door()
        port = int(door.getsockname()[1])
        secret = secrets.token_hex(16)
        # A process that hangs is ended; who watches the child starts it again.
        await self._replace(
            RasaUnderstander(port=port, secret=secret, timeout=self._timeout, on_hung=self.child.kill, hung=self._hung)
        )
        return rasa.spawn(model, door, secret)

    async def _replace(self, client: RasaUnderstander | None) -> None:
        before, self._client = self._client, client
        if before is not None:
            await before.close()
