"""What the ear and the mouth cost on this machine, one thread each: ``python -m benchmarks.speech [MODEL…]``.

Prints CPU milliseconds (median): recognition in a short window against the stock thirty seconds, the VAD a window, the
whole ear a second of call, and synthesis with its first sound. Figures depend on the machine; ratios hardly do.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from models.catalogue import load_catalogue
from models.store import Store
from voicebot.hearing import Ear, TurnEnd, Vad, load_recogniser
from voicebot.hearing.vad import WINDOW
from voicebot.ports import Audio
from voicebot.speaking import load_voice

SENTENCE = "Bonjour, je voudrais prendre un rendez-vous pour un vaccin mardi matin."
REPLY = "Votre rendez-vous est confirmé pour mardi à quatorze heures trente."


def cost(work: Callable[[], object], times: int = 9) -> float:
    """Median CPU time of ``work``, ms, after one run that does not count."""
    work()
    spent = []
    for _ in range(times):
        begun = time.process_time()
        work()
        spent.append((time.process_time() - begun) * 1000)
    return statistics.median(spent)


def spoken(text: str, rate: int) -> bytes:
    """espeak-ng's voice with silence around."""
    sound = b"".join(piece.pcm for piece in load_voice(rate, name="espeak").synthesise(text))
    return bytes(rate) + sound + bytes(4 * rate)


def recognition(name: str, store: Store) -> Iterator[str]:
    """Short window against full length, for one model."""
    recogniser = load_recogniser(models=store.directory, name=name)
    ear = Ear(16000)
    ear.endpointer.expect("open", at=0.0)
    turns = [
        ear.utterance(event)
        for frame in Audio(16000, spoken(SENTENCE, 16000)).frames()
        for event in ear.hear(frame)
        if isinstance(event, TurnEnd)
    ]
    turn = turns[0]
    short = cost(lambda: recogniser.recognise(turn))
    samples = np.frombuffer(turn.pcm, "<i2").astype(np.float32) / np.float32(32768)
    hop = recogniser._features.hop_length
    full = cost(lambda: recogniser._decode(samples, 30 * 16000 // hop, None), times=3)
    what = f"{name}, {turn.seconds:.1f} s of speech"
    yield f"{what:44} {short:8.1f} ms"
    yield f"{name + ', the same at 30 s':44} {full:8.1f} ms   {full / short:.1f} times as much"


def ear() -> Iterator[str]:
    """VAD and the whole ear."""
    vad, window = Vad(), np.zeros(WINDOW, np.float32)
    yield f"{'VAD, a window of 32 ms':44} {cost(lambda: [vad.probability(window) for _ in range(100)]) / 100:8.3f} ms"
    second = list(Audio(8000, spoken(SENTENCE, 8000)[: 16000 * 4]).frames())
    listener = Ear(8000)
    whole = cost(lambda: [listener.hear(frame) for frame in second]) / (len(second) / 50)
    yield f"{'ear, a second of call at 8 kHz':44} {whole:8.1f} ms   {whole / 10:.1f} % of a core a call"


def synthesis(name: str, store: Store) -> Iterator[str]:
    """First sound and whole sentence, for one voice."""
    voice = load_voice(8000, models=store.directory, name=name)
    seconds = sum(piece.seconds for piece in voice.synthesise(REPLY))
    first, whole = cost(lambda: next(voice.synthesise(REPLY))), cost(lambda: list(voice.synthesise(REPLY)))
    yield f"{name + ', first sound':44} {first:8.1f} ms"
    what = f"{name}, {seconds:.1f} s of speech"
    yield f"{what:44} {whole:8.1f} ms   RTF {whole / 1000 / seconds:.3f}"


def main() -> None:
    """Print the table for the models that are here, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="MODEL", help="models to measure (default: all that are here)")
    parser.add_argument("--models", type=Path, metavar="DIR")
    args = parser.parse_args()
    store = Store(args.models)
    for line in ear():
        print(line, flush=True)
    for model in load_catalogue().values():
        if store.present(model) and (not args.names or model.name in args.names):
            for line in (recognition if model.task == "hearing" else synthesis)(model.name, store):
                print(line, flush=True)


if __name__ == "__main__":
    main()
