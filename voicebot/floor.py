"""Who may speak: a pure state machine of turn-taking, ``step(state, event, time) -> (state, actions)``.

A prompt is paused at once when the caller speaks over it and resumed when no words came of it, because a cough must
not leave silence. Speech in the first quarter of a second of a prompt is the tail of the previous turn and is let pass.
The legal announcement cannot be interrupted. Times are seconds of any monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

PROMPT_GUARD = 0.25
"""Speech that starts this soon after a prompt does not interrupt it, s."""

RESUME_AFTER = 2.0
"""A paused prompt resumes when no words came for this long after the caller fell silent, s."""


class Holder(Enum):
    """Who has the floor."""

    ASSISTANT = auto()
    """A prompt plays."""
    CONTESTED = auto()
    """A prompt is paused because the caller speaks."""
    CALLER = auto()
    """The assistant listens."""
    NOBODY = auto()
    """The caller's turn is over and the reply is being found."""


class Action(Enum):
    """What the process must do."""

    PAUSE = auto()
    RESUME = auto()
    FLUSH = auto()
    """Drop what is left of the prompt and report it as interrupted."""
    REPORT = auto()
    """Send the words to the mind."""
    DISCARD = auto()
    """Forget the words: nobody was asked."""
    LISTEN = auto()
    """The prompt is over: the time for an answer starts."""


@dataclass(frozen=True)
class PromptStart:
    """A prompt starts to play."""

    interruptible: bool = True


class PromptEnd:
    """The last sample of the prompt has left."""


class SpeechStart:
    """The caller's voice was detected."""


@dataclass(frozen=True)
class Words:
    """An utterance ended; ``any`` says whether the recogniser found words in it."""

    any: bool


class Tick:
    """Time passed."""


class Key:
    """The caller pressed a key."""


Event = PromptStart | PromptEnd | SpeechStart | Words | Tick | Key


@dataclass(frozen=True)
class Floor:
    """The state: who holds the floor, since when, and whether the prompt may be interrupted."""

    holder: Holder = Holder.NOBODY
    since: float = 0.0
    interruptible: bool = True
    heard: bool = False
    """Speech began while it could count (not during an announcement)."""
    quiet_since: float | None = None
    """When a wordless interruption fell silent, s."""


def step(floor: Floor, event: Event, now: float) -> tuple[Floor, tuple[Action, ...]]:
    """Take one event at ``now`` (s) and return the new state with the actions to carry out, in order."""
    match event:
        case PromptStart():
            return Floor(Holder.ASSISTANT, now, event.interruptible), ()
        case PromptEnd():
            return _prompt_end(floor, now)
        case SpeechStart():
            return _speech_start(floor, now)
        case Words():
            return _words(floor, event.any, now)
        case Key():
            if floor.holder in (Holder.ASSISTANT, Holder.CONTESTED) and floor.interruptible:
                return Floor(Holder.CALLER, now), (Action.FLUSH,)
            return floor, ()
        case Tick():
            if (
                floor.holder is Holder.CONTESTED
                and floor.quiet_since is not None
                and now - floor.quiet_since >= RESUME_AFTER
            ):
                return replace(floor, holder=Holder.ASSISTANT, heard=False, quiet_since=None), (Action.RESUME,)
            return floor, ()


def _prompt_end(floor: Floor, now: float) -> tuple[Floor, tuple[Action, ...]]:
    if floor.holder is Holder.ASSISTANT:
        # An utterance that began over the prompt's last words still counts as an answer.
        return Floor(Holder.CALLER, now, heard=floor.heard), (Action.LISTEN,)
    if floor.holder is Holder.CONTESTED:
        return Floor(Holder.CALLER, now, heard=True), (Action.LISTEN,)
    return floor, ()


def _speech_start(floor: Floor, now: float) -> tuple[Floor, tuple[Action, ...]]:
    match floor.holder:
        case Holder.ASSISTANT if floor.interruptible and now - floor.since >= PROMPT_GUARD:
            return replace(floor, holder=Holder.CONTESTED, heard=True, quiet_since=None), (Action.PAUSE,)
        case Holder.CONTESTED:
            return replace(floor, heard=True, quiet_since=None), ()
        case Holder.CALLER | Holder.NOBODY:
            return replace(floor, holder=Holder.CALLER, heard=True), ()
        case _:
            return replace(floor, heard=False), ()


def _words(floor: Floor, any_words: bool, now: float) -> tuple[Floor, tuple[Action, ...]]:
    match floor.holder:
        case Holder.CONTESTED if any_words:
            return Floor(Holder.NOBODY, now), (Action.FLUSH, Action.REPORT)
        case Holder.CONTESTED:
            return replace(floor, quiet_since=now), ()
        case Holder.CALLER if floor.heard:
            return Floor(Holder.NOBODY, now), (Action.REPORT,)
        case _:
            return floor, (Action.DISCARD,)
