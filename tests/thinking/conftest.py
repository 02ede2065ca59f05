from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.thinking.callers import Cabinet, open_cabinet


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    """The sample practice on Monday 23 November 2026 at 8:00; Rasa is away unless a test brings it."""
    found = open_cabinet(tmp_path / "data")
    yield found
    found.agenda.close()
