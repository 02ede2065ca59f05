"""A quick look at a network in training: held-out voices and sentences through greedy decoding in short windows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer

from models.forge.batches import silent_window
from models.forge.corpus import Corpus
from models.forge.features import log_mel
from models.forge.network import Miniature
from models.forge.score import score
from models.forge.tokens import Tokens

_KINDS = ("open", "motive", "when", "choice", "surname", "first_name", "birth_date", "phone")
_EACH = 10
_MOST_TOKENS = 60


class Trial:
    """The same 80 utterances each time it is called."""

    def __init__(self, bpe: Tokenizer, tokens: Tokens) -> None:
        self._bpe, self._tokens = bpe, tokens
        corpus = Corpus(7, sentences="held", voices="held")
        samples = [corpus.of_kind(kind) for kind in _KINDS for _ in range(_EACH)]
        self._samples = sorted(((s.kind, s.text, log_mel(s.samples)) for s in samples), key=lambda s: s[2].shape[1])

    def __call__(self, network: Miniature) -> str:
        """Word error rate and exact share over all, exact share by kind, and three examples."""
        heard: list[str] = []
        for start in range(0, len(self._samples), 40):
            mels = [mel for _, _, mel in self._samples[start : start + 40]]
            window = silent_window(mels, max(mel.shape[1] for mel in mels))
            heard += self._greedy(network, torch.from_numpy(window))
        texts = [text for _, text, _ in self._samples]
        total = score(texts, heard)
        by_kind = " ".join(f"{kind} {score(*_of_kind(kind, self._samples, heard)).exact:.0%}" for kind in _KINDS)
        examples = "".join(f"\n   {texts[i]} => {heard[i]}" for i in range(10, len(texts), 30))
        return f"WER {total.word_errors:.1%} exact {total.exact:.1%} | {by_kind}{examples}"

    @torch.no_grad()
    def _greedy(self, network: Miniature, mel: torch.Tensor) -> list[str]:
        encoded, bias = network.encode(mel, None)
        tokens = torch.tensor([[*self._tokens.prompt, self._tokens.no_timestamps]] * len(mel))
        done = torch.zeros(len(mel), dtype=torch.bool)
        for _ in range(_MOST_TOKENS):
            logits = network.decode(tokens, encoded, bias)[:, -1]
            logits[:, self._tokens.end + 1 :] = -1e9
            following = logits.argmax(-1).masked_fill(done, self._tokens.end)
            done |= following == self._tokens.end
            tokens = torch.cat([tokens, following[:, None]], dim=1)
            if done.all():
                break
        rows = ([token for token in row[4:] if token < self._tokens.end] for row in tokens.tolist())
        return [str(self._bpe.decode(row)).strip() for row in rows]


def _of_kind(kind: str, samples: Sequence[tuple[str, str, object]], heard: list[str]) -> tuple[list[str], list[str]]:
    pairs = [(text, said) for (own, text, _), said in zip(samples, heard, strict=True) if own == kind]
    return [text for text, _ in pairs], [said for _, said in pairs]
