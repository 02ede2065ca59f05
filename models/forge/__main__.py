"""`python -m models.forge`: make, export and measure the miniature recogniser. Every verb may be run again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

MINIATURE = Path(__file__).resolve().parents[1] / "miniature"


def main() -> None:
    """Parse the command line and run one verb."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # two spinning threads take six times the processor
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    parser = argparse.ArgumentParser(prog="python -m models.forge", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("/tmp/forge"), help="shards and checkpoints, outside the repository")
    verbs = parser.add_subparsers(dest="verb", required=True)
    generate = verbs.add_parser("generate", help="write training shards (train starts this by itself)")
    generate.add_argument("--shards", type=int, default=60)
    generate.add_argument("--worker", type=int, default=0)
    generate.add_argument("--workers", type=int, default=1)
    train = verbs.add_parser("train", help="train, or go on with a training that was interrupted")
    train.add_argument("--minutes", type=float, default=95.0)
    train.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.verb == "generate":
        from models.forge import shards

        shards.generate(options.work / "shards", options.shards, options.worker, options.workers)
    elif options.verb == "train":
        from models.forge.training import Run

        Run(options.work, options.minutes, options.threads).train()


if __name__ == "__main__":
    main()
