"""Speaking: French text to sound at the rate of the call, and fixed phrases kept in memory.

Importing this package imports numpy and onnxruntime, which start threads: the speech process restricts itself first.
"""

from voicebot.speaking.phrases import Phrases
from voicebot.speaking.voice import CallVoice, load_voice

__all__ = ["CallVoice", "Phrases", "load_voice"]
