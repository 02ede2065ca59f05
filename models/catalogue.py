"""The speech models that voicebot knows: `catalogue.toml`, read. Standard library only."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from voicebot.errors import ConfigurationError

HERE = Path(__file__).resolve().parent

Kind = Literal["whisper", "piper", "espeak"]


@dataclass(frozen=True)
class ModelFile:
    """One file of a model."""

    path: str
    """Where it lies in its repository."""
    size: int | None = None
    """Bytes, where known."""
    sha256: str | None = None
    md5: str | None = None
    """A weaker sum, where it is the one that upstream publishes."""

    @property
    def name(self) -> str:
        """Its name in the model's directory here."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Model:
    """One entry of the catalogue."""

    name: str
    kind: Kind
    licence: str
    description: str
    files: tuple[ModelFile, ...]
    embedded: bool = False
    """It comes with voicebot and is never fetched."""
    directory: str | None = None
    """Where an embedded model lies, beside the catalogue."""
    repository: str | None = None
    revision: str | None = None
    whisper: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the recogniser that differ from the published models' (``voicebot/hearing/settings.py``)."""
    measured: Mapping[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """``hearing`` or ``speaking``: models of one task compete for being the one in use."""
        return "hearing" if self.kind == "whisper" else "speaking"


@cache
def load_catalogue(path: Path = HERE / "catalogue.toml") -> Mapping[str, Model]:
    """Read the catalogue, in its order. Raises ConfigurationError that names the entry."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: the catalogue of models cannot be read ({error})") from None
    models: dict[str, Model] = {}
    for name, table in tables.items():
        try:
            files = tuple(ModelFile(**file) for file in table.pop("files"))
            models[name] = Model(name=name, files=files, **table)
        except (TypeError, KeyError, AttributeError) as error:
            raise ConfigurationError(f"{path}: [{name}] is not a model entry ({error})") from None
    return models


def model_named(name: str) -> Model:
    """The entry called ``name``. Raises ConfigurationError that lists those that exist."""
    catalogue = load_catalogue()
    if name not in catalogue:
        raise ConfigurationError(f"no model is called {name!r}; there are {', '.join(catalogue)}")
    return catalogue[name]
