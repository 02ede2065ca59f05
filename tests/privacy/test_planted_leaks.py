"""Each planted leak is caught by every proof that must catch it, and a clean run by none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from voicebot.proof.controls import CAUGHT_BY, plant
from voicebot.proof.leaks import LEAKS

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module", autouse=True)
def tracing(tmp_path_factory: pytest.TempPathFactory) -> None:
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: run scripts/install-peers")
    probe = tmp_path_factory.mktemp("probe") / "trace"
    done = subprocess.run(["strace", "-f", "-o", str(probe), "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this machine forbids ptrace, so strace sees nothing: " + done.stderr.strip()[:200])


def test_every_leak_has_its_control() -> None:
    assert LEAKS.keys() == CAUGHT_BY.keys()
    assert {"wav", "log-base64", "database", "unlinked", "shared-mapping", "elsewhere", "core-dump"} <= LEAKS.keys()


@pytest.mark.parametrize("leak", sorted(CAUGHT_BY))
def test_a_planted_leak_is_caught(leak: str, tmp_path: Path) -> None:
    control = plant(leak, tmp_path / leak)
    assert not control.missed
    assert control.holds
