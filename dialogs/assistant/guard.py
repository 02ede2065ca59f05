"""The guard: a possible emergency wins over every other reading.

A miss is far worse than a false alarm, so ``emergency`` is chosen from a small probability on, whatever was asked and
whatever else is likelier. At 0.2, with the list, every sign of the held-out phrases is caught, for less than one false
alarm in a hundred ordinary utterances (docs/figures.md).

A list of signs that a doctor reads is the application's, and is searched there before Rasa is asked: on fresh phrases
a list alone misses many, which is what this half is for. The confidence stays the classifier's probability, so that
the application may ask before it acts.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message

from assistant.classifier import PROBABILITIES

INTENT = "emergency"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class EmergencyGuard(IntentClassifier, GraphComponent):
    """Rasa component, last of the pipeline; ``threshold``: the probability of ``emergency`` from which it wins."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._threshold = float({**self.get_default_config(), **config}["threshold"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The threshold, 0 to 1."""
        return {"threshold": 0.2}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergencyGuard:
        """The component."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace ``intent`` and head ``intent_ranking`` where there is an alarm."""
        for message in messages:
            probability = (message.get(PROBABILITIES) or {}).get(INTENT, 0.0)
            if probability < self._threshold:
                continue
            found = {"name": INTENT, "confidence": probability}
            others = [item for item in message.get("intent_ranking") or [] if item["name"] != INTENT]
            message.set("intent", found, add_to_output=True)
            message.set("intent_ranking", [found, *others], add_to_output=True)
        return messages
