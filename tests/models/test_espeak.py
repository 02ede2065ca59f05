"""The formant voice: its samples, its voices, its phonemes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from voicebot.speaking.espeak import Espeak, EspeakError


def test_speech_is_mono_sixteen_bit_at_the_voice_s_rate() -> None:
    samples, rate = Espeak().synthesise("Bonjour, cabinet médical.")
    assert rate == 22050
    assert samples.dtype == np.int16
    assert 1.0 < len(samples) / rate < 3.0
    assert np.abs(samples).max() > 3000


def test_a_higher_rate_speaks_faster() -> None:
    slow, _ = Espeak().synthesise("Je voudrais prendre rendez-vous.", rate=120)
    fast, _ = Espeak().synthesise("Je voudrais prendre rendez-vous.", rate=240)
    assert len(fast) < 0.7 * len(slow)


def test_an_unknown_voice_is_refused_by_name() -> None:
    with pytest.raises(EspeakError, match="no voice 'xx-nowhere'"):
        Espeak().synthesise("Oui.", voice="xx-nowhere")


def test_nothing_to_say_is_no_sound_worth_hearing() -> None:
    samples, rate = Espeak().synthesise("")
    assert len(samples) < rate // 2


def test_homophones_have_the_same_phonemes() -> None:
    espeak = Espeak()
    assert espeak.phonemes("vert") == espeak.phonemes("verre") != espeak.phonemes("vent")


def test_threads_do_not_mix_their_sounds() -> None:
    espeak = Espeak()
    texts = ["Oui.", "Le douze mars mille neuf cent soixante-dix-huit."] * 6
    alone = {text: len(espeak.synthesise(text)[0]) for text in texts}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: len(espeak.synthesise(text)[0]), texts))
    assert together == pytest.approx([alone[text] for text in texts], rel=0.02)
