"""What several packages of tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from voicebot.processes import rasa
from voicebot.processes.rasa_service import RasaService


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def understander() -> AsyncIterator[RasaService]:
    """The real Rasa, trained and started as a call has it."""
    if not rasa.interpreter().exists():
        pytest.skip("Rasa's environment is not installed: run `make install`")
    # A busy machine must not pass for a Rasa that is away, or that hangs.
    service = RasaService(timeout=30, hung=60)
    await service.child.start()
    yield service
    await service.child.stop()
    await service.close()
