"""Sound files of any rate become one mono sound, and come back."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from models.sound import read_sound, write_wav
from voicebot.errors import ConfigurationError
from voicebot.ports import Audio


def tone(rate: int, seconds: float = 1.0) -> bytes:
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)).astype("<i2").tobytes()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    assert write_wav(path, [Audio(16000, tone(16000)), Audio(16000, tone(16000, 0.5))]) == pytest.approx(1.5)
    assert read_sound(path).pcm == tone(16000) + tone(16000, 0.5)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_any_rate_is_read(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, [Audio(rate, tone(rate))])
    sound = read_sound(path)
    assert sound.seconds == pytest.approx(1.0, abs=0.01)
    spectrum = np.abs(np.fft.rfft(np.frombuffer(sound.pcm, "<i2")))
    assert np.argmax(spectrum) == pytest.approx(440, abs=5)


def test_two_channels_are_mixed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(np.repeat(np.frombuffer(tone(16000), "<i2"), 2).tobytes())
    assert read_sound(path).seconds == pytest.approx(1.0)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all" * 100])
def test_what_is_no_sound_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"a\.wav (cannot be read as sound|holds no sound)"):
        read_sound(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        read_sound(tmp_path / "missing.wav")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_wav(tmp_path / "no" / "a.wav", [Audio(16000, tone(16000))])


def test_rates_are_not_mixed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one rate"):
        write_wav(tmp_path / "a.wav", [Audio(16000, b""), Audio(8000, b"")])
