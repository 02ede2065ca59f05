"""Two people who hear each other: what comes on one line goes out on the other, and so do keys."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from telephony.media.session import Listener, VoiceSession
from voicebot.errors import ProtocolError
from voicebot.ports import FRAME_SECONDS

MOST = 0.1
"""Sound that may wait between the two lines, s: their clocks drift apart, and a talk bears no delay."""


class Relay:
    """Joins two sessions. Nobody else hears them: their listeners are replaced by each other.

    Args:
        ended: called with the reason when the media of either is over.
    """

    def __init__(self, one: VoiceSession, other: VoiceSession, *, ended: Callable[[str], None]) -> None:
        for heard, hears in ((one, other), (other, one)):
            hears.plays.flush()
            hears.plays.paused = False
            # One frame in hand, so that a beat that comes a little early finds something to send.
            hears.play(bytes(2 * round(hears.rate * FRAME_SECONDS)), hears.rate)
            heard.listen(_listener(heard, hears, ended))


def _listener(heard: VoiceSession, hears: VoiceSession, ended: Callable[[str], None]) -> Listener:
    def frame(pcm: bytes) -> None:
        if hears.plays.seconds > MOST:
            hears.plays.flush()
        hears.play(pcm, heard.rate)

    def key(digit: str) -> None:
        with suppress(ProtocolError):  # the other side takes no keys
            hears.press(digit)

    return Listener(frame=frame, key=key, played=lambda mark: None, ended=ended)
