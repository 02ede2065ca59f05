"""``voicebot say TEXT -o FILE.wav``: the voice that callers hear."""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

from models.sound import write_wav
from voicebot.cli.common import emit
from voicebot.errors import ConfigurationError
from voicebot.speaking import load_voice
from voicebot.speaking.prosody import ELDER_PACE


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("text", metavar="TEXT", help="what to say, in French")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.wav", help="the file to write")
    parser.add_argument("--voice", metavar="NAME", help="a voice of `voicebot models list` (default: the one in use)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="where fetched voices lie (default: the user's)")
    parser.add_argument(
        "--rate", type=int, choices=(8000, 16000), default=16000, help="as over SIP (8000) or WebRTC (16000)"
    )
    parser.add_argument("--slow", action="store_true", help="as for callers who asked for slower speech")


def run(args: argparse.Namespace) -> int:
    """Speak the text into the file."""
    voice = load_voice(args.rate, models=args.models, name=args.voice)
    if args.slow:
        voice = voice.at_pace(ELDER_PACE)
    begun = perf_counter()
    pieces = []
    first = 0.0
    for piece in voice.synthesise(args.text):
        first = first or (perf_counter() - begun) * 1000
        pieces.append(piece)
    taken = (perf_counter() - begun) * 1000
    if not pieces:
        raise ConfigurationError("TEXT: there is nothing to say in it")
    seconds = write_wav(args.output, pieces)
    if args.json:
        emit(
            {
                "file": str(args.output),
                "voice": voice.name,
                "seconds": round(seconds, 3),
                "first_ms": round(first, 1),
                "ms": round(taken, 1),
            }
        )
    else:
        print(f"{args.output}: {seconds:.1f} s, voice {voice.name}, {taken:.0f} ms")
    return 0
