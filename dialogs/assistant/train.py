"""Train the model: ``python -m assistant.train OUT.tar.gz``, in the directory ``dialogs``."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from assistant import lean, quiet

PROJECT = Path(__file__).resolve().parent.parent


def train(out: Path) -> None:
    """Train on this project's files and write the model to ``out``; nothing else stays on disk.

    Raises:
        RuntimeError: Rasa could not train.
    """
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["RASA_CACHE_DIRECTORY"] = scratch
        os.environ["RASA_MAX_CACHE_SIZE"] = "0"
        from rasa.model_training import train as rasa_train

        result = rasa_train(
            domain=str(PROJECT / "domain.yml"),
            config=str(PROJECT / "config.yml"),
            training_files=[str(PROJECT / "data")],
            output=str(out.parent),
            fixed_model_name=out.name,
            force_training=True,
        )
    if result.code != 0 or not out.exists():
        raise RuntimeError("rasa could not train: see its messages above")


def main() -> int:
    """Train once."""
    if len(sys.argv) != 2 or not sys.argv[1].endswith(".tar.gz"):
        print("usage: python -m assistant.train OUT.tar.gz", file=sys.stderr)
        return 2
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["TQDM_DISABLE"] = "1"
    lean.install(training=True)
    quiet.drop_chatter()
    train(Path(sys.argv[1]).resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
