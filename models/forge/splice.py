"""Sentences that nobody would say, so that the network listens instead of completing what it knows. Pure.

A network that hears each wording thousands of times learns the wordings by heart; then it writes a sentence it knows
when it hears one it does not. Half of its training is therefore drawn from here: fragments of sentences in any order,
and sentences with something before or after that they never have.
"""

from __future__ import annotations

from random import Random

from models.forge import grammar
from models.forge.grammar import Utterance, normalise

_BEFORE = """
alors|alors|euh|oui|non|donc|ben|eh bien|bonjour|écoutez|voilà|oui oui|non non|ah|bon|oui bonjour|merci|pardon|
excusez-moi|d'accord|très bien|en fait|peut-être|plutôt|ce sera|ce serait|c'est|c'était|j'aurais besoin de|il faudrait|
je préfère|je pense que|est-ce que|vous avez|pour|avec|le|la|un|une|mon|ma|celui de|j'ai dit|et|ou|mais|si possible|
je vais prendre|je vais|je vous appelle pour|j'appelle pour|je pourrais|je peux|vous pouvez
"""
_AFTER = """
s'il vous plaît|s'il vous plaît|merci|merci beaucoup|voilà|c'est ça|c'est bien ça|si possible|si c'est possible|
ça me convient|ça me va|c'est très bien|c'est bon|c'est parfait|madame|docteur|monsieur|au revoir|à l'appareil|
et voilà|c'est tout|je crois|je pense|plusieurs fois|chez vous|au cabinet|pas du tout|du tout|d'accord|oui|non|
c'est possible|pour moi|et vous|bien sûr|exactement|est pour moi|est disponible|avec vous
"""


def _phrases(table: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in table.split("|"))


BEFORE, AFTER = _phrases(_BEFORE), _phrases(_AFTER)


def dressed(utterance: Utterance, rng: Random) -> Utterance:
    """The utterance with words before it, after it, or both."""
    which = rng.random()
    before = rng.choice(BEFORE) if which < 0.7 else ""
    after = rng.choice(AFTER) if which > 0.45 else ""
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
