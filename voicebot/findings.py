"""What ``voicebot doctor`` finds: a check, how it stands, and the French of it from ``findings.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal

State = Literal["well", "weak", "missing"]
"""``missing``: no call should be taken before it is mended. ``weak``: it should be looked at."""


@dataclass(frozen=True)
class Finding:
    """One check."""

    check: str
    state: State
    case: str = ""
    """Which text of this state, where there are several."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the text leaves open; never a patient's data."""

    @property
    def holds(self) -> bool:
        """Whether all is well."""
        return self.state == "well"

    @property
    def needed(self) -> bool:
        """Whether no call should be taken."""
        return self.state == "missing"

    @property
    def name(self) -> str:
        """The check, in French."""
        return texts()[self.check]["name"]

    @property
    def text(self) -> str:
        """What was found and, where something is wrong, how to mend it, in French."""
        wanted = f"{self.state}_{self.case}" if self.case else self.state
        return texts()[self.check][wanted].format_map(self.facts)


@cache
def texts() -> dict[str, dict[str, str]]:
    """The French of every check."""
    text = (resources.files("voicebot") / "findings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
