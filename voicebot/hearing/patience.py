"""How long each question lets the caller be silent. Standard library only.

Sources: pipecat ends a turn after 0.2 s plus a semantic model (cap 3 s), livekit-agents after 0.3–2.5 s, RealtimeSTT
after 0.6 s. Ours depends on the question: a yes or no needs little, a phone number or a spelt name is said in groups
with pauses of up to a second between them, and callers who are cut off there complain most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voicebot.ports import Asks


@dataclass(frozen=True)
class Patience:
    """Silences that one question allows, s."""

    silence: float
    """After speech: the turn is over."""
    complete: float
    """The same once the words so far answer the question."""
    nothing: float
    """Before any speech: the caller says nothing."""


_YES_OR_NO = Patience(silence=0.4, complete=0.3, nothing=6.0)
_SHORT = Patience(silence=0.6, complete=0.35, nothing=6.0)

PATIENCE: Mapping[Asks, Patience] = {
    "open": Patience(silence=0.8, complete=0.5, nothing=7.0),
    "motive": Patience(silence=0.7, complete=0.45, nothing=7.0),
    "known": _YES_OR_NO,
    "for_whom": _SHORT,
    "practitioner": _SHORT,
    "when": Patience(silence=0.7, complete=0.45, nothing=8.0),
    "choice": _SHORT,
    "birth_name": Patience(silence=0.7, complete=0.6, nothing=7.0),
    "first_name": Patience(silence=0.6, complete=0.5, nothing=6.0),
    "spelling": Patience(silence=1.5, complete=1.2, nothing=8.0),
    "birth_date": Patience(silence=0.8, complete=0.4, nothing=8.0),
    "phone": Patience(silence=1.4, complete=0.5, nothing=9.0),
    "confirm": Patience(silence=0.9, complete=0.3, nothing=6.0),  # « non… » is followed by what is wrong
    "which": _SHORT,
    "emergency": _YES_OR_NO,
    "callback": _YES_OR_NO,
    "transcript": _YES_OR_NO,
}

UNASKED = PATIENCE["open"]
"""While nothing has been asked (the caller interrupts the greeting)."""
