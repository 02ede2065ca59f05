"""One call's media: every 20 ms a frame of the caller's sound out, and a frame of ours to the caller.

``VoiceSession`` is the engine that SIP and WebRTC share; a ``Line`` is what carries its frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from telephony.media.g711 import Samples
from telephony.media.metronome import Metronome
from telephony.media.playout import PlayQueue
from telephony.media.receiver import VoiceReceiver
from voicebot.errors import ProtocolError
from voicebot.ports import FRAME_SECONDS

SILENT_LINE = 20.0
"""A call whose media stays away this long is over, s."""
HELD_LINE = 600.0
"""The same while the caller holds us, when no media is due, s."""
STEP = 0.0002
"""Most by which a beat is moved towards the sender's clock, s: 1 %."""


class Line(Protocol):
    """What carries the frames of one call."""

    receiver: VoiceReceiver

    @property
    def sends(self) -> bool:
        """Whether the caller hears us now; while not, what we play waits."""

    @property
    def receives(self) -> bool:
        """Whether the caller's media is due."""

    @property
    def last_received(self) -> float:
        """When media came last, on the event loop's clock, s."""

    def send(self, frame: Samples) -> None:
        """Send 20 ms."""

    def press(self, digit: str) -> None:
        """Send a key. Raises ProtocolError when the other side takes none or too many wait."""

    def close(self) -> None:
        """Stop for good."""


@dataclass(frozen=True)
class Listener:
    """Who is told what happens in a session."""

    frame: Callable[[bytes], None]
    """20 ms of the caller's sound, s16le at the session's rate; silence while none comes."""
    key: Callable[[str], None]
    """The caller pressed a key."""
    played: Callable[[object], None]
    """All sound before this mark has left."""
    ended: Callable[[str], None]
    """The media is over: ``rtp-timeout`` or ``fault``."""


class VoiceSession:
    """Drives one line with a 20 ms beat. All methods belong to the event loop's thread."""

    def __init__(self, line: Line, listener: Listener) -> None:
        self.plays = PlayQueue(line.receiver.rate)
        self._line = line
        self._listener = listener
        self._frame_size = line.receiver.frame_size
        self._silence: Samples = np.zeros(self._frame_size, np.int16)
        self._metronome = Metronome(FRAME_SECONDS, self.beat, self._failed)
        self._heard = False
        self.patient = False
        """The other side may be silent for as long as it likes: someone else watches over the call."""

    @property
    def rate(self) -> int:
        """Sampling rate of frames both ways, Hz."""
        return self._line.receiver.rate

    def start(self) -> None:
        """Begin to send, receive and beat."""
        self._metronome.start()

    def listen(self, listener: Listener) -> None:
        """From now on tell someone else."""
        self._listener = listener

    def key(self, digit: str) -> None:
        """A key came, in RTP or beside it."""
        self._listener.key(digit)

    def press(self, digit: str) -> None:
        """Send a key. Raises ProtocolError when the other side takes none or too many wait."""
        self._line.press(digit)

    def play(self, pcm: bytes, rate: int) -> None:
        """Queue s16le sound. Raises ProtocolError when it is malformed or too much waits."""
        if len(pcm) % 2:
            raise ProtocolError("sound to be played is not of whole 16-bit samples")
        self.plays.put(np.frombuffer(pcm, "<i2").astype(np.int16, copy=False), rate)

    def close(self) -> None:
        """Stop the beat and the line."""
        self._metronome.stop()
        self._line.close()

    def arrived(self, now: float) -> None:
        """The line received media: the first time, beats are moved to just after its arrival."""
        if not self._heard:
            self._heard = True
            self._metronome.align(now + self._line.receiver.buffer.target)

    def beat(self, now: float) -> None:
        """One frame each way."""
        line = self._line
        if line.sends:
            frame = self.plays.take(self._frame_size)
            line.send(self._silence if frame is None else frame)
            for mark in self.plays.passed():
                self._listener.played(mark)
        self._follow(now)
        self._listener.frame(line.receiver.frame(now).astype("<i2", copy=False).tobytes())
        if not self.patient and now - line.last_received > (SILENT_LINE if line.receives else HELD_LINE):
            self._metronome.stop()
            self._listener.ended("rtp-timeout")

    def _follow(self, now: float) -> None:
        """Move the beat a little, so that sound is taken when the jitter asks for it and clocks may drift apart."""
        buffer = self._line.receiver.buffer
        delay = buffer.delay(now)
        if delay is not None:
            error = buffer.target - delay
            # Beyond half a frame it is a gap or a burst, which the buffer itself makes good.
            if abs(error) < FRAME_SECONDS:
                self._metronome.shift(min(STEP, max(-STEP, error)))

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, ProtocolError):
            # The place tells enough; the message might hold what was heard.
            self._listener.ended(f"fault-{type(error).__name__}")
        else:
            self._listener.ended("protocol")
