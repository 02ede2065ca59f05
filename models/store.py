"""Where fetched models lie, and which one is in use. Standard library only; reading never writes.

A store is one directory: a subdirectory a model, ``lock.json`` (what was fetched, with its checksums) and ``use.json``
(what a person chose). Without a choice the model fetched last is in use, else the embedded one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.catalogue import HERE, Model, load_catalogue, model_named
from voicebot.errors import ConfigurationError, UnavailableError

AUTOMATIC = "auto"
"""The name that undoes a choice."""

_EMBEDDED = {"hearing": "miniature", "speaking": "espeak"}


def default_directory() -> Path:
    """``$VOICEBOT_MODELS``, else ``$XDG_DATA_HOME/voicebot/models``, else ``~/.local/share/voicebot/models``."""
    if named := os.environ.get("VOICEBOT_MODELS"):
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME")
    return Path(base if base else Path.home() / ".local" / "share") / "voicebot" / "models"


class Store:
    """The models of one directory."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = default_directory() if directory is None else directory

    def path(self, model: Model) -> Path:
        """The directory of a model's files, there or not."""
        if model.embedded:
            return HERE / (model.directory or "")
        return self.directory / model.name

    def present(self, model: Model) -> bool:
        """All files of the model are there."""
        directory = self.path(model)
        return all((directory / file.name).is_file() for file in model.files)

    def require(self, model: Model) -> Path:
        """The directory of a model that is there.

        Raises:
            UnavailableError: it is not; the message says how to get it.
        """
        directory = self.path(model)
        if missing := [file.name for file in model.files if not (directory / file.name).is_file()]:
            mend = (
                "it comes with voicebot: install that again, or fetch a real model with `voicebot models fetch base`"
                if model.embedded
                else f"`voicebot models fetch {model.name}`"
            )
            raise UnavailableError(f"the model {model.name} is not here ({directory / missing[0]} is missing): {mend}")
        return directory

    def lock(self) -> Mapping[str, Any]:
        """What was fetched: model → ``{"fetched", "revision", "files": {name: {"sha256", "size", …}}}``."""
        return _read_json(self.directory / "lock.json")

    def chosen(self, task: str) -> str | None:
        """The model that a person chose for ``hearing`` or ``speaking``, or None."""
        name = _read_json(self.directory / "use.json").get(task)
        return name if isinstance(name, str) else None

    def in_use(self, task: str) -> Model:
        """The model for ``hearing`` or ``speaking``.

        Raises:
            UnavailableError: the chosen model is not there.
        """
        if name := self.chosen(task):
            model = model_named(name)
            if not self.present(model):
                raise UnavailableError(
                    f"the model {name} was chosen but is not in {self.directory}: "
                    f"`voicebot models fetch {name}`, or `voicebot models use {AUTOMATIC}`"
                )
            return model
        catalogue = load_catalogue()
        fetched = sorted(self.lock().items(), key=lambda item: str(item[1].get("fetched", "")), reverse=True)
        for name, _ in fetched:
            candidate = catalogue.get(name)
            if candidate and candidate.task == task and self.present(candidate):
                return candidate
        return catalogue[_EMBEDDED[task]]

    def use(self, name: str) -> list[Model]:
        """Choose a model (or ``auto``); returns what is now in use, by task.

        Raises:
            ConfigurationError: no such model.
            UnavailableError: it was not fetched.
        """
        chosen = dict(_read_json(self.directory / "use.json"))
        if name == AUTOMATIC:
            chosen.clear()
        else:
            model = model_named(name)
            if not self.present(model):
                raise UnavailableError(f"the model {name} is not here yet: `voicebot models fetch {name}`")
            chosen[model.task] = name
        write_json(self.directory / "use.json", chosen)
        return [self.in_use(task) for task in _EMBEDDED]


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace a small JSON file atomically, creating its directory."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written ({error.strerror}): give another --models") from None


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}): mend or delete it") from None
    if not isinstance(value, dict):
        raise ConfigurationError(f"{path} does not hold a JSON object: delete it")
    return value
