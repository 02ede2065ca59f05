"""``voicebot doctor``: what this machine has, lacks and enforces."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable

from voicebot.cli.common import emit
from voicebot.errors import VoicebotError


def configure(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(args: argparse.Namespace) -> int:
    """Print one finding a line; exit 1 when something that a call needs is missing."""
    checks: dict[str, Callable[[], str]] = {
        "sandbox": _sandbox,
        "recogniser": _recogniser,
        "voice": _voice,
        "rasa": _rasa,
    }
    well = True
    for name, check in checks.items():
        try:
            found, fine = check(), True
        except VoicebotError as error:
            found, fine = str(error), False
        well = well and fine
        if args.json:
            emit({"check": name, "ok": fine, "finding": found})
        else:
            print(f"{'ok     ' if fine else 'MISSING'} {name}: {found}")
    return 0 if well else 1


def _sandbox() -> str:
    """Whether a process that hears can be kept from writing; tried in a child, since it cannot be undone."""
    code = "from voicebot.vault.sandbox import restrict; print(restrict())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode != 0:
        raise VoicebotError("the sandbox could not be tried: " + result.stderr.strip().splitlines()[-1])
    return result.stdout.strip()


def _recogniser() -> str:
    from voicebot.hearing import load_recogniser

    recogniser = load_recogniser()
    return f"{type(recogniser).__name__} loads"


def _voice() -> str:
    from voicebot.speaking import load_voice

    voice = load_voice(16000)
    pieces = list(voice.synthesise("Bonjour."))
    return json.dumps({"pieces": len(pieces), "seconds": round(sum(piece.seconds for piece in pieces), 2)})


def _rasa() -> str:
    from voicebot.processes.rasa import interpreter

    path = interpreter()
    if not shutil.which(str(path)):
        raise VoicebotError("Rasa's environment is missing: run make install")
    return "its environment is installed"
