"""The errors of this product: one small family; each message says what was wrong, where, and how to mend it."""

from __future__ import annotations


class VoicebotError(Exception):
    """Base of every error that this product raises on purpose."""


class ConfigurationError(VoicebotError):
    """A practice file, option or environment that cannot be used (exit status 2)."""


class UnavailableError(VoicebotError):
    """A part that is needed is not there: a model, a port, a process (exit status 2 at start)."""


class ProtocolError(VoicebotError):
    """A peer sent something malformed or out of bounds; only its call ends."""


class AgendaError(VoicebotError):
    """Base of what the agenda refuses."""


class SlotTakenError(AgendaError):
    """The slot was taken by someone else meanwhile."""


class NotBookableError(AgendaError):
    """A rule forbids the slot; the message names the rule."""


class HoldExpiredError(AgendaError):
    """The hold outlived its time and no longer protects its slot."""


class StaleVersionError(AgendaError):
    """The row changed since it was read; read it again and decide again."""
