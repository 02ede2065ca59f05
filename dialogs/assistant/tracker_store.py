"""A tracker store that keeps nothing: the application alone knows a call."""

from __future__ import annotations

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker


class NullTrackerStore(TrackerStore):
    """Every message is the first of its conversation; nothing is kept in memory or on disk."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Forget the tracker."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Nothing is ever found."""
        return None

    async def keys(self) -> list[str]:
        """No conversation is known."""
        return []
