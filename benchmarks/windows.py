"""What short windows cost in words: ``python -m benchmarks.windows [--model NAME] [--count N]``.

Held-out sentences are spoken by held-out espeak-ng voices over a telephone line, cut into turns by the ear, and
recognised with several windows. Prints word error rate, sentences all right, answers rejected, and CPU time of each;
and how many turns the ear missed or split. Synthetic speech: figures to choose settings by, never the product's.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
from scipy.signal import resample_poly

from models.catalogue import model_named
from models.forge.grammar import draw
from models.forge.score import score
from models.forge.voices import draw_voice
from models.store import Store
from voicebot.hearing import Ear, TurnEnd, WhisperRecogniser
from voicebot.hearing.settings import WhisperSettings
from voicebot.ports import Asks, Audio
from voicebot.speaking.espeak import Espeak

ASKED: dict[str, Asks] = {
    "open": "open",
    "motive": "motive",
    "when": "when",
    "choice": "choice",
    "surname": "birth_name",
    "first_name": "first_name",
    "birth_date": "birth_date",
    "confirm_yes": "confirm",
    "confirm_no": "confirm",
    "phone": "phone",
    "spelling": "spelling",
}
RATE = 8000


def spoken(text: str, rng: Random) -> bytes:
    """One sentence of a held-out voice at 8 kHz, faint noise and silence around."""
    voice = draw_voice("held", rng)
    samples, rate = Espeak().synthesise(
        text, voice=voice.name, rate=voice.rate, pitch=voice.pitch, pitch_range=voice.pitch_range
    )
    narrow = np.asarray(resample_poly(samples.astype(np.float32), RATE, rate), np.float64)
    call = np.concatenate((np.zeros(RATE // 2), narrow, np.zeros(2 * RATE)))
    call += np.random.default_rng(rng.getrandbits(32)).normal(0, 12, len(call))
    return bytes(call.astype("<i2").tobytes())


def turns(call: bytes, asks: Asks) -> list[Audio]:
    """What the ear cuts out of a call."""
    ear = Ear(RATE)
    ear.endpointer.expect(asks, at=0.0)
    return [
        ear.utterance(event)
        for frame in Audio(RATE, call).frames()
        for event in ear.hear(frame)
        if isinstance(event, TurnEnd)
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="miniature", metavar="NAME")
    parser.add_argument("--models", type=Path, metavar="DIR")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="the model's files, if they lie elsewhere")
    parser.add_argument("--count", type=int, default=8, metavar="N", help="sentences of each kind")
    args = parser.parse_args()
    model = model_named(args.model)
    settings = WhisperSettings(**model.whisper)
    directory = args.directory or Store(args.models).path(model)

    rng = Random(20)
    said = [draw(kind, "held", rng) for kind in ASKED for _ in range(args.count)]
    cuts = [turns(spoken(one.spoken, rng), ASKED[one.kind]) for one in said]
    print(f"{len(said)} sentences: {cuts.count([])} missed, {sum(len(cut) > 1 for cut in cuts)} split by the ear")
    kept = [(one, cut[0]) for one, cut in zip(said, cuts, strict=True) if len(cut) == 1]
    for shortest, trailing in ((1.0, 0.0), (2.0, 0.3), (2.0, 0.7), (2.0, 1.5), (4.0, 2.5), (8.0, 0.0)):
        window = replace(settings, shortest=shortest, trailing=trailing, second_try=0.0)
        recogniser = WhisperRecogniser(directory, window, name=model.name)
        begun = time.process_time()
        heard = [recogniser.recognise(turn) for _, turn in kept]
        spent = (time.process_time() - begun) * 1000 / len(kept)
        result = score([one.text for one, _ in kept], [one.text for one in heard])
        print(
            f"at least {shortest:.1f} s, {trailing:.1f} s after: {100 * result.word_errors:5.1f} % of words wrong, "
            f"{100 * result.exact:3.0f} % all right, {sum(one.rejected is not None for one in heard):3} rejected, "
            f"{spent:6.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
