"""Hearing: voice activity, the end of a turn, and French speech to text.

Importing this package imports numpy, onnxruntime and ctranslate2, which start threads: the speech process restricts
itself first.
"""

from __future__ import annotations

from pathlib import Path

from models.catalogue import model_named
from models.store import Store
from voicebot.hearing.ear import Ear
from voicebot.hearing.endpointer import Endpointer, Event, Nothing, Speculate, SpeechStart, TurnEnd
from voicebot.hearing.settings import WhisperSettings
from voicebot.hearing.vad import Vad
from voicebot.hearing.whisper import WhisperRecogniser

__all__ = [
    "Ear",
    "Endpointer",
    "Event",
    "Nothing",
    "Speculate",
    "SpeechStart",
    "TurnEnd",
    "Vad",
    "WhisperRecogniser",
    "load_recogniser",
]


def load_recogniser(*, models: Path | None = None, name: str | None = None) -> WhisperRecogniser:
    """The recogniser of a call: the model in use, or ``name``, from the directory ``models`` (default: the user's).

    Raises:
        UnavailableError: the model is not there.
        ConfigurationError: no such model.
    """
    store = Store(models)
    model = model_named(name) if name else store.in_use("hearing")
    return WhisperRecogniser(store.require(model), WhisperSettings(**model.whisper), name=model.name)
