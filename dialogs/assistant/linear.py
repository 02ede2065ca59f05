"""The trained intent model: TF-IDF of n-grams and a multinomial logistic regression, as plain arrays.

scikit-learn fits it (``fit``); to answer, the arrays suffice. So the server loads neither scikit-learn nor a pickle of
its objects (half of the start, and code to whoever loads it), and one sentence costs well under a millisecond. The
formulas are those of scikit-learn's ``TfidfVectorizer(sublinear_tf=True)`` and ``LogisticRegression.predict_proba``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ARRAYS = "intents.npz"
NAMES = "intents.json"

CHARACTERS = (2, 5)
"""Shortest and longest n-gram of characters inside a word."""


def character_ngrams(text: str) -> Iterator[str]:
    """N-grams of characters of each word, its borders written as spaces (scikit-learn's ``char_wb``)."""
    shortest, longest = CHARACTERS
    for word in text.split():
        padded = f" {word} "
        for size in range(shortest, longest + 1):
            yield padded[:size]
            for start in range(1, len(padded) - size + 1):
                yield padded[start : start + size]
            if size >= len(padded):
                break


def word_ngrams(text: str) -> Iterator[str]:
    """Words, and pairs of neighbours."""
    words = text.split()
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


ANALYSERS = (character_ngrams, word_ngrams)
"""One block of features each, normalised on its own."""


@dataclass(frozen=True)
class LinearModel:
    """Intents and what each n-gram says for them."""

    intents: tuple[str, ...]
    vocabularies: tuple[dict[str, int], ...]
    """For each analyser the row of each n-gram in ``idf`` and ``weights``."""
    idf: NDArray[np.float32]
    """Shape (n-grams,)."""
    weights: NDArray[np.float32]
    """Shape (n-grams, intents)."""
    bias: NDArray[np.float32]
    """Shape (intents,)."""

    def probabilities(self, text: str) -> NDArray[np.float64]:
        """The probability of each intent, shape (intents,), for a normalised text."""
        scores = self.bias.astype(np.float64)
        for analyse, vocabulary in zip(ANALYSERS, self.vocabularies, strict=True):
            counts = Counter(vocabulary[ngram] for ngram in analyse(text) if ngram in vocabulary)
            if not counts:
                continue
            rows = np.fromiter(counts.keys(), dtype=np.intp)
            values = (1.0 + np.log(np.fromiter(counts.values(), dtype=np.float64))) * self.idf[rows]
            scores += (values / np.linalg.norm(values)) @ self.weights[rows]
        likelihoods = np.exp(scores - scores.max())
        return np.asarray(likelihoods / likelihoods.sum())

    def save(self, directory: Path) -> None:
        """Write two files into ``directory``."""
        np.savez_compressed(directory / ARRAYS, idf=self.idf, weights=self.weights, bias=self.bias)
        names = {"intents": self.intents, "vocabularies": [list(vocabulary) for vocabulary in self.vocabularies]}
        (directory / NAMES).write_text(json.dumps(names), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> LinearModel:
        """Read what ``save`` wrote; nothing in the files is executed."""
        names = json.loads((directory / NAMES).read_text(encoding="utf-8"))
        vocabularies = []
        row = 0
        for ngrams in names["vocabularies"]:
            vocabularies.append({ngram: row + index for index, ngram in enumerate(ngrams)})
            row += len(ngrams)
        with np.load(directory / ARRAYS, allow_pickle=False) as arrays:
            return cls(tuple(names["intents"]), tuple(vocabularies), arrays["idf"], arrays["weights"], arrays["bias"])


def fit(texts: Sequence[str], intents: Sequence[str], regularisation: float) -> LinearModel:
    """Fit on normalised texts with scikit-learn; ``regularisation`` is its ``C``."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    blocks = [TfidfVectorizer(analyzer=analyse, sublinear_tf=True, dtype=np.float32) for analyse in ANALYSERS]
    features = make_union(*blocks).fit_transform(texts)
    regression = LogisticRegression(C=regularisation, class_weight="balanced", max_iter=1000).fit(features, intents)
    vocabularies: list[dict[str, int]] = []
    row = 0
    for block in blocks:
        ngrams = block.get_feature_names_out()
        vocabularies.append({str(ngram): row + index for index, ngram in enumerate(ngrams)})
        row += len(ngrams)
    return LinearModel(
        tuple(str(name) for name in regression.classes_),
        tuple(vocabularies),
        np.concatenate([block.idf_ for block in blocks]).astype(np.float32),
        np.ascontiguousarray(regression.coef_.T, dtype=np.float32),
        regression.intercept_.astype(np.float32),
    )
