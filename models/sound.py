"""Sound files in and out, for the command line and tests. Calls are never written to one."""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path

import av
import av.error

from voicebot.errors import ConfigurationError
from voicebot.ports import Audio

LONGEST = 30 * 60
"""Longest file that is read, s."""


def read_sound(path: Path, *, rate: int = 16000) -> Audio:
    """A sound file of any kind that FFmpeg reads, mixed down to mono at ``rate`` Hz.

    Raises:
        ConfigurationError: there is no such file, it holds no sound, or it is longer than half an hour.
    """
    pcm = bytearray()
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise ConfigurationError(f"{path} holds no sound")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
            for frame in container.decode(audio=0):
                for part in resampler.resample(frame):
                    pcm += bytes(part.planes[0])[: part.samples * 2]
                if len(pcm) > LONGEST * rate * 2:
                    raise ConfigurationError(f"{path} is longer than {LONGEST // 60} minutes: cut it")
            for part in resampler.resample(None):
                pcm += bytes(part.planes[0])[: part.samples * 2]
    except (av.error.FFmpegError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read as sound ({error.strerror})") from None
    return Audio(rate, bytes(pcm))


def write_wav(path: Path, sounds: Iterable[Audio]) -> float:
    """Write sounds of one rate, one after the other, as 16-bit mono WAV; returns the seconds written.

    Raises:
        ConfigurationError: the file cannot be written.
        ValueError: no sound, or several rates.
    """
    pieces = list(sounds)
    if len({piece.rate for piece in pieces}) != 1:
        raise ValueError("a WAV file needs sounds of one rate")
    try:
        with path.open("wb") as sink, wave.open(sink, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(pieces[0].rate)
            for piece in pieces:
                file.writeframes(piece.pcm)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written ({error.strerror})") from None
    return sum(piece.seconds for piece in pieces)
