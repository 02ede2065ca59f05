"""What a proof found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "canary",
    "core-dump",
    "egress",
    "file",
    "hidden-write",
    "look-up",
    "sandbox",
    "shared-memory",
    "vanished-file",
    "words",
]


@dataclass(frozen=True)
class Finding:
    """One thing that should not be."""

    proof: Literal["trace", "scan"]
    kind: Kind
    where: str
    """The file, the process or the address; never what was said."""
    detail: str

    def __str__(self) -> str:
        return f"{self.proof}: {self.kind}: {self.where}: {self.detail}"
