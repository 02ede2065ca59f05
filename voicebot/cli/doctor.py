"""``voicebot doctor``: what this machine has, lacks and enforces."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Iterator

from voicebot.cli.common import emit
from voicebot.errors import VoicebotError
from voicebot.privacy_checks import guards


def configure(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(args: argparse.Namespace) -> int:
    """Print one finding a line; exit 1 when something that a call needs is missing."""
    well = True
    for name, fine, needed, finding in _findings():
        well = well and (fine or not needed)
        if args.json:
            emit({"check": name, "ok": fine, "needed": needed, "finding": finding})
        else:
            print(f"{'ok     ' if fine else 'MISSING' if needed else 'weak   '} {name}: {finding}")
    return 0 if well else 1


def _findings() -> Iterator[tuple[str, bool, bool, str]]:
    """Name, whether it is well, whether calls need it, and what was found."""
    try:
        for guard in guards():
            yield guard.name, guard.holds, guard.needed, guard.finding
    except VoicebotError as error:
        yield "sandbox", False, True, str(error)
    checks: dict[str, Callable[[], str]] = {"recogniser": _recogniser, "voice": _voice, "rasa": _rasa}
    for name, check in checks.items():
        try:
            yield name, True, True, check()
        except VoicebotError as error:
            yield name, False, True, str(error)


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
