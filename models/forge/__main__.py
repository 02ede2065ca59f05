"""`python -m models.forge`: make, export and measure the miniature recogniser. Every verb may be run again."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MINIATURE = Path(__file__).resolve().parents[1] / "miniature"


def main() -> None:
    """Parse the command line and run one verb."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # processes, not threads: see team.py
    options = _parser().parse_args()
    verbs = {"generate": [_generate], "train": [_train], "export": [_export], "evaluate": [_evaluate]}
    for verb in verbs.get(options.verb, [_train, _export, _evaluate]):
        verb(options)


def _parser() -> argparse.ArgumentParser:
    work = argparse.ArgumentParser(add_help=False)
    here = Path(tempfile.gettempdir()) / "forge"
    work.add_argument("--work", type=Path, default=here, help="shards and checkpoints (3 GB)")
    shards = argparse.ArgumentParser(add_help=False)
    shards.add_argument("--shards", type=int, default=64, help="of 2000 utterances each")
    train = argparse.ArgumentParser(add_help=False)
    train.add_argument("--minutes", type=float, default=95.0)
    train.add_argument("--workers", type=int, default=2, help="processes of one thread each")
    train.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--model", type=Path, default=MINIATURE, help="where the model lies (default: models/miniature)")
    each = argparse.ArgumentParser(add_help=False)
    each.add_argument("--each", type=int, default=60, help="test utterances of each kind")

    parser = argparse.ArgumentParser(prog="python -m models.forge", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("generate", parents=[work, shards], help="write training shards (train starts this by itself)")
    verbs.add_parser("train", parents=[work, shards, train], help="train, or go on with an interrupted training")
    verbs.add_parser("export", parents=[work, model], help="write the int8 model of the last checkpoint")
    verbs.add_parser("evaluate", parents=[work, model, each], help="measure the model and write its card")
    verbs.add_parser("all", parents=[work, shards, train, model, each], help="train, export and evaluate")
    return parser


def _generate(options: argparse.Namespace) -> None:
    from models.forge import shards

    shards.generate(options.work / "shards", options.shards)


def _train(options: argparse.Namespace) -> None:
    from models.forge import shards
    from models.forge.training import Run

    if options.rank > 0:
        Run(options.work, options.minutes, options.rank, options.workers).train()
        return
    shards.generate(options.work / "shards", min(2, options.shards))
    (options.work / "meeting").unlink(missing_ok=True)
    forge = [sys.executable, "-m", "models.forge"]
    work = ["--work", str(options.work)]
    others = [subprocess.Popen(["nice", *forge, "generate", *work, "--shards", str(options.shards)])]
    for rank in range(1, options.workers):
        run = ["--minutes", str(options.minutes), "--workers", str(options.workers), "--rank", str(rank)]
        others.append(subprocess.Popen([*forge, "train", *work, *run]))
    try:
        Run(options.work, options.minutes, 0, options.workers).train()
    finally:
        for process in others:
            process.terminate()
            process.wait()


def _export(options: argparse.Namespace) -> None:
    from models.forge.export import export

    export(options.work / "checkpoint.pt", options.work / "bpe.json", options.work / "export", options.model)


def _evaluate(options: argparse.Namespace) -> None:
    import torch

    from models.forge import evaluate

    report = evaluate.measure(options.model, options.each)
    progress = torch.load(options.work / "checkpoint.pt")["progress"]
    size = (options.model / "model.bin").stat().st_size
    text = evaluate.card(report, progress["elapsed"] / 60, progress["seen"], size)
    (options.model / "README.md").write_text(text, encoding="utf-8")
    heard = [vars(one) for one in report.unseen]
    (options.work / "heard.json").write_text(json.dumps(heard, ensure_ascii=False, indent=0), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
