"""The desk of a demonstration changes a copy of the sample practice, never the sample."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.cli.demo import _open


def options(folder: Path, *, once: bool) -> argparse.Namespace:
    key = folder / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    return argparse.Namespace(
        practice=SAMPLE_PRACTICE, data=folder / "data", key_file=key, passphrase_fd=None, now=None, json=True, once=once
    )


@pytest.mark.parametrize("once", [True, False])
def test_the_rules_of_a_demonstration_that_stays_open_may_be_changed(tmp_path: Path, once: bool) -> None:
    space = _open(options(tmp_path, once=once))
    try:
        directory = space.practice.directory
        assert (directory == SAMPLE_PRACTICE) is once
        assert (directory / "practice.toml").read_bytes() == (SAMPLE_PRACTICE / "practice.toml").read_bytes()
    finally:
        space.close()
