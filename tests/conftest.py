"""What several packages of tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from voicebot.processes import rasa
from voicebot.processes.rasa_service import RasaService

# A run judges the change, not the draw: every run draws the same examples, and no clock judges them.
# `pytest --hypothesis-profile=explore` draws others.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("same", settings.get_profile("explore"), derandomize=True)
settings.load_profile("same")


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
