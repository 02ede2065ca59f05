"""Loading and running every engine of the ear and the mouth opens no connection and leaves no file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.speaking.tiny_piper import build

ENGINES = """
import sys
attempts = []
def audit(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        attempts.append((event, args))
sys.addaudithook(audit)
import numpy as np
from pathlib import Path
from voicebot.hearing import Ear
from voicebot.speaking.piper import PiperEngine
from voicebot.speaking import load_voice
list(Ear(8000).hear(bytes(16000)))
list(PiperEngine(Path(sys.argv[1])).stream("Bonjour."))
list(load_voice(8000, name="espeak").synthesise("Bonjour."))
import os
print(len(os.listdir("/proc/self/task")), attempts)
"""


def test_the_engines_report_nothing_home_and_write_nothing(tmp_path: Path) -> None:
    """onnxruntime's own reporter is native code that no Python hook sees: its files and threads betray it."""
    home = tmp_path / "home"
    home.mkdir()
    directory = build(tmp_path / "voice")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "HF_", "XDG_"))}
    ran = subprocess.run(
        [sys.executable, "-c", ENGINES, str(directory)],
        env=kept | {"HOME": str(home), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(home.rglob("*")) == []
    threads, attempts = ran.stdout.strip().split(" ", 1)
    assert attempts == "[]"
    assert int(threads) <= 2
