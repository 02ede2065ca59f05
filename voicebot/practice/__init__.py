"""The practice's file: its schema, its reader and the sample practice that ships.

``voicebot.practice.schema`` is vocabulary (frozen dataclasses, standard library only) and may be imported anywhere.
"""

from voicebot.practice.loading import FILE_NAME, PracticeError, load_practice, read_practice
from voicebot.practice.schema import Practice, Problem

__all__ = ["FILE_NAME", "Practice", "PracticeError", "Problem", "load_practice", "read_practice"]
