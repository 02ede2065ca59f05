"""RTP payloads in, one frame of sound out each time it is asked: reordered, on time, losses concealed."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from telephony.media.concealment import Concealer, is_quiet, merge
from telephony.media.g711 import Samples
from telephony.media.jitter import JitterBuffer

MERGE_EVERY = 5
"""When it must catch up while someone speaks, one frame in five is merged with the next: a fifth faster."""


class Decoder(Protocol):
    """Payloads to samples. It may keep state: payloads come in the order of their timestamps."""

    def decode(self, payload: bytes) -> Samples:
        """The samples of one payload at the receiver's rate; empty when it makes no sense."""


class VoiceReceiver:
    """Sound of one RTP stream at ``rate`` Hz, a frame of 20 ms at a time; ``clock_rate`` is its RTP clock, Hz."""

    def __init__(self, rate: int, clock_rate: int) -> None:
        self.rate = rate
        self.frame_size = rate // 50
        self.buffer: JitterBuffer[tuple[Decoder, bytes]] = JitterBuffer(clock_rate)
        self.concealed = 0
        """Frames that had to be made up, wholly or in part, since sound began."""
        self._clock_rate = clock_rate
        self._concealer = Concealer(rate)
        self._ready: Samples = np.zeros(0, np.int16)
        self._since_merge = 0

    def push(self, timestamp: int, duration: int, decoder: Decoder, payload: bytes, now: float) -> None:
        """Take one payload of ``duration`` RTP units that arrived at ``now``, s."""
        self.buffer.push(timestamp, duration, (decoder, payload), now)

    def reset(self) -> None:
        """Begin anew: another stream follows."""
        self.buffer = JitterBuffer(self._clock_rate)

    def frame(self, now: float) -> Samples:
        """The 20 ms that are due at ``now``: received, made up, or silence."""
        while len(self._ready) < self.frame_size:
            samples = self._next(now)
            if samples is None:
                missing = self.frame_size - len(self._ready)
                if self.buffer.counts.played:
                    self.concealed += 1
                samples = self._concealer.conceal(missing)
            self._ready = np.concatenate((self._ready, samples))
        frame, self._ready = self._ready[: self.frame_size], self._ready[self.frame_size :]
        return frame

    def _next(self, now: float) -> Samples | None:
        """The next packet's samples; when the delay has grown, two packets in the time of one."""
        pulled = self.buffer.pull(now)
        if pulled is None:
            return None
        samples = self._decode(*pulled.item)
        self._since_merge += 1
        if pulled.hurry and (is_quiet(samples) or self._since_merge >= MERGE_EVERY):
            following = self.buffer.pull(now)
            if following is not None:
                self._since_merge = 0
                other = self._decode(*following.item)
                samples = merge(samples, other) if len(samples) == len(other) else other
        return self._concealer.good(samples)

    @staticmethod
    def _decode(decoder: Decoder, payload: bytes) -> Samples:
        return decoder.decode(payload)
