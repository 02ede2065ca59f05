"""``voicebot transcribe FILE…``: sound files through the ear and the recogniser of a call."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.sound import read_sound
from voicebot.cli.common import emit
from voicebot.hearing import Ear, TurnEnd, load_recogniser
from voicebot.ports import Audio, Heard, Recogniser

RATE = 16000


@dataclass(frozen=True)
class Transcript:
    """What was made of one file."""

    text: str
    logprob: float | None
    rejected: str | None
    milliseconds: float


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a sound file of any kind and rate")
    parser.add_argument("--model", metavar="NAME", help="a model of `voicebot models list` (default: the one in use)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="where fetched models lie (default: the user's)")
    parser.add_argument("--hotwords", metavar="WORDS", help="names that may come, for models that take them")


def run(args: argparse.Namespace) -> int:
    """Transcribe each file in turn."""
    sounds = ((path, read_sound(path, rate=RATE)) for path in args.files)
    recogniser = load_recogniser(models=args.models, name=args.model)
    for path, sound in sounds:
        heard = transcribe(sound, recogniser, hotwords=args.hotwords)
        if args.json:
            emit(
                {
                    "file": str(path),
                    "text": heard.text,
                    "logprob": None if heard.logprob is None else round(heard.logprob, 3),
                    "rejected": heard.rejected,
                    "ms": round(heard.milliseconds, 1),
                }
            )
        else:
            doubt = f" [{heard.rejected}]" if heard.rejected else ""
            print(f"{path}: {heard.text}{doubt} ({heard.milliseconds:.0f} ms)", flush=True)
    return 0


def transcribe(sound: Audio, recogniser: Recogniser, *, hotwords: str | None = None) -> Transcript:
    """Cut a sound into turns as on a call, at pauses as long as those of a spelling, and recognise each."""
    turns = [recogniser.recognise(turn, hotwords=hotwords) for turn in _turns(sound)]
    if not turns:
        return Transcript("", None, "silence", 0.0)
    return Transcript(
        text=" ".join(turn.text for turn in turns if turn.text),
        logprob=_mean(turns),
        rejected=next((turn.rejected for turn in turns if turn.rejected), None),
        milliseconds=sum(turn.milliseconds for turn in turns),
    )


def _turns(sound: Audio) -> Iterator[Audio]:
    ear = Ear(sound.rate)
    ear.endpointer.expect("spelling", at=0.0)
    for frame in (*_silence(sound.rate, 0.5), *sound.frames(), *_silence(sound.rate, 2.0)):
        for event in ear.hear(frame):
            if isinstance(event, TurnEnd):
                yield ear.utterance(event)
                ear.endpointer.expect("spelling", at=ear.time)


def _silence(rate: int, seconds: float) -> Iterator[bytes]:
    """Before a sound, as on a call: a model errs that hears speech from its first sample. After it: the turn ends."""
    return Audio(rate, bytes(2 * int(rate * seconds))).frames()


def _mean(turns: list[Heard]) -> float:
    """Weighed by the length of the texts."""
    weights = [len(turn.text) + 1 for turn in turns]
    return sum(turn.logprob * weight for turn, weight in zip(turns, weights, strict=True)) / sum(weights)
