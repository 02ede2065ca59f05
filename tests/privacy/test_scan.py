"""The scan finds the canary in every form that a recording takes, and nothing in what is none."""

from __future__ import annotations

import base64
import random

import numpy as np
import numpy.typing as npt
import pytest

from telephony.media.g711 import PCMA, PCMU
from voicebot.proof.canary import FLOOR, Canary
from voicebot.proof.scan import RATES, scan
from voicebot.speaking.espeak import Espeak
from voicebot.speaking.resample import Resampler

Samples = npt.NDArray[np.int16]


def forms(data: bytes) -> set[str]:
    return {hit.form for hit in scan(data)}


def tones(rate: int = 8000, seconds: float = 1.0) -> Samples:
    return Canary(rate).alone(seconds)


@pytest.mark.parametrize("rate", RATES)
def test_pcm16_at_every_rate_and_any_offset(rate: int) -> None:
    sound = tones(rate).astype("<i2").tobytes()
    for offset in (0, 1, 44):
        assert any(hit.form == "pcm16" and hit.rate == rate for hit in scan(b"x" * offset + sound))


def test_float32_scaled_or_not() -> None:
    sound = tones(16000).astype("<f4")
    assert "float32" in forms(b"abc" + sound.tobytes())
    assert "float32" in forms((sound / np.float32(32768)).astype("<f4").tobytes())


def test_both_laws() -> None:
    assert "alaw" in forms(PCMA.encode(tones()))
    assert "ulaw" in forms(PCMU.encode(tones()))


def test_stereo() -> None:
    assert "pcm16 stereo" in forms(np.repeat(tones(), 2).astype("<i2").tobytes())


@pytest.mark.parametrize("url_safe", [False, True])
def test_base64_in_one_piece_or_a_frame_a_line(url_safe: bool) -> None:
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    sound = tones().astype("<i2").tobytes()
    assert "base64 pcm16" in forms(b"DEBUG audio=" + encode(sound) + b" end")
    lines = [b"DEBUG frame " + encode(sound[start : start + 320]) for start in range(0, len(sound), 320)]
    assert "base64 pcm16" in forms(b"\n".join(lines))
    assert "base64 alaw" in forms(encode(PCMA.encode(tones())))


def test_hexadecimal_and_lists_of_numbers() -> None:
    sound = tones()
    assert "hex pcm16" in forms(sound.astype("<i2").tobytes().hex().encode())
    assert "numbers float32" in forms(str(sound.tolist()).encode())
    assert "numbers float32" in forms(np.array2string(sound / 32768, threshold=10**6).encode())


def test_frames_with_headers_between_them() -> None:
    sound = tones(16000, 2.0).astype("<i2").tobytes()
    framed = b"".join(
        b'{"type":"audio-chunk","payload_length":640}\n' + sound[at : at + 640] for at in range(0, len(sound), 640)
    )
    assert "pcm16" in forms(framed)


def test_the_canary_under_speech_betrays_the_utterance() -> None:
    samples, rate = Espeak().synthesise("Bonjour, je voudrais prendre rendez-vous.")
    resampler = Resampler(rate, 16000)
    sound = np.concatenate((resampler.push(samples.astype(np.float32) / np.float32(32768)), resampler.finish()))
    speech = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
    quiet = np.zeros(4800, np.int16)  # the pre-roll and the pause of an utterance
    mixed = Canary(16000).under(np.concatenate((quiet, speech, quiet)), FLOOR)
    assert "pcm16" in forms(mixed.astype("<i2").tobytes())
    assert not forms(speech.astype("<i2").tobytes())


def test_nothing_is_found_in_what_is_no_recording() -> None:
    chance = random.Random(7)
    assert scan(chance.randbytes(2_000_000)) == []
    assert scan(bytes(100_000)) == []
    assert scan(("il était une fois un cabinet médical, 12 rue des Tilleuls\n" * 5000).encode()) == []
    assert scan(base64.b64encode(chance.randbytes(300_000))) == []
    one_tone = (8000 * np.sin(2 * np.pi * 1313 * np.arange(16000) / 8000)).astype("<i2")
    assert scan(one_tone.tobytes()) == []
