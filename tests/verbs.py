"""What a verb of the command line gave back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """One JSON object a line, and nothing else."""
        return [json.loads(line) for line in self.out.splitlines()]
