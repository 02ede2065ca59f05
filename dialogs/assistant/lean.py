"""Import Rasa without the libraries that this project does not use.

Rasa names TensorFlow, the chat connectors and the remote stores when it is imported, although a project that configures
none of them never calls them. They cost 2 GB on disk, 400 MB of memory and most of the start, and each is something
more to trust. ``install`` puts stand-ins in their place; it must run before the first import of ``rasa``.

* A library of ``ABSENT`` becomes an empty module: any name in it is a class that can be subclassed or stand in an
  annotation, and that raises ``AbsentError`` when somebody calls it. Nothing pretends to work.
* ``rasa.engine.recipes.default_components`` would import every component that Rasa ships; ours registers those of
  ``config.yml``.
* ``rasa.core.channels`` would import every connector; ours holds the channel classes only.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, NoReturn

ABSENT = frozenset(
    {
        "aio_pika",
        "aiogram",
        "aiormq",
        "boto3",
        "cachecontrol",
        "colorclass",
        "coloredlogs",
        "fbmessenger",
        "google",
        "matplotlib",
        "pamqp",
        "prompt_toolkit",
        "pymongo",
        "questionary",
        "randomname",
        "rasa_sdk",
        "redis",
        "slack_sdk",
        "socketio",
        "tensorflow",
        "twilio",
        "webexteamssdk",
        "rasa.core.policies.ted_policy",
        "rasa.core.test",
        "rasa.nlu.classifiers.diet_classifier",
        "rasa.nlu.selectors.response_selector",
    }
)
"""Packages, and Rasa's neural components, that Rasa imports and this project leaves out."""

TRAINING_ONLY = frozenset({"sklearn"})
"""Packages that fit the model and that the server does without."""

COMPONENTS = {
    "rasa.nlu.tokenizers.whitespace_tokenizer": "WhitespaceTokenizer",
    "rasa.nlu.classifiers.fallback_classifier": "FallbackClassifier",
    "rasa.core.policies.rule_policy": "RulePolicy",
}
"""Rasa's own components that ``config.yml`` names, by module."""

CHANNEL_CLASSES = ("InputChannel", "OutputChannel", "UserMessage", "CollectingOutputChannel")


class AbsentError(RuntimeError):
    """Something called a library that this project leaves out."""


class _AbsentType(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent

    def __call__(cls, *args: object, **options: object) -> NoReturn:
        raise AbsentError(f"{cls.__module__}.{cls.__name__} belongs to a library that dialogs/ leaves out")


class Absent(metaclass=_AbsentType):
    """A name of an absent library."""


class _AbsentModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class _Finder(MetaPathFinder, Loader):
    """Finds the absent libraries and the two replaced modules of Rasa."""

    def __init__(self, absent: frozenset[str]) -> None:
        self._absent = absent

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if self._is_absent(fullname):
            return ModuleSpec(fullname, self, is_package=True)
        if fullname == "rasa.engine.recipes.default_components":
            return ModuleSpec(fullname, self)
        if fullname == "rasa.core.channels":
            spec = ModuleSpec(fullname, self, is_package=True)
            real = PathFinder.find_spec(fullname, path)
            if real is not None:
                spec.submodule_search_locations = real.submodule_search_locations
            return spec
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return _AbsentModule(spec.name) if self._is_absent(spec.name) else None

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == "rasa.engine.recipes.default_components":
            components = [getattr(importlib.import_module(name), class_) for name, class_ in COMPONENTS.items()]
            module.__dict__["DEFAULT_COMPONENTS"] = components
        elif module.__name__ == "rasa.core.channels":
            channel = importlib.import_module("rasa.core.channels.channel")
            module.__dict__.update({name: getattr(channel, name) for name in CHANNEL_CLASSES})
            module.__dict__["BUILTIN_CHANNELS"] = {}

    def _is_absent(self, name: str) -> bool:
        return name in self._absent or name.partition(".")[0] in self._absent


def install(*, training: bool = False) -> None:
    """Put the stand-ins in place. Raises RuntimeError once ``rasa`` has been imported."""
    if "rasa" in sys.modules:
        raise RuntimeError("assistant.lean.install() must run before rasa is imported")
    sys.meta_path.insert(0, _Finder(ABSENT if training else ABSENT | TRAINING_ONLY))
