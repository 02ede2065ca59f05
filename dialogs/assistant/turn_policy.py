"""The policy for what no rule decides: the turn goes to the application, then Rasa listens."""

from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class TurnPolicy(Policy):
    """Predicts ``utter_turn`` after an utterance and ``action_listen`` after an answer, below every rule."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Priority 1 is below the rules' 6."""
        return {"priority": 1}

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **options: Any) -> Resource:
        """Nothing is learned."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **options: Any,
    ) -> PolicyPrediction:
        """The one next action with probability 1."""
        follows = "utter_turn" if tracker.latest_action_name == "action_listen" else "action_listen"
        probabilities = self._default_predictions(domain)
        probabilities[domain.index_for_action(follows)] = 1.0
        return self._prediction(probabilities)
