"""The training run: resumable, its schedule bound to the clock so that it ends when it was told to."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor

from models.forge import shards
from models.forge.batches import Batch, Collator, Pool, Utterance
from models.forge.network import Miniature, Size
from models.forge.team import Team
from models.forge.tokens import Tokens, tokenizer
from models.forge.trial import Trial

_PEAK_RATE = 2e-3
_WARM_UP = 300  # steps
_CHECKPOINT_EVERY = 240.0  # seconds
_TRIAL_EVERY = 720.0
_REPORT_EVERY = 100  # steps
_AVERAGE = 0.996  # what the running average of the weights keeps at each step


@dataclass
class Progress:
    """How far the run is; saved with every checkpoint."""

    step: int = 0
    seen: int = 0
    elapsed: float = 0.0  # seconds of training, interruptions not counted


def learning_rate(step: int, done: float) -> float:
    """Warm-up by steps, then constant to 15 % of the time, then a cosine to nothing."""
    warm = min(1.0, (step + 1) / _WARM_UP)
    fall = 0.5 * (1 + math.cos(math.pi * max(0.0, (done - 0.15) / 0.85)))
    return _PEAK_RATE * warm * fall + 1e-5


def longest_frames(done: float) -> int:
    """The curriculum: short utterances first."""
    return 140 if done < 0.04 else 200 if done < 0.10 else 400


def phoneme_numbers(work: Path) -> dict[str, int]:
    """The phonemes of the first shard, numbered from 1 (0 is CTC's blank); kept beside the shards."""
    path = work / "phonemes.json"
    if not path.exists():
        _, items = shards.read(shards.complete(work / "shards")[0])
        marks = sorted({mark for item in items for mark in item["phonemes"]})
        path.write_text(json.dumps({mark: i + 1 for i, mark in enumerate(marks)}, ensure_ascii=False), encoding="utf-8")
    numbers: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    return numbers


class Run:
    """One training run in a work directory; a second run there goes on from its last checkpoint."""

    def __init__(self, work: Path, minutes: float, rank: int = 0, workers: int = 1) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(0)
        self._team = Team(work, rank, workers)
        self._work, self._seconds = work, minutes * 60
        bpe = tokenizer(work / "bpe.json")
        self._tokens = Tokens(bpe.get_vocab_size())
        phonemes = phoneme_numbers(work)
        self._network = Miniature(Size(self._tokens.size, len(phonemes) + 1))
        self._average = {name: value.clone() for name, value in self._network.state_dict().items()}
        self._optimiser = self._make_optimiser()
        self._progress = Progress()
        self._resume()
        seed = self._progress.step * workers + rank
        self._pool = Pool(work / "shards", bpe, phonemes, seed)
        self._collate = Collator(self._tokens, self._pool, seed)
        self._trial = Trial(bpe, self._tokens)

    def _make_optimiser(self) -> torch.optim.Optimizer:
        def decays(name: str, parameter: Tensor) -> bool:
            return parameter.ndim >= 2 and name not in ("embedding", "decoder_positions")

        named = list(self._network.named_parameters())
        groups = [
            {"params": [p for n, p in named if decays(n, p)], "weight_decay": 0.05},
            {"params": [p for n, p in named if not decays(n, p)], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=_PEAK_RATE, betas=(0.9, 0.98), eps=1e-8, fused=True)

    def train(self) -> None:
        """Train until the time is up."""
        progress, sums, steps = self._progress, [0.0, 0.0], 0
        started = time.monotonic() - progress.elapsed
        checkpoint_at, trial_at = progress.elapsed + _CHECKPOINT_EVERY, progress.elapsed + _TRIAL_EVERY
        while progress.elapsed < self._seconds:
            for utterances in self._pool.batches(longest_frames(progress.elapsed / self._seconds)):
                losses = self._step(utterances, started)
                sums, steps = [total + loss for total, loss in zip(sums, losses, strict=True)], steps + 1
                if progress.elapsed >= self._seconds:
                    break
                if self._team.rank > 0:
                    continue
                if progress.step % _REPORT_EVERY == 0:
                    self._report([total / steps for total in sums])
                    sums, steps = [0.0, 0.0], 0
                if progress.elapsed >= checkpoint_at:
                    checkpoint_at += _CHECKPOINT_EVERY
                    self._save()
                if progress.elapsed >= trial_at:
                    trial_at += _TRIAL_EVERY
                    print(f"== {progress.elapsed / 60:.1f} min {self._tried()}", flush=True)
        if self._team.rank == 0:
            self._save()
            print(f"== done {self._tried()}", flush=True)

    def _step(self, utterances: list[Utterance], started: float) -> tuple[float, float]:
        """One step; returns the cross-entropy and the CTC loss."""
        progress = self._progress
        done = progress.elapsed / self._seconds
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate(progress.step, done)
        batch = self._collate(utterances, ramp=min(1.0, max(0.0, done - 0.1) / 0.3))
        written, spelled = self._losses(batch)
        loss = written + (0.7 if done < 0.3 else 0.3) * spelled
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        elapsed, seen = self._team.agree(self._network.parameters(), time.monotonic() - started, batch.size)
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimiser.step()
        self._update_average()
        progress.step, progress.seen, progress.elapsed = progress.step + 1, progress.seen + seen, elapsed
        return float(written.detach()), float(spelled.detach())

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor]:
        encoded, bias = self._network.encode(batch.mel, batch.pads)
        logits = self._network.decode(batch.tokens, encoded, bias)
        written = functional.cross_entropy(
            logits.flatten(0, 1), batch.targets.flatten(), ignore_index=-1, label_smoothing=0.03
        )
        heard = self._network.ctc(encoded if batch.pads is None else encoded[:, :-1])
        heard = heard.view(batch.size, -1, self._network.size.phonemes).log_softmax(-1).transpose(0, 1)
        lengths = torch.full((batch.size,), heard.shape[0])
        spelled = functional.ctc_loss(heard, batch.phonemes, lengths, batch.phoneme_counts, zero_infinity=True)
        return written, spelled

    @torch.no_grad()
    def _update_average(self) -> None:
        keep = min(_AVERAGE, (1 + self._progress.step) / (10 + self._progress.step))
        state = self._network.state_dict()
        torch._foreach_lerp_([self._average[name] for name in state], list(state.values()), 1 - keep)

    def _report(self, losses: list[float]) -> None:
        progress, (written, spelled) = self._progress, losses
        rate = progress.seen / progress.elapsed
        print(
            f"{progress.elapsed / 60:.1f} min step {progress.step} ce {written:.3f} ctc {spelled:.3f} "
            f"seen {progress.seen} of {len(self._pool.utterances)}, {rate:.1f}/s",
            flush=True,
        )

    def _tried(self) -> str:
        network = Miniature(self._network.size)
        network.load_state_dict(self._average)
        return self._trial(network.eval())

    def _save(self) -> None:
        checkpoint: dict[str, Any] = {
            "size": self._network.size.as_dict(),
            "network": self._network.state_dict(),
            "average": self._average,
            "optimiser": self._optimiser.state_dict(),
            "progress": vars(self._progress),
        }
        temporary = self._work / "checkpoint.part"
        torch.save(checkpoint, temporary)
        os.replace(temporary, self._work / "checkpoint.pt")

    def _resume(self) -> None:
        path = self._work / "checkpoint.pt"
        if path.exists():
            checkpoint = torch.load(path)
            self._network.load_state_dict(checkpoint["network"])
            self._average = checkpoint["average"]
            self._optimiser.load_state_dict(checkpoint["optimiser"])
            self._progress = Progress(**checkpoint["progress"])
