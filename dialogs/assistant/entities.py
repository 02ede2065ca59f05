"""Motives and practitioners, as said.

The words that the training data marks as ``motive`` are the list; the longest match on folded text wins. A
practitioner is a title and the word after it, or a profession. Names, numbers and times are read by the application's
own French grammar, and which motive or practitioner was meant is decided against the practice's own lists.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.normalise import fold

FILE = "phrases.json"
LEARNED = ("motive",)

_NO_NAME = (
    r"(?!(?:a|ce|cet|cette|de|demain|des|dimanche|du|elle|est|et|il|je|jeudi|la|le|les|lundi|mais|mardi|mercredi|non"
    r"|ou|oui|pour|que|qui|s|samedi|vendredi)\b)"
)
PRACTITIONER = re.compile(
    rf"\b(?:docteure?|docteresse|dr|medecin)\s+{_NO_NAME}[a-z'-]{{2,}}(?:\s+(?:de|du|le|la|ben|el)\s+[a-z'-]{{2,}})?"
    r"|\b(?:sage[ -]femme|maieuticien(?:ne)?)(?:\s+(?:madame\s+)?" + _NO_NAME + r"[a-z'-]{3,})?"
)


def fold_aligned(text: str) -> str:
    """``fold`` with as many characters as ``text``, so that positions agree."""
    return "".join((fold(char) or " ")[0] for char in text)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PhraseExtractor(EntityExtractorMixin, GraphComponent):
    """Rasa component: learns its phrases from the marked spans of the training data."""

    def __init__(self, storage: ModelStorage, resource: Resource, phrases: dict[str, list[str]] | None = None) -> None:
        self._storage = storage
        self._resource = resource
        self._patterns = {"practitioner": PRACTITIONER, **_compile(phrases or {})}

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """There is nothing to configure."""
        return {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PhraseExtractor:
        """An untrained component."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **options: Any,
    ) -> PhraseExtractor:
        """The trained component."""
        with model_storage.read_from(resource) as directory:
            phrases = json.loads((directory / FILE).read_text(encoding="utf-8"))
        return cls(model_storage, resource, phrases)

    def train(self, training_data: TrainingData) -> Resource:
        """Collect the marked spans."""
        phrases: dict[str, set[str]] = {name: set() for name in LEARNED}
        for example in training_data.entity_examples:
            text = example.get("text") or ""
            for entity in example.get("entities") or []:
                if entity["entity"] in phrases:
                    phrases[entity["entity"]].add(fold_aligned(text[entity["start"] : entity["end"]]))
        with self._storage.write_to(self._resource) as directory:
            content = {name: sorted(found) for name, found in phrases.items()}
            (directory / FILE).write_text(json.dumps(content), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set ``entities``: name, value as said, and span."""
        for message in messages:
            text = message.get("text") or ""
            folded = fold_aligned(text)
            found = [
                {
                    "entity": name,
                    "value": text[match.start() : match.end()],
                    "start": match.start(),
                    "end": match.end(),
                    "confidence_entity": 1.0,
                    "extractor": "PhraseExtractor",
                }
                for name, pattern in self._patterns.items()
                for match in pattern.finditer(folded)
            ]
            message.set("entities", sorted(found, key=lambda entity: entity["start"]), add_to_output=True)
        return messages


def _compile(phrases: dict[str, list[str]]) -> dict[str, re.Pattern[str]]:
    patterns = {}
    for name, known in phrases.items():
        longest_first = sorted(known, key=len, reverse=True)
        words = "|".join(r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", phrase))) for phrase in longest_first)
        if words:
            patterns[name] = re.compile(rf"\b(?:{words})s?\b")
    return patterns
