"""Voice activity: Silero VAD v6, the ONNX graph that faster-whisper bundles, with its state kept from window to window.

`faster_whisper.vad.SileroVADModel` starts from a zero state at every call and zeroes the end of the caller's array in
place, so the session is ours. Measured: 0.14–0.20 ms a window; streaming equals the full pass.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from voicebot.errors import UnavailableError

RATE = 16000
"""The only rate that the graph was made for, Hz."""
WINDOW = 512
"""Samples of one window: 32 ms."""
WINDOW_SECONDS = WINDOW / RATE

_CONTEXT = 64  # samples of the previous window that each window begins with
_STATE = (1, 1, 128)

Samples = npt.NDArray[np.float32]


class Vad:
    """Voice probability of one caller's sound, window by window. Calls share one session, each has its own state."""

    def __init__(self) -> None:
        self._session = _session()
        self.reset()

    def reset(self) -> None:
        """Forget what was heard: a new call."""
        self._h = np.zeros(_STATE, np.float32)
        self._c = np.zeros(_STATE, np.float32)
        self._input = np.zeros((1, _CONTEXT + WINDOW), np.float32)

    def probability(self, window: Samples) -> float:
        """Probability that the 512 samples of ``window`` (16 kHz, −1 to 1) hold a voice. The window is not changed.

        Raises:
            ValueError: another length.
        """
        if window.shape != (WINDOW,):
            raise ValueError(f"the VAD takes {WINDOW} samples of {RATE} Hz, not {window.shape}")
        self._input[0, :_CONTEXT] = self._input[0, -_CONTEXT:]
        self._input[0, _CONTEXT:] = window
        probability, self._h, self._c = self._session.run(None, {"input": self._input, "h": self._h, "c": self._c})
        return float(probability.reshape(-1)[0])

    def forget(self) -> None:
        """Overwrite the sound and the state that are kept between windows."""
        self._input.fill(0)
        self._h, self._c = np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32)


@cache
def _session() -> Any:
    """One thread and no arena: the graph is tiny, and spinning threads would cost more than it."""
    package = find_spec("faster_whisper")
    graphs = (
        sorted((Path(package.origin).parent / "assets").glob("silero_vad*.onnx")) if package and package.origin else []
    )
    if not graphs:
        raise UnavailableError("faster-whisper brings no Silero VAD: install the version of uv.lock (uv sync --locked)")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graphs[-1]), sess_options=options, providers=["CPUExecutionProvider"])
