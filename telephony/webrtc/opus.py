"""Opus (RFC 6716) in RTP (RFC 7587): 16 kHz mono samples to payloads and back, by libopus through PyAV."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import av
import numpy as np
from av import AudioFrame, CodecContext, Packet

from telephony.media.g711 import Samples
from telephony.media.resample import Resampler

RATE = 16000
"""Of the samples, Hz."""
CLOCK_RATE = 48000
"""RTP clock, whatever the samples' rate (RFC 7587, section 4.1)."""
FRAME = RATE // 50
BIT_RATE = 32000

_NOTHING: Samples = np.zeros(0, np.int16)


def duration(payload: bytes) -> int:
    """How long a payload lasts in RTP units, from its first octets (RFC 6716, section 3.1); 0 when malformed."""
    if not payload:
        return 0
    configuration, code = payload[0] >> 3, payload[0] & 3
    if configuration < 12:
        frame = (480, 960, 1920, 2880)[configuration & 3]
    elif configuration < 16:
        frame = (480, 960)[configuration & 1]
    else:
        frame = (120, 240, 480, 960)[configuration & 3]
    frames = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 0)[code]
    # A packet holds at most 120 ms.
    return frame * frames if frame * frames <= 5760 else 0


class OpusEncoder:
    """Encodes frames of 20 ms. ``lowdelay`` delays the sound by 2.5 ms, ``voip`` by 6.5 ms."""

    def __init__(self, application: Literal["lowdelay", "voip"] = "lowdelay") -> None:
        codec = CodecContext.create("libopus", "w")
        codec.sample_rate = RATE
        codec.format = "s16"
        codec.layout = "mono"
        codec.bit_rate = BIT_RATE
        codec.time_base = Fraction(1, RATE)
        codec.options = {"application": application, "frame_duration": "20", "compression_level": "5"}
        self._codec = codec
        self._samples = 0

    def encode(self, frame: Samples) -> bytes:
        """The payload of one frame of ``FRAME`` samples."""
        sound = AudioFrame.from_ndarray(frame.reshape(1, -1), format="s16", layout="mono")
        sound.sample_rate = RATE
        sound.pts = self._samples
        sound.time_base = Fraction(1, RATE)
        self._samples += len(frame)
        packets = self._codec.encode(sound)
        return bytes(packets[0]) if packets else b""


class OpusDecoder:
    """Decodes one stream; payloads come in order. It keeps state from one payload to the next."""

    def __init__(self) -> None:
        codec = CodecContext.create("libopus", "r")
        codec.sample_rate = CLOCK_RATE
        codec.format = "s16"
        codec.layout = "mono"
        self._codec = codec
        self._resampler = Resampler(CLOCK_RATE, RATE)

    def decode(self, payload: bytes) -> Samples:
        """Samples at 16 kHz; none when the payload is malformed."""
        if not duration(payload):  # an empty payload would end the decoder for good
            return _NOTHING
        try:
            frames = self._codec.decode(Packet(payload))
        except av.FFmpegError:
            return _NOTHING
        pieces = [frame.to_ndarray().reshape(-1) for frame in frames]
        return self._resampler.resample(np.concatenate(pieces)) if pieces else _NOTHING
