"""espeak-ng through ctypes: a small formant voice that needs no weights and no system package.

The library and its data come from the PyPI package `espeakng-loader`. espeak-ng keeps global state, so one lock guards
every call of this process. Source: `speak_lib.h` of espeak-ng 1.52.
"""

from __future__ import annotations

import ctypes
import re
import threading

import espeakng_loader
import numpy as np
import numpy.typing as npt

from voicebot.errors import UnavailableError

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: espeak_Synth returns when the callback has had all samples
_CHARS_UTF8 = 1
_RATE, _PITCH, _PITCH_RANGE = 1, 3, 4  # espeak_PARAMETER
_PHONEME_SEPARATOR = ord("_") << 8

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

_lock = threading.Lock()
_library: ctypes.CDLL | None = None
_rate = 0
_chunks: list[npt.NDArray[np.int16]] = []


class EspeakError(UnavailableError):
    """espeak-ng could not be started, or does not know the voice."""


def _collect(samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
    if samples and count > 0:
        _chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
    return 0


_callback = _Callback(_collect)  # kept here: ctypes does not keep it alive


def _start() -> ctypes.CDLL:
    """The initialised library; the caller holds the lock."""
    global _library, _rate
    if _library is None:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        if rate <= 0:
            raise EspeakError("espeak-ng did not start: reinstall the package espeakng-loader")
        library.espeak_SetSynthCallback(_callback)
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
        _library, _rate = library, rate
    return _library


def _select(library: ctypes.CDLL, voice: str) -> None:
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise EspeakError(f"espeak-ng has no voice {voice!r}: a language and an optional variant, as in 'fr+f2'")


class Espeak:
    """The formant voice. Instances share one library and one lock; they are cheap and may be used from any thread."""

    def synthesise(
        self, text: str, *, voice: str = "fr", rate: int = 160, pitch: int = 50, pitch_range: int = 50
    ) -> tuple[npt.NDArray[np.int16], int]:
        """Speak `text`; returns mono samples and their rate in hertz (22050).

        `voice` is a language with an optional variant ("fr", "fr-be+f2"); `rate` is in words a minute (80–450);
        `pitch` and `pitch_range` go from 0 to 100. Raises `EspeakError` for an unknown voice.
        """
        with _lock:
            library = _start()
            _select(library, voice)
            library.espeak_SetParameter(_RATE, rate, 0)
            library.espeak_SetParameter(_PITCH, pitch, 0)
            library.espeak_SetParameter(_PITCH_RANGE, pitch_range, 0)
            data = text.encode() + b"\0"
            _chunks.clear()
            library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 1, 0, _CHARS_UTF8, None, None)
            library.espeak_Synchronize()
            samples = np.concatenate(_chunks) if _chunks else np.zeros(0, np.int16)
            _chunks.clear()
            return samples, _rate

    def phonemes(self, text: str, *, voice: str = "fr") -> list[str]:
        """The phoneme mnemonics that espeak-ng would speak, without stress and liaison marks."""
        with _lock:
            library = _start()
            _select(library, voice)
            buffer = ctypes.c_char_p(text.encode())
            rest = ctypes.cast(buffer, ctypes.c_void_p)
            clauses: list[str] = []
            while rest.value:
                clause = library.espeak_TextToPhonemes(ctypes.byref(rest), _CHARS_UTF8, _PHONEME_SEPARATOR)
                if clause:
                    clauses.append(clause.decode())
        marks = (re.sub(r"^[',%=|!:]+|[';,]+$", "", mark) for mark in re.split(r"[ _]+", " ".join(clauses)))
        return [mark for mark in marks if mark not in ("", "-", "|")]
