"""Sentences that nobody would say, so that the network listens instead of completing what it knows. Pure.

A network that hears each wording thousands of times learns the wordings by heart; then it writes a sentence it knows
when it hears one it does not. More than half of its training is drawn from here: fragments of sentences in any order,
and sentences with something before or after that they never have.
"""

from __future__ import annotations

from random import Random

from models.forge import grammar
from models.forge.grammar import Utterance, normalise


def dressed(utterance: Utterance, rng: Random) -> Utterance:
    """The utterance with words before it, after it, or both."""
    befores, afters = grammar.dressing()
    which = rng.random()
    before = rng.choice(befores) if which < 0.7 else ""
    after = rng.choice(afters) if which > 0.45 else ""
    comma = rng.choice((", ", " "))
    spoken = before + (comma if before else "") + utterance.spoken.rstrip(".?")
    spoken += (rng.choice((", ", " ")) + after if after else "") + "."
    text = " ".join(part for part in (normalise(before), utterance.text, normalise(after)) if part)
    return Utterance(utterance.kind, text, spoken)


def spliced(kinds: list[str], rng: Random) -> Utterance:
    """Two to four fragments of one to five words, each from a sentence of one of `kinds`; now and then a name."""
    pieces = [_fragment(rng.choice(kinds), rng) for _ in range(rng.choice((2, 2, 3, 3, 4)))]
    if rng.random() < 0.3:
        name = rng.choice(rng.choice((grammar.surnames(), grammar.surnames(), grammar.first_names())))
        pieces.insert(rng.randint(0, len(pieces)), name)
    spoken = rng.choice((" ", " ", ", ")).join(pieces)
    return Utterance("spliced", normalise(spoken), spoken + ".")


def _fragment(kind: str, rng: Random) -> str:
    while True:
        utterance = grammar.draw(kind, "train", rng)
        if normalise(utterance.spoken) == utterance.text:  # no spelled letters
            break
        kind = "when"
    words = utterance.text.split()
    length = min(len(words), rng.choice((1, 2, 2, 3, 3, 4, 5)))
    start = rng.randint(0, len(words) - length)
    return " ".join(words[start : start + length])
