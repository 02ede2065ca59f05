"""The transcript: refused or erased at any time, by voice or keys, and the call goes on."""

from __future__ import annotations

from dataclasses import replace

from voicebot.errors import VoicebotError
from voicebot.french.numbers import to_words
from voicebot.thinking.turn import Turn


def refuse(turn: Turn) -> None:
    """Nothing more of this call is kept; what was kept goes when it ends."""
    turn.put(transcript=False)
    turn.say("transcript.refused")


def erase(turn: Turn) -> None:
    """Erase now, and read the receipt out; a message that the caller left goes too."""
    callbacks = tuple(replace(callback, message=None) for callback in turn.state.callbacks)
    turn.put(erase=True, transcript=False, message=None, callbacks=callbacks)
    receipt = None
    if turn.mind.erase is not None:
        try:
            receipt = turn.mind.erase(turn.mind.call_id)
        except VoicebotError:
            # It is tried again when the call ends; nobody is told that it is done before it is.
            receipt = None
    if receipt is None:
        turn.say("aside.transcript_erased")
        return
    turn.put(receipt=receipt)
    turn.say("aside.erased", receipt=_spelled(receipt))


def _spelled(receipt: str) -> str:
    """``K, sept, M, deux``: letters and digits apart, so that they can be written down."""
    return ", ".join(to_words(int(char)) if char.isdigit() else char for char in receipt if char.isalnum())
