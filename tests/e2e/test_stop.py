"""The whole service ends within two seconds of an interrupt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import start, stop

pytestmark = pytest.mark.e2e

TRIES = 3
"""The best of so many counts: other work on the machine may hold one up."""


def test_the_service_stops_within_two_seconds(tmp_path: Path) -> None:
    seconds = 0.0
    for number in range(TRIES):
        folder = tmp_path / str(number)
        folder.mkdir()
        if (seconds := stop(start(folder))) < 2:
            return
    pytest.fail(f"the service took {seconds:.1f} s to stop")
